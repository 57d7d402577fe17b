"""`ganplay train`: an image model from a data set to a folder of results."""

import argparse
import dataclasses
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from ganplay.cli.flags import (
    add_settings,
    find_classes_here,
    integer,
    read_config,
    refuse,
    settings_given,
)
from ganplay.common.devices import device_of, fastest_threads
from ganplay.common.settings import ConfigError
from ganplay.images.config import ImageConfig
from ganplay.images.datasets import DATASETS, LARGEST, SMALLEST, DataError, ImageData, load
from ganplay.images.distributed import ProcessGroup, group
from ganplay.images.networks import ROLES, Network, Role, network_for
from ganplay.images.runs import Every, Run, RunError, tensorboard, train
from ganplay.images.trainer import ImageTrainer

MAX_STEPS = 10_000_000
SHOWN = ("d_loss", "g_loss", "d_real", "d_fake")


def add_train(parser: argparse.ArgumentParser) -> None:
    """The flags of the command."""
    add, steps = parser.add_argument, integer(1, MAX_STEPS)
    add("--data", choices=list(DATASETS), help="what to learn")
    add("--data-root", type=Path, action="append", default=[], metavar="DIR",
        help="; ".join(f"{name}: {source.root}" for name, source in DATASETS.items()))  # fmt: skip
    add("--size", type=integer(SMALLEST, LARGEST), metavar="PIXELS", help="side of the pictures")
    add("--count", type=integer(1, 10_000_000), metavar="N", help="learn at most so many pictures")
    add("--cache", type=Path, metavar="DIR", help="keep what was rendered in this folder")
    add("--out", type=Path, required=True, metavar="DIR", help="the run's folder")
    add("--resume", action="store_true", help="go on with the run of that folder, if it has one")
    add("--steps", type=integer(0, MAX_STEPS), default=10_000, metavar="N",
        help="steps of the whole run (default 10000)")  # fmt: skip
    add("--config", type=Path, metavar="FILE", help="JSON file of settings")
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="default auto")
    add(
        "--threads",
        type=integer(1, 1024),
        metavar="N",
        help="threads of each process on the CPU (default: what is fastest just now)",
    )
    for role in ("generator", "discriminator"):
        add(f"--{role}", metavar="PACKAGE.MODULE:CLASS",
            help="a torch.nn.Module of yours in place of the model's; this imports it")  # fmt: skip
    every = Every()
    add("--log-every", type=steps, default=every.log, metavar="N", help=f"default {every.log}")
    add("--sheet-every", type=steps, default=every.sheet, metavar="N",
        help=f"draw samples (default {every.sheet})")  # fmt: skip
    add("--save-every", type=steps, default=every.save, metavar="N",
        help=f"keep what a run goes on from (default {every.save})")  # fmt: skip
    fields = dataclasses.fields(ImageConfig)
    add_settings(parser, fields, {f.name: f.metadata["tip"] for f in fields})
    parser.set_defaults(run=_train, parser=parser)


def _train(options: argparse.Namespace) -> int:
    run = Run(options.out)
    resumed = run.state_path.exists()
    if resumed and not options.resume:
        refuse(options, f"--out {options.out}: there is a run already; --resume goes on with it")
    try:
        kind = device_of(options.device).type
        with group(kind) as processes:
            return _run(options, run, processes, resumed)
    except (ValueError, DataError, RunError) as error:
        refuse(options, str(error))
    except OSError as error:
        refuse(options, f"--out {options.out}: {error}")


def _run(options: argparse.Namespace, run: Run, processes: ProcessGroup, resumed: bool) -> int:
    config, chosen = _settings(options), _data(options)
    if resumed:
        config, chosen = _resumed(options, run, config, chosen)
    if chosen["name"] is None:
        refuse(options, "--data: the name of a data set is needed")
    data = load(
        chosen["name"], options.data_root, size=chosen["size"], count=chosen["count"],
        cache=options.cache,
    )  # fmt: skip
    device = device_of(options.device, processes.local_rank)
    networks = _networks(options, config, data, chosen)
    make = partial(
        ImageTrainer, config, data, networks["generator"], networks["discriminator"], device=device
    )
    # A run keeps its number: with another one sums end in other last digits.
    threads = options.threads or chosen.get("threads") or _threads(make, device)
    torch.set_num_threads(threads)
    trainer = make(group=processes)
    if resumed:
        run.restore(trainer)
    main = processes.rank == 0
    if main:
        about = {"names": data.names, "shape": data.images.shape, "pictures": len(data)}
        about |= {"licence": data.licence, "how_to_get": data.how_to_get}
        about |= {"threads": threads, "code": version("ganplay")}
        about["networks"] = {role: net.model_dump() for role, net in networks.items()}
        run.describe(config, chosen | about)
        run.trim_log(trainer.steps)
    return _loop(options, trainer, run if main else None, processes)


