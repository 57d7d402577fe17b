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

from ganplay.cli import flags, train_data
from ganplay.common.devices import device_of, fastest_threads
from ganplay.gan.class_shares import weights_of
from ganplay.images.config import ImageConfig
from ganplay.images.data_record import DataRecord
from ganplay.images.datasets import DATASETS, ImageData
from ganplay.images.distributed import ProcessGroup, group
from ganplay.images.networks import ROLES, Network, Role, network_for
from ganplay.images.runs import Every, Run, tensorboard, train
from ganplay.images.trainer import ImageTrainer

MAX_STEPS = 10_000_000
SHOWN = ("d_loss", "g_loss", "d_real", "d_fake")


def add_train(parser: argparse.ArgumentParser) -> None:
    """The flags of the command."""
    add = parser.add_argument
    # One that names all settings would hide the error below it.
    parser.usage = "ganplay train --data NAME --out DIR [options] [settings]"
    add("--data", choices=list(DATASETS), help="data set")
    flags.add_places(parser)
    flags.add_size(parser)
    flags.add_integer(parser, "--count", 1, 10_000_000, "train on at most this many pictures")
    add("--out", type=Path, required=True, metavar="DIR", help="the run's folder")
    add("--resume", action="store_true", help="continue the run of that folder, if it has one")
    add("--allow-changed-data", action="store_true",
        help="continue although the pictures have changed")  # fmt: skip
    flags.add_integer(parser, "--steps", 0, MAX_STEPS, "steps of the whole run", 10_000)
    add("--config", type=Path, metavar="FILE", help="JSON file of settings")
    flags.add_device(parser)
    flags.add_integer(parser, "--threads", 1, 1024,
        "CPU threads per process (default: the fastest, measured at the start)")  # fmt: skip
    for role in ("generator", "discriminator"):
        add(f"--{role}", metavar="PACKAGE.MODULE:CLASS",
            help="a torch.nn.Module of yours in place of the model's; this imports it")  # fmt: skip
    every = Every()
    flags.add_integer(parser, "--log-every", 1, MAX_STEPS, "steps per line of the log", every.log)
    flags.add_integer(parser, "--sheet-every", 1, MAX_STEPS, "steps per sheet", every.sheet)
    flags.add_integer(parser, "--save-every", 1, MAX_STEPS, "steps per saved state", every.save)
    fields = dataclasses.fields(ImageConfig)
    flags.add_settings(parser, fields, {f.name: f.metadata["tip"] for f in fields})
    parser.set_defaults(run=_train, parser=parser)


def _train(options: argparse.Namespace) -> int:
    run = Run(options.out)
    resumed = run.state_path.exists()
    if resumed and not options.resume:
        flags.refuse(f"--out {options.out}: there is a run already; --resume continues it")
    with (
        flags.refusing(OSError, what=f"--out {options.out}"),
        flags.refusing(ValueError),
        group(device_of(options.device).type) as processes,
    ):
        return _run(options, run, processes, resumed)


def _run(options: argparse.Namespace, run: Run, processes: ProcessGroup, resumed: bool) -> int:
    config = ImageConfig.from_dict(_asked(options))
    chosen = {"name": options.data, "size": options.size, "count": options.count}
    if resumed:
        config, chosen = _resumed(options, run, config, chosen)
    if chosen["name"] is None:
        flags.refuse("--data: the name of a data set is needed")
    main = processes.rank == 0
    data = train_data.read(options, run, config, chosen, main=main)
    record = DataRecord.of(data)
    if resumed:
        chosen = train_data.check_unchanged(options, run, config, chosen, data, record)
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
    if main:
        about = {"names": data.names, "shape": data.images.shape, "pictures": len(data)}
        about |= {"class_counts": weights_of(data.labels, len(data.names))}
        about |= {"licence": data.licence, "how_to_get": data.how_to_get}
        about |= {"threads": threads, "code": version("ganplay")}
        about["networks"] = {role: net.model_dump() for role, net in networks.items()}
        run.describe(config, chosen | about)
        run.keep_record(record)
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
        flags.find_classes_here()
    for role in ROLES:
        asked, kept = getattr(options, role), chosen.get("networks", {}).get(role)
        own = kept and ":" in kept["model"]
        if kept and asked != (kept["model"] if own else None):
            flags.refuse(f"--{role} {kept['model']}: the resumed run has it" if own
                   else f"--{role}: the resumed run has ganplay's own")  # fmt: skip
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
    quiet = None if run else True
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


def _asked(options: argparse.Namespace) -> dict[str, Any]:
    """Settings by name: the file's, then the flags', as what comes later counts."""
    return (flags.read_config(options) if options.config else {}) | flags.settings_given(options)


def _resumed(
    options: argparse.Namespace, run: Run, config: ImageConfig, chosen: dict[str, Any]
) -> tuple[ImageConfig, dict[str, Any]]:
    """The settings and data of the run, which what was asked for must not contradict."""
    kept, about = run.description()
    pairs = {name: (getattr(kept, name), getattr(config, name)) for name in _asked(options)}
    pairs |= {name: (about[name], new) for name, new in chosen.items() if new is not None}
    for name, (old, new) in pairs.items():
        if old != new:
            flags.refuse(f"{name}: {new} is not possible; the resumed run has {old}")
    return kept, about
