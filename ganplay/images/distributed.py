"""Processes that train one model together, each on its part of every batch.

`torchrun` starts them; torch's DistributedDataParallel gives every process the mean gradient.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed, nn


@dataclass(frozen=True)
class ProcessGroup:
    """This process among those that train together."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    def wrap(self, module: nn.Module) -> nn.Module:
        """The module as it is called in training, so that gradients become those of all."""
        if self.size == 1:
            return module
        # Each keeps statistics of its own: they are called twice before a gradient is taken.
        return nn.parallel.DistributedDataParallel(module, broadcast_buffers=False)

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
