"""The named endpoint that finds a picture in a model."""

import base64
import binascii
from threading import Event
from typing import Any

from ganplay.latent.projection_queue import BOUNDS, ProjectionQueue
from ganplay.media.contact_sheet import contact_sheet, png
from ganplay.media.ink import LEVELS
from ganplay.media.uploads import MAX_BYTES
from ganplay.server.api.images import data_url, refusing
from ganplay.server.api.toy import Refused, integer
from ganplay.server.api.zero_gpu import GpuJobs, in_context

SECONDS = 120.0
"""A search that has not ended by then, others before it included, is given up."""


def bytes_of(name: str, value: Any) -> bytes:
    """A file as an endpoint was given it: base64, or a data URL of that; no address is fetched.

    Raises:
        Refused: naming the field.
    """
    if not isinstance(value, str) or len(value) > MAX_BYTES * 4 / 3 + 200:
        raise Refused(f"{name}: base64 of at most {MAX_BYTES} bytes is needed")
    head, comma, rest = value.partition(",")
    if comma and not (head.startswith("data:image/") and head.endswith(";base64")):
        raise Refused(f"{name}: {value[:40]!r} is not possible; base64 or a data URL is needed")
    try:
        return base64.b64decode(rest if comma else value, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(f"{name}: {value[:40]!r} is not base64") from None


class ProjectionApi:
    """The endpoint on one projection queue."""

    def __init__(self, projection_queue: ProjectionQueue, gpu_jobs: GpuJobs) -> None:
        self.projection_queue, self.gpu_jobs = projection_queue, gpu_jobs

    def project(
        self,
        picture: str,
        model: str = "digits-conditional",
        label: int | None = None,
        mask: str | None = None,
        restarts: int = 8,
        steps: int = 200,
        seed: int = 0,
        ink: int | None = None,
    ) -> dict:
        """Find a picture in a trained image model: the state whose picture is nearest to it.

        Args:
            picture: a file (PNG, JPEG, WebP, GIF or BMP) in base64, or a data URL of one.
            model: whose latent space is searched.
            label: the number of the class that is asked for; by default the class is found too.
            mask: a picture of the same proportions, white where the picture is to be filled in.
            restarts: places from which the search goes down (1 to 32).
            steps: that each takes (1 to 1000).
            seed: of the places; the same one finds the same.
            ink: by how many percent ink is darker than the paper around it (5 to 90), in a
                photograph of a drawing; by default what suits the photograph.

        Returns:
            The state string, its picture as a PNG in a data URL, the error between it and what
            was looked for in grey levels of 255, what was looked for as a data URL, what was done
            to the file to have that, from which percentage on a pixel was taken for ink (null
            where that was not asked), the error of each restart along the way, the class of each
            (none without classes), whether the result fits ("fits", "near" or "off", and the errors
            that 95 in 100 of the model's own samples, and of real pictures, stay within), and the
            classes that a classifier reads from both pictures; null where that is not known.
        """
        own = {"restarts": restarts, "steps": steps, "seed": seed}
        asked: dict[str, Any] = {
            name: integer(name, own[name], low, high) for name, (low, high, _) in BOUNDS.items()
        }
        asked["model"] = model
        asked["label"] = None if label is None else integer("label", label, 0, 999)
        level = None if ink is None else integer("ink", ink, *LEVELS)
        data = bytes_of("picture", picture)
        hidden = None if mask is None else bytes_of("mask", mask)
        stop = Event()

        def work() -> dict:
            made = self.projection_queue.picture(model, data, hidden, level)
            request = self.projection_queue.request(asked, made.pixels, made.hidden)
            found = self.gpu_jobs.find(request, lambda _: not stop.is_set())
            return {
                "state": str(found.state),
                "picture": data_url(png(contact_sheet(found.picture[None], 1, 0))),
                "error": round(found.error, 3),
                "target": data_url(png(contact_sheet(request.target[None], 1, 0))),
                "notes": [str(note) for note in made.notes],
                "ink": made.level,
                "curves": [[round(error, 2) for error in row] for row in found.curves.tolist()],
                "labels": list(found.labels),
            } | self.projection_queue.judged(request, found)

        future = self.projection_queue.pool.submit(in_context(work))
        try:
            with refusing("it was not found within two minutes"):
                return future.result(SECONDS)
        finally:
            stop.set()
            future.cancel()