def _networks(
    options: argparse.Namespace, config: ImageConfig, data: ImageData, chosen: dict[str, Any]
) -> dict[Role, Network]:
    """Both networks; classes of somebody's own only if their flag names them just now."""
    _, channels, height, width = data.images.shape
    shape, classes = (channels, height, width), len(data.names) if config.conditional else 0
    made: dict[Role, Network] = {}
    if options.generator or options.discriminator:
        find_classes_here()
    for role in ROLES:
        asked, kept = getattr(options, role), chosen.get("networks", {}).get(role)
        own = kept and ":" in kept["model"]
        if kept and asked != (kept["model"] if own else None):
            refuse(options, f"--{role} {kept['model']}: the run that goes on has it" if own
                   else f"--{role}: the run that goes on has our own")  # fmt: skip
        made[role] = network_for(role, config, shape, classes, asked)
    return made


def _threads(make: Callable[[], ImageTrainer], device: torch.device) -> int:
    if device.type != "cpu" or torch.get_num_threads() == 1:
        return torch.get_num_threads()
    return fastest_threads(make().step)


def _loop(
    options: argparse.Namespace, trainer: ImageTrainer, run: Run | None, processes: ProcessGroup
) -> int:
    every = Every(options.log_every, options.sheet_every, options.save_every)
    board = tensorboard(options.out, trainer.steps) if run else None
    quiet = run is None or not sys.stderr.isatty()
    with (
        _signals() as received,
        tqdm(total=options.steps, initial=trainer.steps, unit="step", disable=quiet) as bar,
    ):

        def tell(done: int, figures: Mapping[str, float | None] | None) -> None:
            bar.update(done - bar.n)
            if figures and board:
                board(figures)
                texts = {n: f"{v:.3f}" for n in SHOWN if (v := figures[n]) is not None}
                bar.set_postfix(texts, refresh=False)

        def stopped() -> bool:
            return processes.agree(bool(received), trainer.device)

        stop = train(trainer, run, options.steps, every, tell, stopped)
    if run:
        state = "stopped and kept" if stop else "done"
        print(f"{state}: {trainer.steps} steps in {run.folder}", file=sys.stderr)
    return 128 + received[0] if received else 128 + signal.SIGINT if stop else 0


@contextmanager
def _signals() -> Iterator[list[int]]:
    """The signals that asked for an end; a second one is not waited with."""
    received: list[int] = []
    before: dict[int, Any] = {}

    def note(number: int, _: object) -> None:
        received.append(number)
        signal.signal(number, before[number])

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, note)
    try:
        yield received
    finally:
        for changed, handler in before.items():
            signal.signal(changed, handler)


def _settings(options: argparse.Namespace) -> ImageConfig:
    """File, then flags: what comes later counts."""
    settings = read_config(options) if options.config else {}
    try:
        return ImageConfig.from_dict(settings | settings_given(options))
    except ConfigError as error:
        refuse(options, str(error))


def _data(options: argparse.Namespace) -> dict[str, Any]:
    return {"name": options.data, "size": options.size, "count": options.count}


def _resumed(
    options: argparse.Namespace, run: Run, config: ImageConfig, chosen: dict[str, Any]
) -> tuple[ImageConfig, dict[str, Any]]:
    """The settings and data of the run, which what was asked for must not contradict."""
    kept, about = run.description()
    asked = read_config(options) if options.config else {}
    asked |= settings_given(options)
    for name in asked:
        old, new = getattr(kept, name), getattr(config, name)
        if old != new:
            refuse(options, f"{name}: {new} is not possible; the run that goes on has {old}")
    for name, new in chosen.items():
        old = about[name]
        if new is not None and new != old:
            refuse(options, f"{name}: {new} is not possible; the run that goes on has {old}")
    return kept, about
