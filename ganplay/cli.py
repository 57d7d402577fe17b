"""The command line: `ganplay app` serves the page, `ganplay toy` trains without one."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from tqdm import tqdm

from ganplay.config import PRESETS, ToyConfig
from ganplay.experiment import report, train
from ganplay.pictures import panels
from ganplay.script import as_script
from ganplay.settings import ConfigError, allowed
from ganplay.training import ToyTrainer
from ganplay.ui.schema import locale

MAX_SEEDS, MAX_STEPS = 256, 10_000_000
COLUMNS = ("js", "sliced_wasserstein", "energy", "modes", "high_quality", "d_real", "d_fake")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    parser = argparse.ArgumentParser(
        prog="ganplay", description="Watch, break and mend generative adversarial networks."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_app(commands.add_parser("app", help="serve the page"))
    # A usage line that named all settings would hide the error below it.
    text = "train 2-D GANs and report how well they learnt"
    _add_toy(commands.add_parser("toy", help=text, usage="ganplay toy [options] [settings]"))
    options = parser.parse_args(argv)
    try:
        return options.run(options)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _add_app(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port (default: the first free one from 7860 on)")
    parser.add_argument("--root-path", help="path under which a proxy shows the app")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.set_defaults(run=_app)


def _app(options: argparse.Namespace) -> int:
    from ganplay.ui.app import launch  # seconds of imports that no other command needs

    launch(options.host, options.port, open_browser=options.open, root_path=options.root_path)
    return 0


def _whole(low: int, high: int) -> Any:
    def number(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text}: a whole number from {low} to {high}")
        return value

    number.__name__ = "whole number"
    return number


def _add_toy(parser: argparse.ArgumentParser) -> None:
    add, count, first = parser.add_argument, _whole(1, MAX_SEEDS), _whole(0, 2**31 - 1 - MAX_SEEDS)
    steps = _whole(0, MAX_STEPS)
    add("--preset", choices=list(PRESETS), default="ring", help="where to begin (default ring)")
    add("--state", metavar="TEXT", help="all settings from a share link, in place of a preset")
    add("--config", type=Path, metavar="FILE", help="JSON file of settings, over the preset's")
    add("--seeds", type=count, default=1, metavar="N", help="GANs to train (default 1)")
    add("--first-seed", type=first, metavar="N", help="seed of the first (default: as set)")
    add("--steps", type=steps, default=3000, metavar="N", help="steps of each (default 3000)")
    add("--json", action="store_true", help="print JSON instead of a table")
    add("--script", type=Path, metavar="FILE.py",
        help="write the experiment as a plain PyTorch script, and train nothing")  # fmt: skip
    add("--plot", type=Path, metavar="FILE.png", help="write a picture of all")
    parser.set_defaults(run=_toy, parser=parser)
    words = locale("en")["fields"]
    groups = {}
    for field in dataclasses.fields(ToyConfig):
        group = field.metadata["group"]
        if group not in groups:
            groups[group] = parser.add_argument_group(f"settings: {group}")
        _add_setting(groups[group], field, words[field.name]["tip"])


def _add_setting(group: Any, field: dataclasses.Field, tip: str) -> None:
    names = list(dict.fromkeys([f"--{field.name.replace('_', '-')}", f"--{field.name}"]))
    text = f"{tip} ({allowed(field)}; default {field.default})".replace("%", "%%")
    common = {"dest": f"set_{field.name}", "default": argparse.SUPPRESS, "help": text}
    if field.type is bool:
        group.add_argument(*names, action=argparse.BooleanOptionalAction, **common)
        return
    if "choices" in field.metadata:
        common["choices"] = field.metadata["choices"]
    group.add_argument(*names, type=field.type, metavar=field.name.upper(), **common)


def _refuse(options: argparse.Namespace, why: str) -> NoReturn:
    options.parser.error(why)
    raise AssertionError("error() ends the process")


def _settings(options: argparse.Namespace) -> ToyConfig:
    """Preset or link, then file, then flags: what comes later counts."""
    settings = PRESETS[options.preset].to_dict()
    if options.state is not None:
        linked, problems = ToyConfig.from_state(options.state)
        for problem in problems:
            print(f"--state: {problem}", file=sys.stderr)
        settings = linked.to_dict()
    if options.config:
        settings |= _read_config(options)
    prefix = "set_"
    flags = {n.removeprefix(prefix): v for n, v in vars(options).items() if n.startswith(prefix)}
    try:
        return ToyConfig.from_dict(settings | flags)
    except ConfigError as error:
        _refuse(options, str(error))


def _read_config(options: argparse.Namespace) -> dict[str, Any]:
    try:
        content = json.loads(options.config.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        _refuse(options, f"--config {options.config}: {error}")
    if not isinstance(content, dict):
        _refuse(options, f"--config {options.config}: an object of settings by name is needed")
    return content


def _write(options: argparse.Namespace, flag: str, write: Callable[[Path], object]) -> None:
    path = getattr(options, flag)
    try:
        write(path)
    except OSError as error:
        _refuse(options, f"--{flag} {path}: {error}")


def _toy(options: argparse.Namespace) -> int:
    config = _settings(options)
    if options.plot and options.plot.suffix.lower() != ".png":
        _refuse(options, f"--plot {options.plot}: a file name that ends in .png is needed")
    first = config.seed if options.first_seed is None else options.first_seed
    if options.script:
        text = as_script(dataclasses.replace(config, seed=first), options.steps)
        _write(options, "script", lambda path: path.write_text(text, encoding="utf-8"))
        return 0
    trainer = ToyTrainer(config, seeds=range(first, first + options.seeds))
    with tqdm(total=options.steps, unit="step", disable=not sys.stderr.isatty()) as bar:
        train(trainer, options.steps, lambda done: bar.update(done - bar.n) or True)
    result = {"preset": options.preset if options.state is None else None} | report(trainer)
    if options.plot:
        _write(options, "plot", panels(trainer).save)
    print(json.dumps(result, indent=2) if options.json else _table(result))
    return 0


def _table(result: dict[str, Any]) -> str:
    def row(name: object, values: dict[str, float | None]) -> str:
        cells = (values.get(c) for c in COLUMNS)
        texts = ("-" if v is None else f"{v:.3f}" for v in cells)
        return f"{name!s:>8}" + "".join(f"{t:>20}" for t in texts)

    lines = ["    seed" + "".join(f"{c:>20}" for c in COLUMNS)]
    lines += [row(member["seed"], member) for member in result["members"]]
    lines.append(row("floor", result["noise_floor"]))
    return "\n".join([*lines, f"{result['steps']} steps, {result['samples']} samples"])


if __name__ == "__main__":
    sys.exit(main())
