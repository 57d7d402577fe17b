"""Devices, precision and threads: what this machine has and what is fastest on it."""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median
from typing import Any

import torch


@contextmanager
def threads_of_torch(count: int) -> Iterator[None]:
    """Let torch's operations use so many threads here; small ones are fastest with one."""
    before = torch.get_num_threads()
    if before != count:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        if before != count:
            torch.set_num_threads(before)


def device_of(name: str, local_rank: int = 0) -> torch.device:
    """The device of a name (auto, cpu, cuda, mps); auto is the fastest that there is.

    Raises:
        ValueError: if this machine has no such device.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next((kind for kind, found in there.items() if found), "cpu")
    if not there.get(name, True):
        raise ValueError(f"device {name}: torch finds none here")
    return torch.device(name, local_rank) if name == "cuda" else torch.device(name)


def half_is_fast(device: torch.device) -> bool:
    """Whether convolutions in bfloat16 are faster there than in float32."""
    if device.type == "cpu":
        # Older versions of torch cannot tell.
        can: Mapping[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
        return bool(can.get("avx512_bf16") or can.get("amx_bf16"))
    return device.type == "cuda"


def fastest_threads(step: Callable[[], object], rounds: int = 3) -> int:
    """How many threads a step is fastest with just now: all that torch would use, or one.

    On a machine that is busy with other things many threads wait for each other, and are slower
    than one, sometimes many times over.

    Args:
        step: is called some dozen times.
        rounds: how often each is timed.
    """
    most = torch.get_num_threads()
    seconds: dict[int, list[float]] = {1: [], most: []}
    try:
        for _ in range(rounds if most > 1 else 0):
            for count, spent in seconds.items():
                torch.set_num_threads(count)
                step()  # gets its memory
                start = time.perf_counter()
                step()
                step()
                spent.append(time.perf_counter() - start)
    finally:
        torch.set_num_threads(most)
    if most == 1:
        return 1
    # One is steadier: others may become busy later.
    return most if 1.2 * median(seconds[most]) < median(seconds[1]) else 1


def out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out: Python's, the GPU's, or torch's, which has no class of its own."""
    named = isinstance(error, MemoryError | torch.OutOfMemoryError)
    return named or (isinstance(error, RuntimeError) and "memory" in str(error))


def threads(count: int, name: str) -> ThreadPoolExecutor:
    """Threads that compute, each with one thread of torch: small tensors are fastest so."""
    return ThreadPoolExecutor(count, name, initializer=torch.set_num_threads, initargs=(1,))
