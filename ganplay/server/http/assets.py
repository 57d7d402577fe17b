"""Files of the page: our own, and Plotly's script."""

from importlib.resources import as_file, files
from os.path import normpath
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles


class Assets(StaticFiles):
    """Our files, which browsers keep but ask about each time: an update shows at once."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """As Starlette's, with the header."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        if str(args[0]).endswith(".js"):  # systems differ, and browsers run nothing else
            response.headers["Content-Type"] = "text/javascript; charset=utf-8"
        return response

    async def serve(self, request: Request) -> Response:
        """A file by the route's path.

        As a mount it would not be found where a proxy takes away the prefix that Gradio knows of.
        """
        return await self.get_response(normpath(request.path_params["path"]), request.scope)


async def plotly(request: Request) -> Response:
    """Plotly's script, out of the installed Python package."""
    with as_file(files("plotly") / "package_data" / "plotly.min.js") as path:
        return FileResponse(
            path, media_type="text/javascript", headers={"Cache-Control": "max-age=86400"}
        )
