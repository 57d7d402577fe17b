"""Runs on disk: a folder with everything that training an image model gives, and the loop.

    run.json            settings and data
    pictures.tsv        which pictures are learnt from, see `data_record`
    state.safetensors   all that training goes on from
    log.jsonl           a line of figures every so often
    samples/            sheets of pictures, always from the same seeds
    snapshots/          the averaged G at logarithmic steps, in half precision

Every file is written whole or not at all, and what belongs to a step before that step's state. So
a run may be killed at any moment; taken up again it repeats what came after its last state, to
the same numbers.
"""

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ganplay.common.files import write_whole
from ganplay.common.safe_tensors import half
from ganplay.gan.record import PER_MEMBER, StepRecord
from ganplay.images.config import ImageConfig
from ganplay.images.data_record import DataRecord
from ganplay.images.trainer import ImageTrainer
from ganplay.media.contact_sheet import png, sheet_of

FORMAT = "ganplay run"


class RunError(ValueError):
    """A folder that cannot be used, or a run that cannot go on, with words on why."""


def is_snapshot_step(step: int) -> bool:
    """Whether G is kept at this step: 0, 10, 30, 100, 300, 1000 and so on."""
    power = 10 ** int(math.log10(max(step, 1)) + 1e-9)
    return step == 0 or (step >= 10 and step in (power, 3 * power))


@dataclass(frozen=True)
class Every:
    """After how many steps each thing is done."""

    log: int = 50
    sheet: int = 500
    save: int = 500


