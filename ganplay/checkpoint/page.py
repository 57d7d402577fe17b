"""The page that people read of a checkpoint: a model card as the Hugging Face Hub shows it."""

from ganplay.checkpoint.card import Card

CHANNELS = {1: "grey", 3: "RGB"}
_PAGE = """\
---
library_name: ganplay
license: mit
pipeline_tag: unconditional-image-generation
tags: [gan, {model}, {data}]
---

# {name}

{kind} for {size}x{size} {colour} pictures of **{data}**, trained with
ganplay from nothing, on {count:,} pictures.

![Samples; {legend}]({sheet})

*Not chosen by hand: {legend}.*

## Use

```python
import ganplay

model = ganplay.load("{name}")  # or a folder, or owner/name on the Hub
pictures = model.sample(seeds=[1, 2, 3]{label})  # uint8, (3, {channels}, {size}, {size})
```

The same seed{and_label} gives the same picture to the last byte, whatever is made beside it.

## How it was made

```
{command}
```

| | |
|---|---|
| architecture | {architecture} |
| data | {data}: {how_to_get} |
| terms of the data | {licence} |
| steps | {steps:,} of batches of {batch} |
| seed | {seed} |
| kept from earlier | G after {snapshots} steps |
| ganplay | {code} |
| SHA-256 of the weights | `{sha256}` |

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
    channels, size, _ = card.shape
    by_label = "a row for each seed, a column for each class" if card.classes else "seeds 0 to 79"
    generator = ", ".join(f"{name} {value}" for name, value in card.generator.items())
    return _PAGE.format(
        name=card.name,
        model=card.config.model,
        kind="Conditional DCGAN" if card.classes else "DCGAN",
        size=size,
        colour=CHANNELS[channels],
        channels=channels,
        data=card.data.name,
        count=card.data.count,
        legend=by_label,
        sheet=sheet,
        label=f', label="{card.labels[-1]}"' if card.classes else "",
        and_label=" and label" if card.classes else "",
        command=card.command(),
        architecture=f"{card.config.model}; G: {generator}",
        how_to_get=card.data.how_to_get,
        licence=card.data.licence,
        steps=card.steps,
        batch=card.config.batch_size,
        seed=card.config.seed,
        snapshots=", ".join(f"{step:,}" for step in card.snapshots) or "no",
        code=card.code,
        sha256=card.sha256,
        figures="",
    )
