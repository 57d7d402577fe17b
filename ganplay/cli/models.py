"""Commands on trained image models: `ganplay info`, `sample`, and `export` to make one."""

import argparse
import json
import sys
from pathlib import Path

from ganplay.cli import flags
from ganplay.common.safe_tensors import CheckpointError
from ganplay.common.settings import MAX_SEED
from ganplay.gan.class_shares import equal_weights, labels_in_shares
from ganplay.images.checkpoint import ImageModel, Licences, bundled, load, model_of_run
from ganplay.images.checkpoint.card import check_name, name_from
from ganplay.images.discriminator import Score
from ganplay.images.latent_state import MAX_TRUNCATION, LatentState, model_of, read_state
from ganplay.images.runs import Run
from ganplay.media.contact_sheet import contact_sheet

MAX_PICTURES = 10_000


def _numbers(text: str) -> list[int]:
    """Whole numbers and spans of them: 1,2,5-9."""
    found: list[int] = []
    for part in text.split(","):
        low, dash, high = part.partition("-")
        span = range(int(low), int(high if dash else low) + 1)
        if len(found) + len(span) > MAX_PICTURES:
            raise argparse.ArgumentTypeError(f"{text}: at most {MAX_PICTURES} are possible")
        found += span
    if not found or max(found) > MAX_SEED:
        raise argparse.ArgumentTypeError(f"{text}: numbers from 0 to {MAX_SEED} are possible")
    return found


_numbers.__name__ = "list of whole numbers, such as 1,2,5-9,"


def add_export(parser: argparse.ArgumentParser) -> None:
    """The flags of `ganplay export`."""
    parser.add_argument("from_run", type=Path, metavar="RUN", help="folder of a finished run")
    parser.add_argument("folder", type=Path, metavar="FOLDER",
        help="where the checkpoint goes; its last part is the model's name")  # fmt: skip
    parser.add_argument("--snapshots", type=_numbers, metavar="STEPS",
        help="earlier steps to keep, such as 100,1000 (default: all)")  # fmt: skip
    parser.add_argument("--name", help="the model's name (default: made of the folder's)")
    parser.add_argument("--licence", "--license", default="",
        help="licence of the model, such as cc-by-4.0 (default for your own pictures: "
        "unknown)")  # fmt: skip
    parser.add_argument("--data-licence", "--data-license", default="",
        help="licence of the pictures that it was trained on")  # fmt: skip
    flags.add_trust(parser)
    parser.set_defaults(run=_export, parser=parser)


def _export(options: argparse.Namespace) -> int:
    name = _name_of(options)
    with flags.refusing(OSError, what=options.folder), flags.refusing(ValueError):
        model = model_of_run(
            Run(options.from_run), name, options.snapshots, trust_classes=options.trust_classes,
            licences=Licences(options.licence, options.data_licence),
        )  # fmt: skip
        model.save_pretrained(options.folder)
    size = sum(path.stat().st_size for path in options.folder.iterdir())
    print(f"{model.card.name}: {size / 1e6:.1f} MB in {options.folder}")
    if model.card.terms == "unknown":
        print("licence: unknown, as nobody said it; --licence NAME puts one on the card")
    return 0


def _name_of(options: argparse.Namespace) -> str:
    """The model's name: as it is given, else the nearest one to its folder's that is possible."""
    if options.name:
        with flags.refusing(ValueError):
            check_name(options.name)
        return options.name
    folder = options.folder.resolve().name
    name = name_from(folder)
    if not name:
        flags.refuse(f"FOLDER {options.folder}: no model can be called {folder!r}, as lower-case"
                     " letters, digits and hyphens are needed; --name gives it one")  # fmt: skip
    return name


def add_info(parser: argparse.ArgumentParser) -> None:
    """The flags of `ganplay info`."""
    parser.add_argument("name", nargs="?", metavar="NAME",
        help="a model that comes with ganplay, a folder, or owner/name (default: all)")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the card as JSON")
    flags.add_trust(parser)
    parser.set_defaults(run=_info, parser=parser)


def _info(options: argparse.Namespace) -> int:
    models = _all_models() if options.name is None else [
        load(options.name, trust_classes=options.trust_classes)
    ]  # fmt: skip
    if options.json:
        cards = [json.loads(model.card.to_json()) for model in models]
        print(json.dumps(cards[0] if options.name else cards, indent=2))
        return 0
    for model in models:
        card = model.card
        shape = "x".join(map(str, card.shape))
        labels = f"{model.classes} classes" if model.classes else "no labels"
        print(f"{card.name}: {card.config.model}, {shape} pictures of {card.data.name}, {labels},"
              f" {card.config.noise_dim} dimensions, {card.steps:,} steps")  # fmt: skip
        if options.name:
            print("labels: " + ", ".join(model.labels))
            print("stored steps: " + ", ".join(map(str, model.steps)))
            print(f"licence: {card.terms}\nterms of the data: {card.data.licence}")
            print(f"trained by: {card.command()}")
    return 0


def _all_models() -> list[ImageModel]:
    """All that come with ganplay and can be used; of the others it is said why they cannot."""
    models = []
    for name in bundled():
        try:
            models.append(load(name))
        except CheckpointError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
    return models


