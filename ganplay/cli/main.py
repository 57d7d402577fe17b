"""The command line: `ganplay app` serves the page, `toy` and `train` train, `data` shows data."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ganplay.cli.evaluate import add_classifier, add_directions, add_eval
from ganplay.cli.flags import add_settings, read_config, refuse, settings_given, whole
from ganplay.cli.models import add_export, add_info, add_sample
from ganplay.cli.neighbours import add_neighbours, add_roots
from ganplay.cli.project import add_project
from ganplay.cli.sweep import add_sweep, arena_of, pictured, ranking
from ganplay.cli.train import add_train
from ganplay.cli.walk import add_walk
from ganplay.common.files import write_whole
from ganplay.common.locales import locale
from ganplay.common.safe_tensors import CheckpointError
from ganplay.common.settings import MAX_SEED, ConfigError
from ganplay.images.datasets import DATASETS, LARGEST, SMALLEST, SPLITS, DataError, load
from ganplay.images.evaluation.training_images import roots_given
from ganplay.live.film import film, shoot, style_of
from ganplay.live.frame import Frame
from ganplay.media.contact_sheet import contact_sheet
from ganplay.toy import custom_points
from ganplay.toy.checkpoint import load_toy, save_toy
from ganplay.toy.config import CUSTOM, PRESETS, ToyConfig, needs_new_networks
from ganplay.toy.experiment import report, train, train_until
from ganplay.toy.plot import panels
from ganplay.toy.script_export import as_script
from ganplay.toy.stop_condition import StopCondition, parse
from ganplay.toy.trainer import ToyTrainer

MAX_SEEDS, MAX_STEPS = 256, 10_000_000
OUTPUTS = {"plot": [".png"], "save": [".safetensors"], "film": [".gif", ".mp4"]}
"""Flags of files that are written, and how their names may end."""
FILM_FRAMES, FILM_RATE = 120, 20
COLUMNS = ("js", "sliced_wasserstein", "energy", "modes", "high_quality", "d_real", "d_fake")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    options = parser().parse_args(argv)
    try:
        return options.run(options)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    """The flags of all commands."""
    made = argparse.ArgumentParser(
        prog="ganplay", description="Watch, break and mend generative adversarial networks."
    )
    commands = made.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_app(commands.add_parser("app", help="serve the page"))
    # A usage line that named all settings would hide the error below it.
    text = "train 2-D GANs and report how well they learnt"
    _add_toy(commands.add_parser("toy", help=text, usage="ganplay toy [options] [settings]"))
    usage = "ganplay train --data NAME --out DIR [options] [settings]"
    add_train(commands.add_parser("train", help="train an image model", usage=usage))
    add_export(commands.add_parser("export", help="make a checkpoint of a training run"))
    add_eval(commands.add_parser("eval", help="measure an image model"))
    add_classifier(
        commands.add_parser("classifier", help="train what image models are measured by")
    )
    add_directions(
        commands.add_parser("directions", help="find directions in latent space that have names")
    )
    add_info(commands.add_parser("info", help="what is known of trained image models"))
    add_sample(commands.add_parser("sample", help="pictures of a trained image model"))
    add_walk(commands.add_parser("walk", help="a film through its latent space"))
    text = "the training pictures nearest to its pictures"
    add_neighbours(commands.add_parser("neighbours", help=text))
    add_project(commands.add_parser("project", help="find a picture in a trained image model"))
    _add_data(commands.add_parser("data", help="look at a data set of pictures"))
    return made


def _add_app(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port (default: the first free one from 7860 on)")
    parser.add_argument("--root-path", help="path under which a proxy shows the app")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    add_roots(parser)
    parser.add_argument("--mcp", action="store_true", default=None,
        help="offer the endpoints to agents too (needs ganplay[mcp])")  # fmt: skip
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto",
        help="where image models draw (default auto); toys stay on the CPU")  # fmt: skip
    parser.add_argument("--log", action="store_true",
        help="tell of all that happens on standard error, a line of JSON each")  # fmt: skip
    parser.set_defaults(run=_app, parser=parser)


def _app(options: argparse.Namespace) -> int:
    from ganplay.common.devices import device_of
    from ganplay.server.app import launch  # seconds of imports that no other command needs

    if options.mcp and find_spec("mcp") is None:
        refuse(options, '--mcp: pip install "ganplay[mcp]" is needed first')
    try:
        device = None if options.device == "auto" else str(device_of(options.device))
    except ValueError as error:
        refuse(options, f"--device: {error}")
    launch(
        options.host,
        options.port,
        device=device,
        open_browser=options.open,
        root_path=options.root_path,
        data_roots=roots_given(options.data_root),
        mcp=options.mcp,
        log=options.log,
    )
    return 0


def _condition(text: str) -> StopCondition:
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _add_toy(parser: argparse.ArgumentParser) -> None:
    add, count, first = parser.add_argument, whole(1, MAX_SEEDS), whole(0, MAX_SEED - MAX_SEEDS)
    steps = whole(0, MAX_STEPS)
    add("--preset", choices=list(PRESETS), help="where to begin (default ring)")
    add("--state", metavar="TEXT", help="all settings from a share link, in place of a preset")
    add("--config", type=Path, metavar="FILE", help="JSON file of settings, over the preset's")
    add(
        "--points",
        type=Path,
        metavar="FILE",
        help="learn the points of a CSV file (columns x, y "
        "and, if you like, a class) or the dark pixels of a picture",
    )
    add("--seeds", type=count, metavar="N", help="GANs to train (default 1)")
    add("--first-seed", type=first, metavar="N", help="seed of the first (default: as set)")
    add("--steps", type=steps, default=3000, metavar="N", help="steps of each (default 3000)")
    # fmt: off
    add("--until", type=_condition, metavar="METRIC=BOUND",
        help="stop once js is at or below a bound, or modes or high_quality at or above one; "
        "looked at every 50 steps, as on the page; of several seeds, when each has been there")
    # fmt: on
    add_sweep(parser)
    add("--json", action="store_true", help="print JSON instead of a table")
    add("--script", type=Path, metavar="FILE.py",
        help="write the experiment as a plain PyTorch script, and train nothing")  # fmt: skip
    add("--load", type=Path, metavar="FILE.safetensors",
        help="go on from saved weights with their settings, in place of a preset")  # fmt: skip
    add("--save", type=Path, metavar="FILE.safetensors", help="write the weights of all")
    add("--film", type=Path, metavar="FILE.gif|FILE.mp4", help="write a film of the first's run")
    add("--plot", type=Path, metavar="FILE.png", help="write a picture of all")
    parser.set_defaults(run=_toy, parser=parser)
    fields = [f for f in dataclasses.fields(ToyConfig) if f.name != "points"]  # a file's, above
    add_settings(parser, fields, {n: words["tip"] for n, words in locale("en")["fields"].items()})


def _settings(options: argparse.Namespace) -> ToyConfig:
    """Preset or link, then file, then flags: what comes later counts."""
    settings = PRESETS[options.preset or "ring"].to_dict()
    if options.state is not None:
        linked, problems = ToyConfig.from_state(options.state)
        for problem in problems:
            print(f"--state: {problem}", file=sys.stderr)
        settings = linked.to_dict()
    if options.config:
        settings |= read_config(options)
    return _with_flags(options, settings)


def _with_flags(options: argparse.Namespace, settings: dict[str, Any]) -> ToyConfig:
    flags = settings_given(options)
    if options.points:
        flags = {"distribution": CUSTOM, "points": _read_points(options)} | flags
    elif flags.get("distribution", CUSTOM) != CUSTOM:
        flags["points"] = ""
    try:
        return ToyConfig.from_dict(settings | flags)
    except ConfigError as error:
        refuse(options, str(error))


def _loaded(options: argparse.Namespace) -> ToyTrainer:
    """The trainer of saved weights, with what flags change of its settings."""
    for flag in ("preset", "state", "config", "seeds", "first_seed", "script", "until"):
        if getattr(options, flag) is not None:
            name = flag.replace("_", "-")
            refuse(options, f"--{name}: not with --load, which goes on with what was trained")
    try:
        trainer = load_toy(options.load)
    except (OSError, CheckpointError) as error:
        refuse(options, f"--load {options.load}: {error}")
    changed = [_with_flags(options, config.to_dict()) for config in trainer.configs]
    for old, new in zip(trainer.configs, changed, strict=True):
        if needs_new_networks(old, new):
            names = ", ".join(
                f.name
                for f in dataclasses.fields(new)
                if getattr(old, f.name) != getattr(new, f.name)
                and (f.metadata["change"] == "rebuild" or f.name in ("distribution", "points"))
            )
            refuse(options, f"--load {options.load}: its networks cannot have another {names}")
    trainer.configure(changed)
    return trainer


def _fresh(options: argparse.Namespace) -> ToyTrainer:
    config = _settings(options)
    return ToyTrainer(config, seeds=_seeds(options, config))


def _seeds(options: argparse.Namespace, config: ToyConfig) -> range:
    first = config.seed if options.first_seed is None else options.first_seed
    return range(first, first + (options.seeds or 1))


def _read_points(options: argparse.Namespace) -> str:
    try:
        return custom_points.read(options.points)
    except (OSError, ValueError) as error:
        refuse(options, f"--points {options.points}: {error}")


def _write(options: argparse.Namespace, flag: str, write: Callable[[Path], object]) -> None:
    path = getattr(options, flag)
    if not path.parent.is_dir():
        refuse(options, f"--{flag} {path}: there is no such folder")
    try:
        write(path)
    except (OSError, CheckpointError) as error:
        refuse(options, f"--{flag} {path}: {error}")


def _check_outputs(options: argparse.Namespace) -> None:
    """Before anything is trained, whose results could then not be kept."""
    for flag, suffixes in OUTPUTS.items():
        path = getattr(options, flag)
        if path and path.suffix.lower() not in suffixes:
            needed = " or ".join(suffixes)
            refuse(options, f"--{flag} {path}: a file name that ends in {needed} is needed")
        if path and not path.parent.is_dir():
            refuse(options, f"--{flag} {path}: there is no such folder")
    if options.film and options.until:
        refuse(options, "--film: not with --until, as its pictures are spread over all steps")


def _toy(options: argparse.Namespace) -> int:
    _check_outputs(options)
    if options.sweep:
        return _sweep(options)
    if options.script and not options.load:
        config = _settings(options)
        first = dataclasses.replace(config, seed=_seeds(options, config)[0])
        text = as_script(first, options.steps)
        _write(options, "script", lambda path: write_whole(path, text.encode()))
        return 0
    trainer = _loaded(options) if options.load else _fresh(options)
    frames, reached = _train(trainer, options)
    result: dict[str, Any] = {"preset": _preset(options)} | report(trainer)
    if options.until:
        result["until"] = vars(options.until)
        for member, step in zip(result["members"], reached, strict=True):
            member["reached"] = step
    print(json.dumps(result, indent=2) if options.json else _table(result))
    if options.plot:
        _write(options, "plot", panels(trainer).save)
    if options.film:
        kind = options.film.suffix.lower().removeprefix(".")
        data = film(frames, style_of(trainer), kind, FILM_RATE)
        _write(options, "film", lambda path: write_whole(path, data))
    if options.save:
        _write(options, "save", lambda path: save_toy(trainer, path))
    return 0


def _sweep(options: argparse.Namespace) -> int:
    config = _settings(options)
    arena = arena_of(options, config, _seeds(options, config))
    with _told(options.steps) as go_on:
        train(arena, options.steps, go_on)
    result: dict[str, Any] = {"preset": _preset(options)} | arena.report()
    print(json.dumps(result, indent=2) if options.json else ranking(result))
    if options.plot:
        _write(options, "plot", pictured(arena).save)
    return 0


def _preset(options: argparse.Namespace) -> str | None:
    """The preset that was the beginning, if one was."""
    return (options.preset or "ring") if options.load is None and options.state is None else None


@contextmanager
def _told(steps: int) -> Iterator[Callable[[int], bool]]:
    """What training tells its progress to: a bar, where somebody looks."""
    with tqdm(total=steps, unit="step", disable=not sys.stderr.isatty()) as bar:
        yield lambda done: bar.update(done - bar.n) or True


def _train(
    trainer: ToyTrainer, options: argparse.Namespace
) -> tuple[list[Frame], list[int | None]]:
    """What was seen on the way, if it is filmed, and when each member met a condition."""
    steps = options.steps
    with _told(steps) as go_on:
        if options.until:
            return [], train_until(trainer, steps, options.until, go_on)
        if options.film:
            return shoot(trainer, steps, FILM_FRAMES, go_on), []
        train(trainer, steps, go_on)
    return [], []


def _table(result: dict[str, Any]) -> str:
    def row(name: object, values: dict[str, float | None]) -> str:
        cells = (values.get(c) for c in COLUMNS)
        texts = ("-" if v is None else f"{v:.3f}" for v in cells)
        return f"{name!s:>8}" + "".join(f"{t:>20}" for t in texts)

    lines = ["    seed" + "".join(f"{c:>20}" for c in COLUMNS)]
    lines += [row(member["seed"], member) for member in result["members"]]
    lines.append(row("floor", result["noise_floor"]))
    if "until" in result:
        met = StopCondition(**result["until"])
        when = (f"at step {m['reached']}" if m["reached"] else "not" for m in result["members"])
        told = (f"seed {m['seed']} {w}" for m, w in zip(result["members"], when, strict=True))
        lines.append(f"{met}: " + ", ".join(told))
    return "\n".join([*lines, f"{result['steps']} steps, {result['samples']} samples"])


def _add_data(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("name", choices=list(DATASETS), metavar="NAME", help=", ".join(DATASETS))
    add("--data-root", type=Path, action="append", default=[], metavar="DIR",
        help="; ".join(f"{name}: {source.root}" for name, source in DATASETS.items()))  # fmt: skip
    add("--split", choices=SPLITS, default="train", help="part of the data (default train)")
    add("--size", type=whole(SMALLEST, LARGEST), metavar="PIXELS", help="side of a picture")
    add("--count", type=whole(1, 10_000), default=100, metavar="N", help="how many (default 100)")
    add("--seed", type=whole(0, MAX_SEED), default=0, metavar="N", help="which ones (default 0)")
    add("--cache", type=Path, metavar="DIR", help="keep what was rendered in this folder")
    add("--sheet", type=Path, metavar="FILE.png", help="write the pictures on one sheet")
    add("--zoom", type=whole(1, 8), default=1, metavar="N", help="enlarge the sheet (default 1)")
    parser.set_defaults(run=_data, parser=parser)


def _data(options: argparse.Namespace) -> int:
    if options.sheet and options.sheet.suffix.lower() != ".png":
        refuse(options, f"--sheet {options.sheet}: a file name that ends in .png is needed")
    try:
        data = load(
            options.name, options.data_root, options.split, options.size, count=options.count,
            seed=options.seed, cache=options.cache,
        )  # fmt: skip
    except DataError as error:
        refuse(options, str(error))
    if options.sheet:
        _write(options, "sheet", contact_sheet(data.images, zoom=options.zoom).save)
    n, *shape = data.images.shape
    counts = data.labels.bincount(minlength=len(data.names)).tolist()
    print(f"{options.name}, {options.split}: {n} pictures of {'x'.join(map(str, shape))}")
    print("labels: " + ", ".join(f"{k} {c}" for k, c in zip(data.names, counts, strict=True)))
    if data.attributes:
        print(f"attributes: {', '.join(data.attributes)}")
    print(f"licence: {data.licence}\nhow to get it: {data.how_to_get}")
    return 0
