"""GANs of one structure that take steps together, each as if it were alone.

Every one keeps its own state. For some steps their states are laid side by side, stepped as one
batch and put back, so that anybody may join, leave or be changed in between. That is only done
where it gives the very same numbers: for each structure it is tried out first, in the background,
bit by bit against networks on their own. What is drawn of them is computed likewise, of all that
want the same to be seen; there the last digits may differ.
"""

import logging
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeVar

import torch
from torch import Tensor

from ganplay.live.render import RenderedView, RenderInputs, RenderOptions, render_all
from ganplay.toy.captured_function import CapturedFunction
from ganplay.toy.config import ToyConfig
from ganplay.toy.ensemble import Ensemble, PlannedUpdate
from ganplay.toy.step import Batch
from ganplay.toy.trainer import fitting_together, shape_of

logger = logging.getLogger(__name__)

T = TypeVar("T")

SIZES = (32, 16, 8, 7, 6, 5, 4, 3)
"""Not all, because steps are captured for each; from eight on more save little."""
SPILL = 2
"""Networks that step together, over those that fit the cache: so many do no worse than apart."""
FILLED = 0.75
"""Share of a batch that must be rendered; with fewer its empty places cost more than it saves."""
TRIAL_STEPS = 8
"""Steps that are compared before a structure's networks are stepped together."""
MAX_KEYS, MAX_BATCHES = 64, 24
"""Batch keys that are remembered; batches, and captured functions of each, that a thread keeps."""


class SessionBatch:
    """Room for the states of so many networks side by side, and the captured steps for them."""

    def __init__(self, config: ToyConfig, size: int) -> None:
        """Of the structure of a configuration."""
        self.size = size
        self._joint = Ensemble([config] * size, use_capture=True)
        self._joint.warm_up()
        apart = [t.split(1) for t in _tensors(self._joint)]
        self._rows = [list(rows) for rows in zip(*apart, strict=True)]
        self._function_for = lru_cache(MAX_BATCHES)(
            lambda counts: CapturedFunction[RenderInputs, RenderedView](render_all)
        )

    def step(self, ensembles: Sequence[Ensemble], count: int) -> list[bool | Exception]:
        """Take `count` steps of ensembles of one, of as many as there is room for.

        If that fails, each takes them alone, on the same batches.

        Returns:
            Whether all parameters of each are finite numbers, or why it cannot go on.
        """
        drawn = [ensemble.draw(count) for ensemble in ensembles]
        try:
            return self._step(ensembles, drawn, count)
        except Exception:
            logger.exception("networks could not step together")
        pairs = zip(ensembles, drawn, strict=True)
        return [_alone(ensemble, updates, count) for ensemble, updates in pairs]

    def _step(
        self, ensembles: Sequence[Ensemble], drawn: Sequence[Sequence[PlannedUpdate]], count: int
    ) -> list[bool | Exception]:
        own, joint = self._admit(ensembles), self._joint
        joint.updates = {"d": 0, "g": 0}
        joint.take([_update(each) for each in zip(*drawn, strict=True)], count)
        _copy(own, self._rows)
        for ensemble, seen in zip(ensembles, joint.last_of_each(), strict=True):
            ensemble.adopt_steps(joint.updates, seen, count)
        return [*joint.finite()]

    def render_one(
        self, ensembles: Sequence[Ensemble], places: Sequence[RenderInputs], counts: RenderOptions
    ) -> list[RenderedView] | None:
        """Look at ensembles of one, at each in its places; None if they are to be looked at alone.

        The figures are those of each alone but for rounding.

        Args:
            ensembles: as for `step`, or fewer; the last one fills the room.
            places: a place that one of them has all must have.
            counts: that they have in common.
        """
        joint = self._joint
        if joint.structure.discriminator.minibatch != "none":
            return None  # D looks at a batch of its own data
        joint.last = {"d": {}, "g": {}}
        for net in joint.last if counts.bins else ():  # the graph shows the last gradients
            name = f"gradient_{net}"
            if not all(name in ensemble.last[net] for ensemble in ensembles):
                return None
            gradients = [ensemble.last[net][name] for ensemble in ensembles]
            joint.last[net] = {name: torch.cat(self._full(gradients))}
        self._admit(self._full(ensembles))
        joined = RenderInputs(*_side_by_side(self._full(places)))
        seen = self._function_for(counts)(joint, joined, counts)
        each = zip(*(t.unbind(0) for t in seen), strict=True)
        return [RenderedView(*one) for _, one in zip(ensembles, each, strict=False)]

    def _admit(self, ensembles: Sequence[Ensemble]) -> list[list[Tensor]]:
        """Lay states side by side, and give those that they are."""
        own = [_tensors(ensemble) for ensemble in ensembles]
        _copy(self._rows, own)
        return own

    def _full(self, given: Sequence[T]) -> list[T]:
        return [*given, *[given[-1]] * (self.size - len(given))]


