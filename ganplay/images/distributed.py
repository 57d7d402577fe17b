"""Processes that train one model together, each on its part of every batch.

What DistributedDataParallel does, for gradients that are one flat tensor each: their mean over
all processes is one call. `torchrun` starts the processes.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed


@dataclass(frozen=True)
class ProcessGroup:
    """This process among those that train together."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    def mean(self, gradient: Tensor) -> Tensor:
        """The mean of a gradient over all processes; the same numbers in each."""
        distributed.all_reduce(gradient)
        return gradient.div_(self.size)

    def agree(self, stop: bool, device: torch.device) -> bool:
        """Whether any process wants to stop."""
        if self.size == 1:
            return stop
        wish = torch.tensor(float(stop), device=device)
        distributed.all_reduce(wish)
        return bool(wish)


ALONE = ProcessGroup()


@contextmanager
def group(device: str) -> Iterator[ProcessGroup]:
    """The processes that torchrun started, over NCCL on GPUs and gloo elsewhere; or this alone."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield ALONE
        return
    rank, size, local = (int(os.environ[k]) for k in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
    distributed.init_process_group("nccl" if device == "cuda" else "gloo")
    try:
        yield ProcessGroup(rank, size, local)
    finally:
        distributed.destroy_process_group()
