"""`ganplay toy`: train 2-D GANs and report how well they learnt."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from ganplay.cli import flags
from ganplay.cli.sweep import add_sweep, arena_of, pictured, ranking
from ganplay.common.files import write_whole
from ganplay.common.locales import locale
from ganplay.common.number_text import count, measured
from ganplay.common.safe_tensors import CheckpointError
from ganplay.common.settings import MAX_SEED
from ganplay.live.film import film, shoot, style_of
from ganplay.live.frame import Frame
from ganplay.toy import custom_points
from ganplay.toy.checkpoint import load_toy, save_toy
from ganplay.toy.config import CUSTOM, PRESETS, ToyConfig, needs_new_networks
from ganplay.toy.experiment import report, train, train_until
from ganplay.toy.plot import panels
from ganplay.toy.script_export import as_script
from ganplay.toy.stop_condition import StopCondition, parse
from ganplay.toy.trainer import ToyTrainer

MAX_SEEDS, MAX_STEPS = 256, 10_000_000
FILM_FRAMES, FILM_RATE = 120, 20
COLUMNS = ("js", "sliced_wasserstein", "energy", "modes", "high_quality", "d_real", "d_fake")


def _condition(text: str) -> StopCondition:
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _columns(text: str) -> list[str]:
    """The columns of --points-columns; names with commas stand in quotes."""
    names = custom_points.columns_in(text)
    if len(names) not in (2, 3) or not all(names):
        raise argparse.ArgumentTypeError(f"{text}: two columns (x, y), or three with a class, are "
            "needed, separated by commas")  # fmt: skip
    return names


def add_toy(parser: argparse.ArgumentParser) -> None:
    """The flags of `ganplay toy`."""
    add = parser.add_argument
    parser.usage = "ganplay toy [options] [settings]"  # all settings would hide the error below
    add("--preset", choices=list(PRESETS), help="settings to begin with (default ring)")
    add("--state", metavar="TEXT", help="all settings from a share link, in place of a preset")
    add("--config", type=Path, metavar="FILE", help="JSON file of settings, over the preset's")
    add("--points", type=Path, metavar="FILE", help="learn the points of a table (CSV and its "
        "kin, JSON; columns x, y, if you like a class), or a picture's dark pixels")  # fmt: skip
    add("--points-columns", type=_columns, metavar="X,Y[,CLASS]",
        help="columns of the table, by name or number from 1 (default: found by their names, and "
        "else by what is in them)")  # fmt: skip
    add("--points-rows", choices=("real", "fake", "all"),
        help="of points that ganplay has saved (default: real)")  # fmt: skip
    flags.add_integer(parser, "--seeds", 1, MAX_SEEDS, "number of GANs to train (default 1)")
    flags.add_integer(parser, "--first-seed", 0, MAX_SEED - MAX_SEEDS,
        "seed of the first GAN (default: the setting seed)")  # fmt: skip
    flags.add_integer(parser, "--steps", 0, MAX_STEPS, "training steps", 3000)
    # fmt: off
    add("--until", type=_condition, metavar="METRIC=BOUND",
        help="stop once js is at or below a bound, or modes or high_quality at or above one; "
        "checked every 50 steps, as on the page; with several seeds, when each has met it")
    # fmt: on
    add_sweep(parser)
    add("--json", action="store_true", help="print JSON instead of a table")
    flags.add_output(parser, "--script",
        "write the experiment as a plain PyTorch script, and train nothing")  # fmt: skip
    add("--load", type=Path, metavar="FILE.safetensors",
        help="continue from saved weights with their settings, in place of a preset")  # fmt: skip
    flags.add_output(parser, "--save", "write the weights of all GANs", ".safetensors")
    flags.add_output(parser, "--film", "write a film of the first GAN's run", ".gif", ".mp4")
    flags.add_output(parser, "--plot", "write a picture of all GANs", ".png")
    parser.set_defaults(run=_toy, parser=parser)
    fields = [f for f in dataclasses.fields(ToyConfig) if f.name != "points"]  # a file's, above
    tips = {name: words["tip"] for name, words in locale("en")["fields"].items()}
    flags.add_settings(parser, fields, tips)


def _settings(options: argparse.Namespace) -> ToyConfig:
    """Preset or link, then file, then flags: what comes later counts."""
    settings = PRESETS[options.preset or "ring"].to_dict()
    if options.state is not None:
        linked, problems = ToyConfig.from_state(options.state)
        for problem in problems:
            print(f"--state: {problem}", file=sys.stderr)
        settings = linked.to_dict()
    if options.config:
        settings |= flags.read_config(options)
    return _with_flags(options, settings)


def _with_flags(options: argparse.Namespace, settings: dict[str, Any]) -> ToyConfig:
    given = flags.settings_given(options)
    if options.points:
        given = {"distribution": CUSTOM, "points": _points(options)} | given
    elif options.points_columns or options.points_rows:
        flags.refuse("--points-columns, --points-rows: only with --points")
    elif given.get("distribution", CUSTOM) != CUSTOM:
        given["points"] = ""
    return ToyConfig.from_dict(settings | given)


def _points(options: argparse.Namespace) -> str:
    """The points of the file of --points; what was read as what is said on standard error."""
    choice = custom_points.Choice.of(options.points_columns, options.points_rows)
    with flags.refusing(what=f"--points {options.points}"):
        found = custom_points.inspect(custom_points.read_bytes(options.points), choice)
    if "table" in found:
        print(f"{options.points}: {found['table']['said']}", file=sys.stderr)
    elif options.points_columns or options.points_rows:
        flags.refuse(f"--points {options.points}: it is no table, and has no columns and rows")
    return found["points"]


def _loaded(options: argparse.Namespace) -> ToyTrainer:
    """The trainer of saved weights, with what flags change of its settings."""
    for flag in ("preset", "state", "config", "seeds", "first_seed", "script", "until"):
        if getattr(options, flag) is not None:
            name = flag.replace("_", "-")
            flags.refuse(f"--{name}: not with --load, which goes on with what was trained")
    with flags.refusing(OSError, CheckpointError, what=f"--load {options.load}"):
        trainer = load_toy(options.load)
    changed = [_with_flags(options, config.to_dict()) for config in trainer.configs]
    for old, new in zip(trainer.configs, changed, strict=True):
        if needs_new_networks(old, new):
            names = ", ".join(
                f.name
                for f in dataclasses.fields(new)
                if getattr(old, f.name) != getattr(new, f.name)
                and (f.metadata["change"] == "rebuild" or f.name in ("distribution", "points"))
            )
            flags.refuse(f"--load {options.load}: its networks cannot have another {names}")
    trainer.configure(changed)
    return trainer


def _seeds(options: argparse.Namespace, config: ToyConfig) -> range:
    first = config.seed if options.first_seed is None else options.first_seed
    return range(first, first + (options.seeds or 1))


def _toy(options: argparse.Namespace) -> int:
    if options.film and options.until:
        flags.refuse("--film: not with --until, as its pictures are spread over all steps")
    if options.sweep:
        return _sweep(options)
    if options.load:
        trainer = _loaded(options)
    else:
        config = _settings(options)
        seeds = _seeds(options, config)
        if options.script:
            text = as_script(dataclasses.replace(config, seed=seeds[0]), options.steps)
            flags.write_output(options, "script", lambda path: write_whole(path, text.encode()))
            return 0
        trainer = ToyTrainer(config, seeds=seeds)
    frames, reached = _train(trainer, options)
    result: dict[str, Any] = {"preset": _preset(options)} | report(trainer)
    if options.until:
        result["until"] = vars(options.until)
        for member, step in zip(result["members"], reached, strict=True):
            member["reached"] = step
    print(json.dumps(result, indent=2) if options.json else _table(result))
    if options.plot:
        flags.write_output(options, "plot", panels(trainer).save)
    if options.film:
        kind = options.film.suffix.lower().removeprefix(".")
        data = film(frames, style_of(trainer), kind, FILM_RATE)
        flags.write_output(options, "film", lambda path: write_whole(path, data))
    if options.save:
        flags.write_output(options, "save", lambda path: save_toy(trainer, path))
    return 0


def _sweep(options: argparse.Namespace) -> int:
    config = _settings(options)
    arena = arena_of(options, config, _seeds(options, config))
    with flags.progress("step", options.steps) as go_on:
        train(arena, options.steps, go_on)
    result: dict[str, Any] = {"preset": _preset(options)} | arena.report()
    print(json.dumps(result, indent=2) if options.json else ranking(result))
    if options.plot:
        flags.write_output(options, "plot", pictured(arena).save)
    return 0


def _preset(options: argparse.Namespace) -> str | None:
    """The preset that was the beginning, if one was."""
    return (options.preset or "ring") if options.load is None and options.state is None else None


def _train(
    trainer: ToyTrainer, options: argparse.Namespace
) -> tuple[list[Frame], list[int | None]]:
    """What was seen on the way, if it is filmed, and when each member met a condition."""
    steps = options.steps
    with flags.progress("step", steps) as go_on:
        if options.until:
            return [], train_until(trainer, steps, options.until, go_on)
        if options.film:
            return shoot(trainer, steps, FILM_FRAMES, go_on), []
        train(trainer, steps, go_on)
    return [], []


def _table(result: dict[str, Any]) -> str:
    def row(name: object, values: dict[str, float | None]) -> str:
        texts = ((count if c == "modes" else measured)(values.get(c)) for c in COLUMNS)
        return f"{name!s:>8}" + "".join(f"{t:>20}" for t in texts)

    lines = ["    seed" + "".join(f"{c:>20}" for c in COLUMNS)]
    lines += [row(member["seed"], member) for member in result["members"]]
    lines.append(row("floor", result["noise_floor"]))
    if "until" in result:
        met = StopCondition(**result["until"])
        when = (f"at step {m['reached']}" if m["reached"] else "not" for m in result["members"])
        told = (f"seed {m['seed']} {w}" for m, w in zip(result["members"], when, strict=True))
        lines.append(f"{met}: " + ", ".join(told))
    shares = result["class_shares"]
    of = "" if shares is None else "; classes in the data's shares: " + _in_percent(shares)
    return "\n".join([*lines, f"{result['steps']} steps, {result['samples']} samples{of}"])


def _in_percent(shares: list[float]) -> str:
    return ", ".join(f"{100 * share:.3g}" for share in shares) + " %"
