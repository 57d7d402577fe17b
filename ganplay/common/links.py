"""Links that came through mail and chat, read as they were meant.

Such programs escape characters (`%3B`, `&amp;`), write others in their place (typographic quotes,
full-width forms), break lines, and take the punctuation around a link for a part of it. The page
reads its address in the same way, in `web/shared/clean-link.js`: one table of examples,
`tests/common/links.json`, holds for both.
"""

import re

NAMES = (
    "state", "rival", "hide", "lock", "view", "lang", "explore", "learn", "arena", "walk", "task",
    "length", "class",
)  # fmt: skip
"""Of the pieces of a link."""
MAX_LINK = 400_000
"""Characters of a text that is looked through; what is longer is no link of ours."""
_ROUNDS = 5
"""How often something may have been escaped, at most."""
_WORDS = "|".join(NAMES)
_RIGHT = re.compile(r"1(?:[;|](?:1|model:[^;|]*|(?!model:)[a-z][a-z0-9_]*:[\w.+*-]*))*", re.ASCII)
"""A state or a walk as ganplay writes it; a model may be a folder of any name."""
_REDIRECT = re.compile(r"[?&](?:url|q|u)=(https?(?:://|%3a)[^&#\s]*)(?=[&\s]|$)", re.I | re.A)
"""How programs that check links name the real one."""
_ESCAPED = re.compile(r"(?:%[0-9a-f]{2})+", re.I | re.A)
_ENTITY = re.compile(r"&(?:#([0-9]{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));", re.I | re.A)
_ENTITIES = {
    "amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " ", "num": "#",
    "equals": "=", "semi": ";", "colon": ":", "comma": ",", "percnt": "%",
    "lsquo": "'", "rsquo": "'", "ldquo": '"', "rdquo": '"',
}  # fmt: skip
_LANG = re.compile("[\u2329\u27e8\u3008]=")
"""What `&lang=` becomes where `&lang` is taken for an angle bracket."""
_QUOTED_PRINTABLE = re.compile(rf"\b({_WORDS})=3D")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f\x85\ufeff]+")
_BEGIN = re.compile(rf"#[/#!?&]{{0,8}}(?=(?:{_WORDS})(?:[=&]|$))", re.I | re.A)
_FIRST = re.compile(rf"(?:{_WORDS})(?:[=&]|$)", re.I | re.A)
_NAME = re.compile(r"(?:(?<=[;|])|^)([A-Za-z]\w*)(?=:)", re.ASCII)
_AROUND = "\"'<>()[]{}`*"
_BEFORE, _AFTER = _AROUND + "/#!?&", _AROUND + ".,;!?"


def _alike() -> dict[int, str]:
    """What is written in place of the characters of a link; "" for what is not seen."""
    table = {code + 0xFEE0: chr(code) for code in range(0x21, 0x7F)}  # full-width forms
    for plain, others in {
        '"': "“”„‟«»「」『』", "'": "‘’‚‛‹›", "-": "‐‑‒–—―−﹣", ".": "。", ",": "、", ":": "∶",
        "(": "（【〔", ")": "）】〕", "<": "〈《", ">": "〉》",
        "": "\xad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
            "\u2060\u2066\u2067\u2068\u2069\ufe0e\ufe0f\ufeff",
    }.items():  # fmt: skip
        table |= {ord(other): plain for other in others}
    return table


_ALIKE = _alike()


def piece_of(text: str, name: str) -> str:
    """The piece of that name in a link; of a text that is no link, all of it.

    What ganplay itself wrote comes back as it is. A link without such a piece does too: whoever
    reads it says what is wrong with it.
    """
    if len(text) > MAX_LINK or _RIGHT.fullmatch(text):
        return text
    pieces = pieces_of(text)
    return pieces.get(name) or pieces.get("") or text


def pieces_of(text: str) -> dict[str, str | None]:
    """The pieces of a link by name, cleaned; None for a name without a value.

    A text that is no link is a single piece whose name is "". Of pieces with the same name the
    first counts; `hide` and `lock` are lists, whose members are all kept.
    """
    text = _plain(text)
    begin = _BEGIN.search(text)
    fragment = text[begin.end() :] if begin else text.lstrip(_BEFORE)
    if not begin and not _FIRST.match(fragment):
        _, mark, rest = text.partition("#")
        if not mark:
            return {"": _value("", text)}
        fragment = rest.lstrip(_BEFORE)
    pieces: dict[str, str | None] = {}
    for piece in filter(None, fragment.split("&")):
        key, equals, value = piece.partition("=")
        key = _stripped(key).lower()
        new = _value(key, value) if equals else None
        before = pieces.get(key)
        if before and new and key in ("hide", "lock"):
            pieces[key] = f"{before},{new}"
        elif not before:
            pieces[key] = new
    return pieces


def _plain(text: str) -> str:
    """A text without escapes, spaces and look-alikes; of a redirect the link that it leads to."""
    for _ in range(_ROUNDS):
        before = text
        if redirect := _REDIRECT.search(text):
            text = redirect[1]
        text = _ENTITY.sub(_character, _ESCAPED.sub(_unescaped, text))
        if text == before:
            break
    text = _LANG.sub("&lang=", text).translate(_ALIKE)
    if _QUOTED_PRINTABLE.search(text):  # there a line that is broken ends with =
        text = _QUOTED_PRINTABLE.sub(r"\1=", re.sub(r"=\r?\n", "", text))
    return _SPACE.sub("", text)


def _unescaped(escaped: re.Match[str]) -> str:
    try:
        return bytes.fromhex(escaped[0].replace("%", "")).decode()
    except UnicodeDecodeError:
        return escaped[0]


def _character(entity: re.Match[str]) -> str:
    decimal, hexadecimal, name = entity.groups()
    if name:
        return _ENTITIES.get(name.lower(), entity[0])
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if code < 0xD800 or 0xDFFF < code <= 0x10FFFF else entity[0]


def _value(name: str, text: str) -> str:
    text = _stripped(text)
    if name in ("", "state", "rival", "explore", "arena", "walk"):
        return _NAME.sub(lambda found: found[1].lower(), text)
    return text.lower()


def _stripped(text: str) -> str:
    """Without the punctuation around it; what ends in dots was cut off, and stays as it is."""
    text = text.lstrip(_AROUND)
    short = text.rstrip(_AFTER)
    return text if ".." in text[len(short) :] else short
