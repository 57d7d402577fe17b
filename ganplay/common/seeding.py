"""Random generators by seed and purpose, so that every draw is a function of its names."""

import struct

import numpy as np
from jaxtyping import UInt8
from torch import Generator, Tensor

_WORDS = 624
_GENERATOR_STATE = struct.Struct(f"<QiiQ {8 * _WORDS}x ddd i4x f B3x")
"""torch's state of a generator on the CPU: seed, words left, seeded, next word, words, and two
places for a normal number that was drawn in advance, each with whether there is one."""


def generator_of(seed: int, purpose: str) -> Generator:
    """A generator of its own for each seed and purpose, so that no draw shifts another."""
    words = np.random.SeedSequence([seed, *purpose.encode()]).generate_state(1, np.uint64)
    return Generator().manual_seed(int(words[0] >> 1))


def is_generator_state(state: UInt8[Tensor, "state"]) -> bool:
    """Whether a generator may be given this state, where it comes from a file.

    torch itself takes states that make it read past the end of its memory.
    """
    if len(state) != _GENERATOR_STATE.size:
        return False
    _, left, seeded, following, *_, cached, _, cached_too = _GENERATOR_STATE.unpack(
        state.numpy().tobytes()
    )
    fresh = (left, following) == (1, 0)
    running = 1 <= left <= _WORDS and left + following == _WORDS + 1
    return seeded == 1 and (fresh or running) and cached in (0, 1) and cached_too in (0, 1)
