"""Indexes of training pictures for a server, each made in the background when first needed."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import torch

from ganplay.images.checkpoint import Card
from ganplay.images.evaluation.neighbours import NeighbourIndex, cache_folder, index_of
from ganplay.images.evaluation.training_images import MissingData

BUDGET = 2**28
"""Bytes that all indexes in memory may take, the one in use apart."""
RETRY_SECONDS = 60.0
"""What was missing is looked for again after that time."""
MOST_REST = 0.2
"""Seconds between two pieces of work; see `IndexCache._made`."""

_Key = tuple[str, int, tuple[int, int, int]]


class _Stopped(Exception):
    """The server ends."""


@dataclass
class _Work:
    future: "Future[NeighbourIndex]" = field(default_factory=Future)
    share: float = 0.0
    failed: float = math.inf


class IndexCache:
    """Indexes of training pictures, by what models learnt from.

    Args:
        roots: folders that hold data, see `training_images_of`.
        cache: where indexes are kept.
        budget: bytes that they may take in memory; the one used last stays in any case.
    """

    def __init__(
        self, roots: Sequence[Path] = (), cache: Path | None = None, budget: int = BUDGET
    ) -> None:
        self.budget = budget
        self._roots, self._cache = roots, cache or cache_folder()
        self._work: OrderedDict[_Key, _Work] = OrderedDict()
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._pool = ThreadPoolExecutor(
            1, "indexes", initializer=torch.set_num_threads, initargs=(1,)
        )

    def of(self, card: Card) -> NeighbourIndex | float:
        """The index for a model, or which share of it is made by now, in [0, 1].

        Raises:
            MissingData: if it cannot be made here.
        """
        key = (card.data.name, card.data.count, card.shape)
        with self._lock:
            work = self._work.get(key)
            if work is None or time.monotonic() - work.failed > RETRY_SECONDS:
                work = self._work[key] = _Work()
                work.future = self._pool.submit(self._made, card, work)
            self._work.move_to_end(key)
            if not work.future.done():
                return work.share
            index = work.future.result()
            self._forget()
            return index

    def _forget(self) -> None:
        """What was least used goes where memory is short."""
        done = {key: work.future for key, work in self._work.items() if work.future.done()}
        made = {k: f for k, f in done.items() if not (f.cancelled() or f.exception())}
        taken = {key: future.result().memory for key, future in made.items()}
        for key in [*taken][:-1]:
            if sum(taken.values()) <= self.budget:
                return
            del taken[key], self._work[key]

    def _made(self, card: Card, work: _Work) -> NeighbourIndex:
        last = time.monotonic()

        def tell(share: float) -> None:
            # It rests as long as it worked, so that visitors' pictures find a free core. (A lower
            # priority does harm: a thread that gets no core keeps Python's lock meanwhile.)
            nonlocal last
            work.share = share
            if self._ended.wait(min(time.monotonic() - last, MOST_REST)):
                raise _Stopped
            last = time.monotonic()

        try:
            return index_of(card, self._roots, self._cache, tell)
        except Exception as error:  # files of all kinds are read here
            work.failed = time.monotonic()
            if isinstance(error, MissingData):
                raise
            raise MissingData("unusable", f"{card.data.name}: {error}") from error

    def stop(self) -> None:
        """End what is being made."""
        self._ended.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
