"""JSON as a table: lists of points, records, columns, answers of ganplay's own endpoints."""

import json
from collections.abc import Iterable
from itertools import chain
from typing import Any

from ganplay.toy.points_error import PointsError
from ganplay.toy.table.cells import MAX_COLUMNS, MAX_POINTS, MAX_ROWS, Row, Table, arranged


def looks_like_json(text: str) -> bool:
    """Whether a text begins as a list or an object."""
    return text.lstrip()[:1] in ("[", "{")


def parsed(text: str) -> Any:
    """The content of JSON, or of a text with JSON in each line, as a list.

    Raises:
        PointsError: if it is neither.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        lines = [line for line in text.split("\n") if line.strip()]
        try:
            if len(lines) > 1 and all(line.strip()[-1] in "]}" for line in lines):
                return [json.loads(line) for line in lines]
        except (ValueError, RecursionError):
            pass
        raise PointsError("json", line=error.lineno) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, lists in lists
        raise PointsError("json_points") from None


def encoded_points(content: Any) -> str | None:
    """The points in settings that ganplay has written; None if it is something else."""
    if not isinstance(content, dict) or isinstance(content.get("points"), list):
        return None
    settings = content.get("config", content)
    points = settings.get("points") if isinstance(settings, dict) else None
    return points if isinstance(points, str) else None


def table_of_json(content: Any) -> Table:
    """The table of JSON: points in a list, records, or columns by name, as pandas writes them too.

    What stands for the number of a line is the place in the list, from 1.

    Raises:
        PointsError: if it is broken or holds no points.
    """
    for name in ("points", "data", "rows"):
        if isinstance(content, dict) and isinstance(content.get(name), list):
            names = content.get("columns")
            content = content[name]
            if isinstance(names, list) and names:
                content = [names, *content]
    rows = _rows_of_columns(content) if isinstance(content, dict) else _rows_of_list(content)
    if len(rows) < 1:
        raise PointsError("none")
    if len(rows) > MAX_ROWS + 1:
        raise PointsError("too_many", most=MAX_POINTS)
    return arranged(rows, None)


def _rows_of_list(content: Any) -> list[Row]:
    if not isinstance(content, list):
        raise PointsError("json_points")
    while content and all(_is_list_of_lists(one) for one in content):
        content = list(chain.from_iterable(content))  # GANs of a call, each with its points
    if all(isinstance(one, dict) for one in content):
        names = list(dict.fromkeys(chain.from_iterable(content)))
        if len(names) > MAX_COLUMNS:
            raise PointsError("wide", found=len(names), most=MAX_COLUMNS)
        content = [names, *([one.get(name) for name in names] for one in content)]
        return [(i, _cells(one)) for i, one in enumerate(content)]
    if not all(isinstance(one, list) and one for one in content):
        raise PointsError("json_points")
    return [(i, _cells(one)) for i, one in enumerate(content, 1)]


def _is_list_of_lists(one: Any) -> bool:
    return isinstance(one, list) and bool(one) and all(isinstance(inner, list) for inner in one)


def _rows_of_columns(content: dict[str, Any]) -> list[Row]:
    """Rows of columns by name; pandas numbers the cells of each."""
    columns = {
        name: list(cells.values()) if isinstance(cells, dict) else cells
        for name, cells in content.items()
        if isinstance(cells, dict | list)
    }
    lengths = set(map(len, columns.values()))
    if len(columns) < 2 or len(columns) > MAX_COLUMNS or len(lengths) != 1:
        raise PointsError("json_points")
    rows: Iterable[Any] = zip(*columns.values(), strict=True)
    return [(i, _cells(one)) for i, one in enumerate([columns, *rows])]


def _cells(values: Iterable[Any]) -> list[str]:
    """Cells as they would stand in a text.

    Raises:
        PointsError: if one is no number, text or truth value.
    """
    return [_cell(value) for value in values]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        raise PointsError("json_points")
    # Half a character, which only JSON can hold, could not be sent on.
    return str(value).encode("utf-8", "replace").decode().strip()