def add_sample(parser: argparse.ArgumentParser) -> None:
    """The flags of `ganplay sample`."""
    add_states(parser)
    flags.add_integer(parser, "--columns", 1, 1000, "columns of the sheet")
    flags.add_output(parser, "--out",
        "file to write; several pictures are put on one sheet", ".png", required=True)  # fmt: skip
    parser.add_argument("--verdict", action="store_true", help="print D's output for each")
    parser.set_defaults(run=_sample, parser=parser)


def add_states(parser: argparse.ArgumentParser) -> None:
    """The flags that name a model and states of it."""
    add = parser.add_argument
    add("name", nargs="?", metavar="NAME", help="a model that comes with ganplay, a folder, or "
        "owner/name (default: the state's)")  # fmt: skip
    add("--seeds", type=_numbers, metavar="LIST", help="seeds of z, such as 1,2,5-9 (default 0)")
    add("--label", action="append", metavar="NAME",
        help="class: one for all, or one per seed (default: the first class)")  # fmt: skip
    add("--classes", choices=("turn", "data"), help="in place of --label: turn takes the classes "
        "in turn, data each as often as the training data have it")  # fmt: skip
    add("--truncation", type=flags.bounded(float, 0, MAX_TRUNCATION), default=1.0, metavar="X",
        help=f"0 to {MAX_TRUNCATION:g}: factor of z (default 1)")  # fmt: skip
    flags.add_integer(parser, "--step", 0, 2**31 - 1, "step of the training (default: the last)")
    add("--state", action="append", metavar="TEXT",
        help="a share link, or what it holds, in place of these; can be given again")  # fmt: skip
    flags.add_integer(parser, "--zoom", 1, 16, "factor by which pictures are enlarged", 1)
    flags.add_trust(parser)


def states_of(options: argparse.Namespace) -> tuple[ImageModel, list[LatentState]]:
    """The model and the states that the flags of `add_states` name."""
    name = options.name or (options.state and model_of(options.state[0]))
    if not name:
        flags.refuse(f"NAME: one of {', '.join(bundled())}, a folder, or owner/name is needed")
    model = load(name, trust_classes=options.trust_classes)
    return model, _read(options, model, name) if options.state else _of_seeds(options, model, name)


def _read(options: argparse.Namespace, model: ImageModel, name: str) -> list[LatentState]:
    states = []
    for text in options.state:
        state, problems = read_state(text, name, model.space)
        if problems:
            flags.refuse("--state: " + "; ".join(map(str, problems)))
        states.append(state)
    return states


def _of_seeds(options: argparse.Namespace, model: ImageModel, name: str) -> list[LatentState]:
    seeds, labels = options.seeds or [0], options.label or [None]
    if len(labels) not in (1, len(seeds)):
        flags.refuse(f"--label: one or {len(seeds)} are needed, not {len(labels)}")
    if options.step is not None and options.step not in model.steps:
        kept = ", ".join(map(str, model.steps))
        flags.refuse(f"--step {options.step}: one of {kept} is needed")
    step = None if options.step == model.card.steps else options.step
    if options.classes:
        numbers = _numbers_of_classes(options, model, len(seeds))
    else:
        numbers = [None if one is None else label_number(model, one) for one in labels] * len(seeds)
    return [
        LatentState(name, s, (), options.truncation, () if k is None else ((k, 1.0),), step)
        for s, k in zip(seeds, numbers, strict=False)
    ]


def _numbers_of_classes(options: argparse.Namespace, model: ImageModel, n: int) -> list[int | None]:
    """The labels that --classes gives to so many pictures."""
    flag, card = f"--classes {options.classes}", model.card
    if not model.classes:
        flags.refuse(f"{flag}: {card.name} is not conditional")
    if options.label:
        flags.refuse(f"{flag}: not with --label, in whose place it is")
    if options.classes == "data" and not card.data.class_counts:
        flags.refuse(f"{flag}: the card of {card.name} does not say how often its training data"
                     " have each class; turn is possible")  # fmt: skip
    weights = card.class_weights if options.classes == "data" else equal_weights(model.classes)
    return list(labels_in_shares(weights, n).tolist())


def label_number(model: ImageModel, text: str) -> int:
    """The class of --label, which is a name or a number; ends the command if there is none."""
    if not model.classes:
        flags.refuse(f"--label {text}: {model.card.name} is not conditional")
    with flags.refusing(what="--label"):
        known = text in model.labels or not text.isdecimal()
        return model.label_number(text if known else int(text))


def _sample(options: argparse.Namespace) -> int:
    model, states = states_of(options)
    images = model.render(states)
    if options.verdict:
        for state in states:
            print(f"{state}: {_in_words(model.score(state))}")
    gap = 2 if len(images) > 1 else 0
    sheet = contact_sheet(images, options.columns, gap, options.zoom)
    flags.write_output(options, "out", sheet.save)
    if model.classes and not options.state and not options.label:
        print(f"classes: {_CLASSES[options.classes].format(model.labels[0])}")
    return 0


_CLASSES = {
    None: "all pictures are of the first one, {}; --label and --classes ask for others",
    "turn": "each in turn, whatever share of the training data it has",
    "data": "each as often as the training data have it",
}
"""What is said of the pictures of seeds alone, by --classes."""


def _in_words(score: Score) -> str:
    name = "D(x)" if score.reading == "probability" else "score of D"
    return (
        f"{name} {score.output:.3f} (logit {score.logit:.3f}), more realistic to D than"
        f" {score.rank:.0%} of {score.samples} samples; D of step {score.step}"
    )