class Run:
    """The folder of a run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state_path, self.log_path = folder / "state.safetensors", folder / "log.jsonl"
        self.record_path = folder / "pictures.tsv"

    def describe(self, config: ImageConfig, data: Mapping[str, Any]) -> None:
        """Write down settings and data."""
        about = {"format": FORMAT, "data": dict(data), "config": config.to_dict()}
        text = json.dumps(about, indent=2, ensure_ascii=False)
        write_whole(self.folder / "run.json", text.encode())

    def description(self) -> tuple[ImageConfig, dict[str, Any]]:
        """The settings and data of a run.

        Raises:
            RunError: if there are none that can be used.
        """
        path = self.folder / "run.json"
        try:
            about = json.loads(path.read_text(encoding="utf-8"))
            return ImageConfig.from_dict(about["config"]), dict(about["data"])
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise RunError(f"{path}: {error}") from error

    def keep_record(self, record: DataRecord) -> None:
        """Write down which pictures are learnt from."""
        write_whole(self.record_path, record.to_bytes())

    def data_changes(self, record: DataRecord) -> list[str]:
        """How pictures differ from those that the run has learnt from, in words.

        Nothing if they do not, and of a run that has kept no record.

        Raises:
            RunError: if its record cannot be read.
        """
        try:
            content = self.record_path.read_bytes()
            return DataRecord.from_bytes(content).changes(record)
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise RunError(
                f"{self.record_path}: {error}; without this file nothing is compared"
            ) from error

    def save(self, trainer: ImageTrainer) -> None:
        """Keep all that training goes on from."""
        tensors = {name: t.detach().cpu().contiguous() for name, t in trainer.tensors().items()}
        metadata = {FORMAT: json.dumps(trainer.counters())}
        write_whole(self.state_path, save(tensors, metadata))

    def restore(self, trainer: ImageTrainer) -> None:
        """Go on where the last state was kept.

        Raises:
            RunError: if the state is not that of such a trainer.
        """
        try:
            trainer.restore(*self.state())
        except (ValueError, KeyError) as error:
            raise RunError(f"{self.state_path}: {error}") from error

    def state(self) -> tuple[dict[str, Tensor], dict[str, int]]:
        """The tensors and the counters that a trainer gave when its state was last kept.

        Raises:
            RunError: if there is nothing that can be used.
        """
        try:
            with safe_open(self.state_path, framework="pt") as file:
                counters = json.loads(file.metadata()[FORMAT])
                return {name: file.get_tensor(name) for name in file.keys()}, counters  # noqa: SIM118
        except (OSError, SafetensorError, ValueError, TypeError, KeyError) as error:
            raise RunError(f"{self.state_path}: {error}") from error

    def trim_log(self, steps: int) -> None:
        """Forget lines of later steps, which will be written again, and broken ones."""
        lines = self.log_path.read_text().splitlines() if self.log_path.exists() else []
        kept = [line for line in lines if _step(line) <= steps]
        write_whole(self.log_path, "".join(f"{line}\n" for line in kept).encode())

    def log(self, figures: Mapping[str, float | None]) -> None:
        """Add a line."""
        with self.log_path.open("a") as file:
            file.write(json.dumps(figures) + "\n")

    def sheet(self, trainer: ImageTrainer) -> None:
        """Draw what G makes of the same seeds as ever, a class in each column."""
        content = png(sheet_of(trainer.sample, trainer.classes), optimize=False)
        write_whole(self.folder / "samples" / f"{trainer.steps:07}.png", content)

    def snapshot(self, trainer: ImageTrainer) -> None:
        """Keep the `state_dict` of the averaged G in half precision."""
        tensors = half(trainer.sampled_generator().state_dict())
        write_whole(self.snapshot_path(trainer.steps), save(tensors, {"step": str(trainer.steps)}))

    def snapshot_path(self, step: int) -> Path:
        """Where the G of this step is."""
        return self.folder / "snapshots" / f"{step:07}.safetensors"

    def snapshots(self) -> list[int]:
        """Steps whose G was kept."""
        found = (self.folder / "snapshots").glob("[0-9]*.safetensors")
        return sorted(int(path.stem) for path in found)


def _step(line: str) -> float:
    try:
        return json.loads(line)["step"]
    except (ValueError, KeyError, TypeError):
        return math.inf


def figures_of(record: StepRecord) -> dict[str, float | None]:
    """A record of one member as plain figures, fit for JSON (NaN as None)."""
    values = {f.name: getattr(record, f.name) for f in fields(record) if f.name != "finite"}
    for name in PER_MEMBER & values.keys():
        value = float(values[name])
        values[name] = round(value, 6) if math.isfinite(value) else None
    return values


def train(
    trainer: ImageTrainer,
    run: Run | None,
    steps: int,
    every: Every,
    tell: Callable[[int, Mapping[str, float | None] | None], None],
    stopped: Callable[[], bool],
) -> bool:
    """Train until so many steps were done since the start.

    Args:
        trainer: what to train.
        run: where to keep what comes of it; None keeps nothing (another process does).
        steps: how many steps the run shall have in all.
        every: after how many steps each thing is done.
        tell: called after each step with the steps so far, and the figures where they are logged.
        stopped: asked after each step; True ends the training, which is kept.

    Returns:
        Whether it was ended by `stopped`.

    Raises:
        RunError: if the numbers are no longer finite; what was kept last stays.
    """
    if run and trainer.steps == 0:
        run.snapshot(trainer)
    began, before = time.monotonic(), trainer.steps
    stop = False
    while trainer.steps < steps and not stop:
        record = trainer.step()
        done = trainer.steps
        stop = stopped()
        last = stop or done == steps
        figures = None
        logged = done % every.log == 0 or last
        if (logged or done % every.save == 0) and not bool(record.finite):
            raise RunError(f"the numbers are no longer finite at step {done}")
        if logged:
            figures = figures_of(record)
            if run:
                rate = (done - before) * trainer.config.batch_size / (time.monotonic() - began)
                run.log(figures | {"images_per_second": round(rate, 1)})
        if run:
            _keep(trainer, run, every, last, done == steps)
        tell(done, figures)
    return stop


def _keep(trainer: ImageTrainer, run: Run, every: Every, last: bool, finished: bool) -> None:
    done = trainer.steps
    if is_snapshot_step(done) or finished:
        run.snapshot(trainer)
    if done % every.sheet == 0 or last:
        run.sheet(trainer)
    if done % every.save == 0 or last:
        run.save(trainer)


def tensorboard(folder: Path, steps: int) -> Callable[[Mapping[str, float | None]], None]:
    """Writes figures for TensorBoard too, where that is installed; else nothing."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return lambda figures: None
    writer = SummaryWriter(str(folder / "tensorboard"), purge_step=steps)

    def write(figures: Mapping[str, float | None]) -> None:
        for name, value in figures.items():
            if value is not None and name != "step":
                writer.add_scalar(name, value, int(figures["step"] or 0))
        writer.flush()

    return write
