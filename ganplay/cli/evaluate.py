"""`ganplay eval`, `ganplay directions`, and `ganplay classifier`, by which models are measured."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from ganplay.cli import flags
from ganplay.common.devices import device_of
from ganplay.common.safe_tensors import CheckpointError
from ganplay.images.checkpoint import load as load_model
from ganplay.images.checkpoint.model import BUNDLED
from ganplay.images.datasets import DATASETS, load
from ganplay.images.evaluation import classifier
from ganplay.images.evaluation.evaluate import MAX_COUNT, MAX_SEED, K, closest_pairs, evaluate
from ganplay.latent.attribute_directions import SAMPLES, named_directions, of_faces, of_ink

EPOCHS = 8


def add_classifier(parser: argparse.ArgumentParser) -> None:
    """The flags of `ganplay classifier`."""
    add = parser.add_argument
    add("--data", choices=list(DATASETS), required=True, help="data to classify")
    flags.add_places(parser)
    flags.add_integer(parser, "--threads", 1, 1024, "threads on the CPU")
    flags.add_size(parser)
    flags.add_integer(parser, "--count", 2, 10_000_000, "train on at most this many pictures")
    add("--out", type=Path, required=True, metavar="DIR", help="folder for the weights")
    flags.add_integer(parser, "--epochs", 1, 1000, "passes over the data", EPOCHS)
    flags.add_seed(parser, "seed of the weights and of the order of pictures")
    flags.add_device(parser)
    parser.set_defaults(run=_classifier, parser=parser)


def _classifier(options: argparse.Namespace) -> int:
    if options.threads:
        torch.set_num_threads(options.threads)
    with flags.refusing(ValueError):
        device = device_of(options.device)
    train, test = (
        load(options.data, options.data_root, split, options.size, count=options.count,
             **flags.places(options)) for split in ("train", "test")
    )  # fmt: skip
    flags.tell_found(train)
    with tqdm(total=classifier.steps_of(train, options.epochs), unit="step", disable=None) as bar:

        def tell(loss: float) -> None:
            bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
            bar.update()

        model = classifier.train_classifier(train, options.epochs, options.seed, device, tell)
    with flags.refusing(OSError, what=f"--out {options.out}"):
        card = classifier.save_classifier(
            model, options.out, train=train, test=test, about={"name": options.data},
            seed=options.seed, epochs=options.epochs,
        )  # fmt: skip
    for name, share in card.accuracy.items():
        print(f"{name}: {share:.4f} of {card.test_count} held-out pictures classified correctly")
    return 0


def add_eval(parser: argparse.ArgumentParser) -> None:
    """The flags of `ganplay eval`."""
    add = parser.add_argument
    add("name", metavar="NAME", help="a model that comes with ganplay, a folder, or owner/name")
    flags.add_places(parser)
    flags.add_integer(parser, "--threads", 1, 1024, "threads on the CPU")
    add("--classifier", type=Path, metavar="DIR",
        help="folder of the classifier to measure with (default: the data's that comes with "
        "ganplay)")  # fmt: skip
    flags.add_integer(parser, "--count", 2 * K, MAX_COUNT,
        "samples, and real pictures to compare them with", 10_000)  # fmt: skip
    flags.add_integer(parser, "--seed", 0, MAX_SEED, "seed of the samples", 0)
    add("--json", action="store_true", help="print JSON instead of a table")
    flags.add_output(parser, "--pairs",
        "draw the samples nearest to training pictures beside those pictures", ".png")  # fmt: skip
    add("--write", action="store_true", help="write the figures to the model's card")
    parser.set_defaults(run=_eval, parser=parser)


def _eval(options: argparse.Namespace) -> int:
    folder = folder_of(options)
    if options.threads:
        torch.set_num_threads(options.threads)
    model = load_model(options.name)
    data, size = model.card.data, model.card.shape[1]
    measured_by = _classifier_of(options, data.name)
    train, test = (
        load(data.name, options.data_root, split, size, count=count, **flags.places(options))
        for split, count in (("train", data.count), ("test", None))
    )
    report = evaluate(model, train, test, measured_by, options.count, options.seed, _tell)
    report = {"model": {"name": model.card.name, "sha256": model.card.sha256}} | report
    print(json.dumps(report, indent=2, allow_nan=False) if options.json else table(report))
    if not options.json and model.classes:
        print(f"classes of samples: {report['protocol']['labels']}")
    if options.pairs:
        flags.write_output(options, "pairs", closest_pairs(model, train, report).save)
    if options.write:
        with flags.refusing(OSError):
            model.with_card(metrics=report).save_pretrained(folder)
    return 0


def add_directions(parser: argparse.ArgumentParser) -> None:
    """The flags of `ganplay directions`."""
    add = parser.add_argument
    add("name", metavar="NAME", help="a model that comes with ganplay, a folder, or owner/name")
    add("--classifier", type=Path, metavar="DIR",
        help="faces: folder of the classifier that measures the attributes")  # fmt: skip
    flags.add_integer(parser, "--samples", 100, MAX_COUNT, "pictures to measure", SAMPLES)
    add("--write", action="store_true", help="write the directions to the model")
    parser.set_defaults(run=_directions, parser=parser)


def _directions(options: argparse.Namespace) -> int:
    folder = folder_of(options)
    model = load_model(options.name)
    if model.card.data.name == "faces":
        drawn = load("faces", count=options.samples)
        measure = of_faces(drawn, _classifier_of(options, "faces").net)
    elif model.card.data.name in ("digits", "letters"):
        measure = of_ink
    else:
        flags.refuse(f"NAME {options.name}: {model.card.data.name} have no attributes to measure;"
               " digits, letters and faces have some")  # fmt: skip
    model = named_directions(model, measure, options.samples)
    if options.write:
        with flags.refusing(OSError):
            model.save_pretrained(folder)
    for direction in model.card.named:
        print(f"{direction.name}: explains {100 * direction.r_squared:.0f} % of its variation")
    return 0


def folder_of(options: argparse.Namespace) -> Path:
    """Where a model lies that is to be written."""
    folder = Path(options.name) if Path(options.name).is_dir() else BUNDLED / options.name
    if options.write and not folder.is_dir():
        flags.refuse(f"--write: {options.name} is no folder here")
    return folder


def _classifier_of(options: argparse.Namespace, data: str) -> classifier.LoadedClassifier:
    folder = options.classifier or BUNDLED / "classifiers" / data
    with flags.refusing(CheckpointError, what=f"--classifier {folder}"):
        try:
            return classifier.load_classifier(folder)
        except OSError as error:
            flags.refuse(f"--classifier {folder}: {error.strerror}; `ganplay classifier --data"
                   f" {data} --out DIR` trains one")  # fmt: skip


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
