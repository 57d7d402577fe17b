"""What all named endpoints have in common where Gradio's own way would leave programs in the dark.

Texts about arguments are told whole, a missing argument by its name, and agents (Model Context
Protocol) get JSON, and files of an answer as what they are.
"""

import functools
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

from ganplay.server.api.toy import Refused
from ganplay.server.gradio_import import gr

P = ParamSpec("P")
R = TypeVar("R")
_SECTIONS = ("Args:", "Returns:", "Raises:")


def documented(endpoint: Callable[P, R]) -> Callable[P, R]:
    """An endpoint whose docstring has each argument on one line, as Gradio reads no further."""

    @functools.wraps(endpoint)
    def call(*given: P.args, **named: P.kwargs) -> R:
        return endpoint(*given, **named)

    call.__doc__ = unwrapped(inspect.getdoc(endpoint) or "")
    return call


def unwrapped(text: str) -> str:
    """A docstring whose arguments, and what is returned, have a line each, however long."""
    lines: list[str] = []
    section, begun = "", False
    for line in text.splitlines():
        if line in _SECTIONS:
            section, begun = line, False
        more = line.startswith(" " * 8) or (section == "Returns:" and line.strip())
        if section and line not in _SECTIONS and more and begun:
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
            begun = line.startswith("    ")
    return "\n".join(lines)


class Endpoints(gr.Blocks):
    """Blocks that tell by name which arguments of an endpoint are missing."""

    def validate_inputs(self, block_fn: Any, inputs: list[Any]) -> None:
        """As Gradio's own, in words that reach the caller."""
        names = list(inspect.signature(block_fn.fn).parameters) if block_fn.fn else []
        if len(inputs) < len(block_fn.inputs) <= len(names):
            raise Refused(
                f"{', '.join(names[len(inputs) :])}: missing; data is a list of all arguments, "
                f"{', '.join(names)}, or at /gradio_api/call/v2/{block_fn.api_name} an object of "
                "those that are not as usual"
            )
        super().validate_inputs(block_fn, inputs)


def check_names(parameters: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> None:
    """Check arguments that are given by name.

    Args:
        parameters: as Gradio knows them, each with `parameter_name` and whether it has a default.
        given: the arguments.

    Raises:
        Refused: naming what is missing or not known.
    """
    names = [str(one["parameter_name"]) for one in parameters]
    needed = [str(one["parameter_name"]) for one in parameters if not one["parameter_has_default"]]
    for name in given:
        if name not in names:
            raise Refused(f"{name[:40]!r}: no such argument; there are {', '.join(names)}")
    missing = [name for name in needed if name not in given]
    if missing:
        raise Refused(f"{', '.join(missing)}: missing; the arguments are {', '.join(names)}")


def agent_answer(outputs: Sequence[Any], root_url: str = "") -> list[Any]:
    """What an endpoint has returned, for an agent: JSON or a text, and then each file in it.

    A file stands in the text as `(file 1)`; pictures follow as pictures, films as resources.
    """
    from mcp import types

    answer: list[Any] = []
    for output in outputs:
        files: list[tuple[str, str]] = []
        plain = _without_files(output, files)
        text = plain if isinstance(plain, str) else json.dumps(plain)
        answer.append(types.TextContent(type="text", text=text))
        for number, (kind, data) in enumerate(files, 1):
            if kind.startswith("image/"):
                answer.append(types.ImageContent(type="image", data=data, mimeType=kind))
                continue
            uri = f"ganplay://answer/{number}"
            blob = types.BlobResourceContents.model_validate(
                {"uri": uri, "mimeType": kind, "blob": data}
            )
            answer.append(types.EmbeddedResource(type="resource", resource=blob))
    return answer


def _without_files(value: Any, files: list[tuple[str, str]]) -> Any:
    """A value with numbers in place of data URLs, which are added to `files` as kind and base64."""
    if isinstance(value, dict):
        return {name: _without_files(one, files) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_files(one, files) for one in value]
    if isinstance(value, str) and value.startswith("data:"):
        head, mark, data = value.removeprefix("data:").partition(";base64,")
        if mark:
            files.append((head, data))
            return f"(file {len(files)})"
    return value
