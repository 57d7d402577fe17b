"""What the page has to know before it can show anything: settings, data, presets and words."""

import dataclasses
import functools
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from ganplay import frames, points
from ganplay.arena import MAX_MEMBERS
from ganplay.arena_asked import MAX_CELLS, MAX_SEEDS
from ganplay.axes import AXES, usual
from ganplay.commands import SPEEDS
from ganplay.config import GROUPS, OWN, PRESETS, ToyConfig
from ganplay.diagnosis import KINDS, Evidence
from ganplay.distributions import DISTRIBUTIONS, Distribution
from ganplay.losses import LOSSES
from ganplay.stopping import BOUNDS
from ganplay.streams import generator_of

ASSETS = Path(__file__).resolve().parents[1] / "web"
LOCALES = files("ganplay.ui") / "locales"
PAGES = ASSETS / "pages"
LANGUAGES = ("en", "zh")
THUMBNAIL_POINTS = 160


def field_of(field: dataclasses.Field) -> dict[str, Any]:
    """A setting as the page knows it."""
    kinds = {bool: "flag", int: "integer", float: "number", str: "choice"}
    kind = kinds[field.type] if isinstance(field.type, type) else "choice"
    kind = "choice" if kind == "integer" and "choices" in field.metadata else kind
    return {"name": field.name, "kind": kind, "default": field.default} | dict(field.metadata)


def _thumbnail(distribution: Distribution) -> dict[str, Any]:
    drawn, _ = distribution.sample(THUMBNAIL_POINTS, generator_of(0, "thumbnail"))
    return {
        "points": frames.pack_points(drawn, distribution.extent),
        "classes": distribution.classes,
        "modes": 0 if distribution.modes is None else len(distribution.modes),
    }


def locale(language: str) -> dict[str, Any]:
    """All words of one language."""
    return json.loads((LOCALES / f"{language}.json").read_text(encoding="utf-8"))


@functools.cache
def schema() -> bytes:
    """The page's schema as JSON; the same for everybody."""
    content = {
        "groups": GROUPS,
        "fields": [field_of(f) for f in dataclasses.fields(ToyConfig) if f.name != "points"],
        "presets": {name: preset.to_dict() for name, preset in PRESETS.items()},
        "thumbnails": json.loads((ASSETS / "lab" / "thumbnails.json").read_text()),
        "distributions": {name: _thumbnail(d) for name, d in DISTRIBUTIONS.items()}
        | {OWN: {"points": [], "classes": 1, "modes": 0}},
        "points": {
            "extent": points.EXTENT,
            "most": points.MAX_POINTS,
            "classes": points.MAX_CLASSES,
            "bytes": points.MAX_PICTURE,
        },
        "readings": {name: loss.reading for name, loss in LOSSES.items()},
        "speeds": SPEEDS,
        "stops": BOUNDS,
        "frame": {
            "version": frames.VERSION,
            "unit": frames.UNIT,
            "layers": frames.LAYERS,
            "flags": frames.FLAGS,
            "metrics": frames.METRICS,
            "sections": frames.SECTIONS,
            "kinds": KINDS,
            "evidence": Evidence._fields,
        },
        "arena": {
            "axes": [field_of(f) | {"usual": usual(name)} for name, f in AXES.items()],
            "cells": MAX_CELLS,
            "seeds": MAX_SEEDS,
            "members": MAX_MEMBERS,
        },
        "locales": {language: locale(language) for language in LANGUAGES},
    }
    return json.dumps(content, ensure_ascii=False).encode()
