"""`ganplay eval`, `ganplay directions`, and `ganplay classifier`, by which models are measured."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from ganplay.cli.flags import check_output, integer, refuse, write_output
from ganplay.common.devices import device_of
from ganplay.common.safe_tensors import CheckpointError
from ganplay.images.checkpoint import load as load_model
from ganplay.images.checkpoint.model import BUNDLED
from ganplay.images.datasets import DATASETS, LARGEST, SMALLEST, DataError, load
from ganplay.images.evaluation.classifier import (
    LoadedClassifier,
    load_classifier,
    save_classifier,
    steps_of,
    train_classifier,
)
from ganplay.images.evaluation.evaluate import (
    MAX_COUNT,
    MAX_SEED,
    EvaluationError,
    K,
    closest_pairs,
    evaluate,
)
from ganplay.latent.attribute_directions import SAMPLES, named_directions, of_faces, of_ink

EPOCHS = 8


def add_classifier(parser: argparse.ArgumentParser) -> None:
    """The flags of `ganplay classifier`."""
    add = parser.add_argument
    add("--data", choices=list(DATASETS), required=True, help="what to tell apart")
    _add_places(parser)
    add("--size", type=integer(SMALLEST, LARGEST), metavar="PIXELS", help="side of the pictures")
    add("--count", type=integer(2, 10_000_000), metavar="N", help="learn at most so many pictures")
    add("--out", type=Path, required=True, metavar="DIR", help="folder of the weights")
    add("--epochs", type=integer(1, 1000), default=EPOCHS, metavar="N",
        help=f"passes over the data (default {EPOCHS})")  # fmt: skip
    add("--seed", type=integer(0, 2**31 - 1), default=0, metavar="N", help="default 0")
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="default auto")
    parser.set_defaults(run=_classifier, parser=parser)


def _add_places(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--data-root", type=Path, action="append", default=[], metavar="DIR",
        help="; ".join(f"{name}: {source.root}" for name, source in DATASETS.items()))  # fmt: skip
    add("--cache", type=Path, metavar="DIR", help="keep what was rendered in this folder")
    add("--threads", type=integer(1, 1024), metavar="N", help="threads on the CPU")


def _classifier(options: argparse.Namespace) -> int:
    if options.threads:
        torch.set_num_threads(options.threads)
    try:
        device = device_of(options.device)
        train, test = (
            load(options.data, options.data_root, split, options.size, cache=options.cache,
                 count=options.count) for split in ("train", "test")
        )  # fmt: skip
    except (ValueError, DataError) as error:
        refuse(options, str(error))
    steps = steps_of(train, options.epochs)
    with tqdm(total=steps, unit="step", disable=not sys.stderr.isatty()) as bar:

        def tell(loss: float) -> None:
            bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
            bar.update()

        model = train_classifier(train, options.epochs, options.seed, device, tell)
    try:
        card = save_classifier(
            model, options.out, train=train, test=test, about={"name": options.data},
            seed=options.seed, epochs=options.epochs,
        )  # fmt: skip
    except OSError as error:
        refuse(options, f"--out {options.out}: {error}")
    for name, share in card.accuracy.items():
        print(f"{name}: {share:.4f} of {card.test_count} held-out pictures told right")
    return 0


def add_eval(parser: argparse.ArgumentParser) -> None:
    """The flags of `ganplay eval`."""
    add = parser.add_argument
    add("name", metavar="NAME", help="a model that comes with ganplay, a folder, or owner/name")
    _add_places(parser)
    add("--classifier", type=Path, metavar="DIR",
        help="folder of the classifier to measure by (default: the data's that comes with "
        "ganplay)")  # fmt: skip
    add("--count", type=integer(2 * K, MAX_COUNT), default=10_000, metavar="N",
        help="samples, and real pictures to hold them against (default 10000)")  # fmt: skip
    add("--seed", type=integer(0, MAX_SEED), default=0, metavar="N", help="of samples (default 0)")
    add("--json", action="store_true", help="print JSON instead of a table")
    add("--pairs", type=Path, metavar="FILE.png",
        help="draw the samples nearest to training pictures beside these")  # fmt: skip
    add("--write", action="store_true", help="put the figures on the model's card")
    parser.set_defaults(run=_eval, parser=parser)


def _eval(options: argparse.Namespace) -> int:
    check_output(options, "pairs", ".png")
    folder = _folder(options)
    if options.threads:
        torch.set_num_threads(options.threads)
    try:
        model = load_model(options.name)
        data, size = model.card.data, model.card.shape[1]
        judge = _judge(options, data.name)
        train, test = (
            load(data.name, options.data_root, split, size, count=count, cache=options.cache)
            for split, count in (("train", data.count), ("test", None))
        )
        report = evaluate(model, train, test, judge, options.count, options.seed, _tell)
    except (CheckpointError, DataError, EvaluationError) as error:
        refuse(options, str(error))
    report = {"model": {"name": model.card.name, "sha256": model.card.sha256}} | report
    print(json.dumps(report, indent=2, allow_nan=False) if options.json else table(report))
    try:
        if options.pairs:
            write_output(options, "pairs", closest_pairs(model, train, report).save)
        if options.write:
            model.with_metrics(report).save_pretrained(folder)
    except OSError as error:
        refuse(options, str(error))
    return 0


def add_directions(parser: argparse.ArgumentParser) -> None:
    """The flags of `ganplay directions`."""
    add = parser.add_argument
    add("name", metavar="NAME", help="a model that comes with ganplay, a folder, or owner/name")
    add("--classifier", type=Path, metavar="DIR",
        help="faces: folder of the classifier to read them with")  # fmt: skip
    add("--samples", type=integer(100, MAX_COUNT), default=SAMPLES, metavar="N",
        help=f"pictures to measure (default {SAMPLES})")  # fmt: skip
    add("--write", action="store_true", help="put the directions into the model")
    parser.set_defaults(run=_directions, parser=parser)


def _directions(options: argparse.Namespace) -> int:
    folder = _folder(options)
    try:
        model = load_model(options.name)
        if model.card.data.name == "faces":
            drawn = load("faces", count=options.samples)
            measure = of_faces(drawn, _judge(options, "faces").net)
        elif model.card.data.name in ("digits", "letters"):
            measure = of_ink
        else:
            refuse(options, f"NAME {options.name}: of {model.card.data.name} nothing is known that"
                   " could be measured; of digits, letters and faces something is")  # fmt: skip
        model = named_directions(model, measure, options.samples)
        if options.write:
            model.save_pretrained(folder)
    except (CheckpointError, OSError) as error:
        refuse(options, str(error))
    for direction in model.card.named:
        print(f"{direction.name}: explains {100 * direction.r_squared:.0f} % of its variation")
    return 0


def _folder(options: argparse.Namespace) -> Path:
    """Where a model lies that is to be written."""
    folder = Path(options.name) if Path(options.name).is_dir() else BUNDLED / options.name
    if options.write and not folder.is_dir():
        refuse(options, f"--write: {options.name} is no folder here")
    return folder


def _judge(options: argparse.Namespace, data: str) -> LoadedClassifier:
    folder = options.classifier or BUNDLED / "classifiers" / data
    try:
        return load_classifier(folder)
    except OSError as error:
        refuse(
            options,
            f"--classifier {folder}: {error.strerror}; `ganplay classifier --data {data}"
            " --out DIR` makes one",
        )
    except CheckpointError as error:
        refuse(options, f"--classifier {folder}: {error}")


def _tell(stage: str) -> None:
    if sys.stderr.isatty():
        print(f"{stage} ...", file=sys.stderr)


COLUMNS = ("samples", "held_out", "training")


def table(report: Mapping[str, Any]) -> str:
    """The figures that stand in columns: of samples, and of real pictures in their place."""
    rows = [(name, cells) for name, cells in _figures(report) if "samples" in cells]
    wide = max(len(name) for name, _ in rows)
    lines = [" " * wide + "".join(f"{column:>12}" for column in COLUMNS)]
    for name, cells in rows:
        values = (cells.get(column) for column in COLUMNS)
        texts = (f"{v:.4g}" if isinstance(v, float) else str(v or "-") for v in values)
        lines.append(f"{name:<{wide}}" + "".join(f"{text:>12}" for text in texts))
    return "\n".join(lines)


def _figures(report: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """All rows, by a name that tells where each stands."""
    for name, part in report.items():
        if not isinstance(part, Mapping):
            continue
        place = f"{path} {name}".strip().replace("_", " ")
        if isinstance(part.get("samples"), Mapping):
            # Turned, so that classes are rows. The attributes' own are many: JSON has them.
            for key in () if path == "attributes" else part["samples"]:
                row = {c: part[c].get(key) for c in COLUMNS if c in part}
                yield f"{place} {key}".replace("_", " "), row
            yield from _figures({k: v for k, v in part.items() if k not in COLUMNS}, place)
        elif "samples" in part:
            yield place, part
            yield from _figures({k: v for k, v in part.items() if k != "samples"}, place)
        else:
            yield from _figures(part, place)
