"""All words that people see, in English and Chinese: one JSON file a language."""

import json
from importlib.resources import files
from typing import Any

LOCALES = files("ganplay.common.locales")
LANGUAGES = ("en", "zh")


def locale(language: str) -> dict[str, Any]:
    """All words of one language."""
    return json.loads((LOCALES / f"{language}.json").read_text(encoding="utf-8"))
