"""What the page has to know before it can show anything: settings, data, presets and texts."""

import dataclasses
import functools
import json
from typing import Any

from ganplay.arena.arena import MAX_MEMBERS
from ganplay.arena.axes import AXES, default_values
from ganplay.arena.request import MAX_CELLS, MAX_SEEDS
from ganplay.common.locales import LANGUAGES, locale
from ganplay.common.paths import WEB
from ganplay.common.seeding import generator_of
from ganplay.gan.losses import LOSSES
from ganplay.live import frame, frame_codec
from ganplay.live.commands import SPEEDS
from ganplay.live.pieces import PIECES, SEEDS
from ganplay.live.render import ARROWS
from ganplay.toy import custom_points
from ganplay.toy.config import CUSTOM, GROUPS, PRESETS, ToyConfig
from ganplay.toy.diagnosis import BLIND, EVERY, KINDS, MOVING, NEAR, WINDOW, Evidence
from ganplay.toy.distributions import DISTRIBUTIONS, Distribution
from ganplay.toy.stop_condition import BOUNDS

ASSETS = WEB
PAGES = ASSETS / "pages"
THUMBNAIL_POINTS = 160
"""That show what a distribution looks like."""


def field_of(field: dataclasses.Field) -> dict[str, Any]:
    """A setting as the page knows it."""
    kinds = {bool: "flag", int: "integer", float: "number", str: "choice"}
    kind = kinds[field.type] if isinstance(field.type, type) else "choice"
    kind = "choice" if kind == "integer" and "choices" in field.metadata else kind
    return {"name": field.name, "kind": kind, "default": field.default} | dict(field.metadata)


def fields_of(config: type[Any]) -> list[dict[str, Any]]:
    """The settings of a kind of configuration; points of a visitor's own are none of them."""
    return [field_of(f) for f in dataclasses.fields(config) if f.name != "points"]


def _thumbnail(distribution: Distribution) -> dict[str, Any]:
    drawn, _ = distribution.sample(THUMBNAIL_POINTS, generator_of(0, "thumbnail"))
    return {
        "points": frame_codec.pack_points(drawn, distribution.extent),
        "classes": distribution.classes,
        "modes": 0 if distribution.modes is None else len(distribution.modes),
    }


@functools.cache
def schema(home: str | None = None) -> bytes:
    """The page's schema as JSON; the same for everybody.

    Args:
        home: where others in the network reach the page, if links are to say that.
    """
    content = {
        "home": home,
        "groups": GROUPS,
        "fields": fields_of(ToyConfig),
        "presets": {name: preset.to_dict() for name, preset in PRESETS.items()},
        "thumbnails": json.loads((ASSETS / "lab" / "thumbnails.json").read_text()),
        "distributions": {name: _thumbnail(d) for name, d in DISTRIBUTIONS.items()}
        | {CUSTOM: {"points": [], "classes": 1, "modes": 0}},
        "points": {
            "extent": custom_points.EXTENT,
            "most": custom_points.MAX_POINTS,
            "classes": custom_points.MAX_CLASSES,
            "bytes": custom_points.MAX_FILE,
        },
        "readings": {name: loss.reading for name, loss in LOSSES.items()},
        "speeds": SPEEDS,
        "stops": BOUNDS,
        "frame": {
            "version": frame_codec.VERSION,
            "unit": frame.UNIT,
            "arrows": ARROWS,
            "layers": frame.LAYERS,
            "flags": frame_codec.FLAGS,
            "metrics": frame.METRICS,
            "sections": frame_codec.SECTIONS,
            "kinds": KINDS,
            "evidence": Evidence._fields,
        },
        "diagnosis": {"window": WINDOW * EVERY, "blind": BLIND, "near": NEAR, "moving": MOVING},
        "pieces": {name: piece.to_dict() for name, piece in PIECES.items()},
        "piece_seeds": SEEDS,
        "arena": {
            "axes": [field_of(f) | {"usual": default_values(name)} for name, f in AXES.items()],
            "cells": MAX_CELLS,
            "seeds": MAX_SEEDS,
            "members": MAX_MEMBERS,
        },
        "locales": {language: locale(language) for language in LANGUAGES},
    }
    return json.dumps(content, ensure_ascii=False).encode()
