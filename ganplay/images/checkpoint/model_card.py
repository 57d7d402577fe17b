"""The page that people read of a checkpoint: a model card as the Hugging Face Hub shows it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ganplay.images.checkpoint.card import Card

_PAGE = """\
---
library_name: ganplay
{licence}
pipeline_tag: unconditional-image-generation
tags: [gan, {model}, {card.data.name}]
---

# {card.name}

{kind} for {size}x{size} {colour} pictures of **{card.data.name}**, trained with
ganplay from nothing, on {card.data.count:,} pictures.

![Samples; {legend}]({sheet})

*Not chosen by hand: {legend}.*

## Use

```python
import ganplay

model = ganplay.load("{card.name}"{trust})  # or a folder, or owner/name on the Hub
pictures = model.sample(seeds=[1, 2, 3]{label})  # uint8, (3, {card.shape[0]}, {size}, {size})
```

The same seed{and_label} gives the same picture to the last byte, whatever is made beside it.

## How it was made

```
{command}
```

| | |
|---|---|
| architecture | {architecture} |
| data | {card.data.name}: {card.data.how_to_get} |
| terms of the data | {card.data.licence} |
| steps | {card.steps:,} of batches of {card.config.batch_size} |
| seed | {card.config.seed} |
| kept from earlier | G after {snapshots} steps |
| ganplay | {card.code} |
| SHA-256 of the weights | `{card.sha256}` |

All weights are in half precision. Every setting is in `card.json`.
{figures}
## What it is not

It draws what its data show and nothing else, and it has their faults. Its samples are not
evidence of anything in the world.
"""


def model_page(card: Card, sheet: str) -> str:
    """The page of a card, in Markdown.

    Args:
        card: of the model.
        sheet: file name of a picture of samples beside the page.
    """
    kind = "GAN" if card.generator.own_class else card.generator.model.upper()
    by_label = "a row for each seed, a column for each class" if card.classes else "seeds 0 to 79"
    generator = ", ".join(f"{name} {value}" for name, value in card.generator.arguments.items())
    return _PAGE.format(
        card=card,
        model="gan" if card.generator.own_class else card.generator.model,
        kind=f"Conditional {kind}" if card.classes else kind,
        size=card.shape[1],
        colour="grey" if card.shape[0] == 1 else "RGB",
        legend=by_label,
        sheet=sheet,
        licence=_licence(card.terms),
        trust=", trust_classes=True" if card.generator.own_class else "",
        label=f", label={json.dumps(card.labels[-1], ensure_ascii=False)}" if card.classes else "",
        and_label=" and label" if card.classes else "",
        command=card.command(),
        architecture=f"{card.generator.model}; G: {generator}",
        snapshots=", ".join(f"{step:,}" for step in card.snapshots) or "no",
        figures=_figures(card.metrics),
    )


KNOWN = (
    "mit", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "cc-by-sa-3.0",
    "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "cc-by-nc-nd-4.0", "cc-by-nd-4.0",
    "gpl-3.0", "agpl-3.0", "openrail", "unlicense", "unknown",
)  # fmt: skip
"""Licences that the Hub knows by these names; another one is told as it is called."""


def _licence(terms: str) -> str:
    name = "-".join(terms.lower().split())
    if name in KNOWN:
        return f"license: {name}"
    return f"license: other\nlicense_name: {json.dumps(terms, ensure_ascii=False)}"


SETS = ("samples", "held_out")
ROWS = {
    "Fréchet distance": "frechet",
    "precision": "precision",
    "recall": "recall",
    "density": "density",
    "coverage": "coverage",
    "distance to the nearest training picture, pixels (median)": "memorisation.pixels",
    "the same in the classifier's features": "memorisation.features",
    "one style in an alphabet: correlation of ink": "style.ink_share",
    "one style in an alphabet: correlation of slant": "style.slant",
}
"""Figures that are given for samples and for held-out real pictures, and where they stand."""
_TABLE = """
## How good it is

By `ganplay eval {name}` on {samples} samples{labels}, {real} pictures that it learnt from and
{held_out} that it did not, in the features of ganplay's own classifier of these data:

| | samples | held-out real pictures |
|---|---|---|
{rows}
"""


def _figures(metrics: Mapping[str, Any]) -> str:
    """The figures that people look for; none where a model was not measured."""
    if not metrics:
        return ""
    rows = ["| " + " | ".join(row) + " |" for row in _rows(metrics)]
    counts = {k: _text(metrics, f"protocol.{k}") for k in ("samples", "real", "held_out")}
    asked, name = _at(metrics, "protocol.labels"), _at(metrics, "model.name")
    labels = f" ({asked})" if isinstance(asked, str) else ""
    return _TABLE.format(name=name, rows="\n".join(rows), labels=labels, **counts)


def _rows(metrics: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    if _at(metrics, "accuracy") is not None:
        told = _text(metrics, "accuracy.samples", "{:.2%}")
        real = _text(metrics, "protocol.classifier.accuracy.label", "{:.2%}")
        yield "classified as their label", told, real
    if _at(metrics, "shares") is not None:
        spans = (_span(_at(metrics, f"shares.{of}")) for of in SETS)
        yield "share of each class", *spans
    for name, path in ROWS.items():
        if _at(metrics, path) is not None:
            more = ".median" if path.startswith("memorisation") else ""
            yield name, *(_text(metrics, f"{path}.{of}{more}") for of in SETS)
    for name in _at(metrics, "attributes") or ():
        path = f"attributes.{name}.total_variation"
        texts = (_text(metrics, f"{path}.{of}", "{:.3f}") for of in SETS)
        yield f"{name.replace('_', ' ')}: total variation from the data's shares", *texts


def _span(shares: Any) -> str:
    values = [v for v in shares.values() if isinstance(v, float)] if shares else []
    return f"{min(values):.1%} to {max(values):.1%}" if values else "-"


def _at(part: Any, path: str) -> Any:
    """What stands at a path of names; None for nothing."""
    for name in path.split("."):
        part = part.get(name) if isinstance(part, Mapping) else None
    return part


def _text(part: Any, path: str, form: str = "{:.4g}") -> str:
    value = _at(part, path)
    if isinstance(value, int):
        return f"{value:,}"
    return form.format(value) if isinstance(value, float) else "-"
