"""What a file is, by how it begins, for those who took it for a picture that can be read here."""

_LOOK = 1024
"""Bytes that are looked at."""
_BEGINNINGS = {
    b"II*\0": "tiff", b"MM\0*": "tiff", b"PK\3\4": "archive", b"Rar!": "archive",
    b"7z\xbc\xaf": "archive", b"\x1f\x8b": "archive", b"\xd0\xcf\x11\xe0": "archive",
    b"\x1aE\xdf\xa3": "video", b"OggS": "video", b"ID3": "video",
}  # fmt: skip
_PHONE = (b"heic", b"heix", b"heim", b"hevc", b"mif1", b"msf1", b"avif", b"avis")
"""Brands of the pictures that phones take."""


def kind_of(data: bytes) -> str:
    """A key of `uploads.MESSAGES` that says what a file is that is no picture of FORMATS.

    Returns:
        "nothing", "pdf", "heic" (AVIF too), "video", "tiff", "archive" (office documents too),
        "svg" or "text"; "kind" for all else.
    """
    if not data:
        return "nothing"
    start = data[:_LOOK]
    if b"%PDF-" in start:
        return "pdf"
    if start[4:8] == b"ftyp":
        return "heic" if start[8:12] in _PHONE else "video"
    if start[:4] == b"RIFF":
        return "video"
    for beginning, kind in _BEGINNINGS.items():
        if start.startswith(beginning):
            return kind
    return _kind_of_text(data)


def _kind_of_text(data: bytes) -> str:
    try:
        text = data[: 64 * _LOOK].decode(
            "utf-8-sig", "strict" if len(data) < 64 * _LOOK else "ignore"
        )
    except UnicodeDecodeError:
        return "kind"
    if not all(one.isprintable() or one in "\t\r\n\f" for one in text):
        return "kind"
    return "svg" if "<svg" in text[:_LOOK].lower() else "text"