def _alone(ensemble: Ensemble, drawn: Sequence[PlannedUpdate], count: int) -> bool | Exception:
    try:
        ensemble.take(drawn, count)
    except Exception as error:
        return error
    return all(ensemble.finite())


def _tensors(ensemble: Ensemble) -> list[Tensor]:
    """All that steps read and write."""
    tensors, state = [ensemble.columns], ensemble.state
    for net in (state.g, state.d):
        tensors += [net.flat, net.moments.first, net.moments.second, *net.buffers]
    if ensemble.structure.ema:
        tensors.append(state.g.average)
    return tensors


def _copy(to: Sequence[Sequence[Tensor]], source: Sequence[Sequence[Tensor]]) -> None:
    with torch.no_grad():
        torch._foreach_copy_([t for row in to for t in row], [t for row in source for t in row])


def _update(each: Sequence[PlannedUpdate]) -> PlannedUpdate:
    """The same update of several networks as one."""
    parts, batches = zip(*each, strict=True)
    return parts[0], Batch(*_side_by_side(batches))


def _side_by_side(rows: Sequence[Sequence[Tensor | None]]) -> list[Any]:
    """Tensors of several networks as such of all."""
    columns: Iterator[Any] = zip(*rows, strict=True)
    return [None if column[0] is None else torch.cat(column) for column in columns]


def _agree(config: ToyConfig, size: int) -> bool:
    """Whether networks get the very same numbers in a batch as alone; never raises."""
    try:
        return _compared(config, size)
    except Exception:
        logger.exception("networks could not be tried out in a batch")
        return False


def _compared(config: ToyConfig, size: int) -> bool:
    session_batch = SessionBatch(config, size)
    configs = [replace(config, seed=i) for i in range(size)]
    alone, among = ([Ensemble([c], use_capture=True) for c in configs] for _ in range(2))
    for ensemble in alone:
        ensemble.warm_up()
        ensemble.step(TRIAL_STEPS, "both")
    session_batch.step(among, TRIAL_STEPS)
    pairs = zip(alone, among, strict=True)
    return all(
        a.equal(b)
        for one, other in pairs
        for a, b in zip(_tensors(one), _tensors(other), strict=True)
    )


def _largest(most: int) -> int:
    """The largest size of a batch within a bound; 1 if there is none."""
    return next((size for size in SIZES if size <= most), 1)


class BatchKey:
    """A shape of networks, and the sizes of batch that they do well in."""

    def __init__(self, config: ToyConfig) -> None:
        self._config = config
        self._most = SPILL * fitting_together(config)
        self._trials: dict[int, Future[bool]] = {}

    def size(self, there: int) -> int:
        """The size of batch for some of as many as may step together just now; 1 for each alone.

        They are split evenly. What has not been tried out yet is, in the background.
        """
        groups = math.ceil(there / _largest(min(there, self._most)))
        size = _largest(math.ceil(there / groups))
        if size > 1 and size not in self._trials:
            self._trials[size] = _TRIALS.submit(_agree, self._config, size)
        done = (n for n in SIZES if n <= size and n in self._trials and self._trials[n].done())
        return next((n for n in done if self._trials[n].result()), 1)

    @property
    def pending(self) -> int:
        """Sizes that are being tried out."""
        return sum(not trial.done() for trial in list(self._trials.values()))

    def session_batch(self, size: int) -> SessionBatch:
        """An empty batch of that size."""
        return SessionBatch(self._config, size)


_TRIALS = ThreadPoolExecutor(1, "batch-trial", torch.set_num_threads, (1,))
_KEYS: OrderedDict[Hashable, BatchKey] = OrderedDict()
_LOCK = threading.Lock()


def batch_key_of(config: ToyConfig) -> BatchKey:
    """The key of a configuration's networks: the same object for all that may step together."""
    shape = shape_of(config)
    with _LOCK:
        key = _KEYS.pop(shape, None) or BatchKey(config)
        _KEYS[shape] = key
        while len(_KEYS) > MAX_KEYS:
            _KEYS.popitem(last=False)
    return key


def pending() -> int:
    """Trials of all keys that are still to end."""
    with _LOCK:
        return sum(key.pending for key in _KEYS.values())


BatchCache = Callable[[BatchKey, int], SessionBatch]


def batch_cache() -> BatchCache:
    """For one thread: `cache(key, size)` is a batch to be used for one group after the other.

    Of many, those that were used last are kept.
    """
    return lru_cache(MAX_BATCHES)(BatchKey.session_batch)
