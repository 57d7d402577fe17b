"""The bytes of a file as text, whatever its encoding; files that are something else are named."""

import re

from ganplay.toy.points_error import PointsError

_BEGINNINGS = {
    "pdf": (b"%PDF",),
    "office": (b"\xd0\xcf\x11\xe0",),
    "document": (b"{\\rtf",),
    "archive": (b"\x1f\x8b", b"BZh", b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"),
    "numpy": (b"\x93NUMPY",),
    "data": (b"PAR1", b"\x89HDF", b"MATLAB 5", b"CDF\x01", b"ARROW1"),
    "database": (b"SQLite format 3",),
    "pickle": (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"),
    "photo": (b"II*\0", b"MM\0*", b"II+\0", b"\0\0\1\0"),
    "film": (b"OggS", b"ID3", b"fLaC", b"\x1aE\xdf\xa3"),
    "program": (b"\x7fELF", b"MZ\x90\0"),
}
_IN_ZIP = {
    "sheet": (b"xl/work", b"opendocument.spreadsheet"),
    "document": (b"word/", b"opendocument.text"),
    "numpy": (b".npy",),
}
_MARKS = (
    (b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"),
)  # fmt: skip
_CHINESE = re.compile(rb"(?:[\x00-\x7f]|[\xa1-\xa9\xb0-\xd7][\xa1-\xfe])*")
"""Bytes in pairs, and those pairs that common characters have in GB 2312."""
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def kind_of(data: bytes) -> str | None:
    """What a file is that is neither a table nor a picture: a key of `KINDS`; None if unknown."""
    if data.startswith(b"PK\x03\x04"):
        return next((k for k, marks in _IN_ZIP.items() if any(m in data for m in marks)), "archive")
    if data[4:8] == b"ftyp":
        return "photo" if data[8:12] in (b"heic", b"heix", b"mif1", b"avif") else "film"
    if data.startswith(b"RIFF") and data[8:12] in (b"WAVE", b"AVI "):
        return "film"
    start = data[:1000].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head")):
        return "html"
    if start.startswith((b"<?xml", b"<svg", b"<!doctype svg")):
        return "svg" if b"<svg" in start else "xml"
    return next((kind for kind, marks in _BEGINNINGS.items() if data.startswith(marks)), None)


def text_of(data: bytes) -> tuple[str, str]:
    """The text of a table, its lines ended by newlines alone, and the encoding's name.

    Raises:
        PointsError: if it is not text.
    """
    if kind := kind_of(data):
        raise PointsError("kind", found=kind)
    name = _encoding(data)
    try:
        # Half a character at the very end of a file that was cut off makes it no less a table.
        whole = data[: len(data) // 2 * 2] if name.startswith("utf-16") else data
        text = whole.decode(name, "replace" if name == "cp1252" else "strict").rstrip("\x1a")
    except UnicodeDecodeError:
        raise PointsError("not_text") from None
    if _BINARY.search(text):
        raise PointsError("not_text")
    # A lone carriage return ends lines on old Macs.
    return re.sub("\r\n?|[\u2028\u2029\x85]", "\n", text.removeprefix("\ufeff")), name


def _encoding(data: bytes) -> str:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    sample = data[:1000]
    for name, high in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        if len(high) > 1 and high.count(0) > 0.6 * len(high):
            return name
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030" if _CHINESE.fullmatch(data) else "cp1252"
    return "utf-8"
