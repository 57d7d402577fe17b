"""Which classes samples of a conditional model have when they are compared with data.

Real data have their own share p(y) of each class. Fakes that are held against them must have the
same shares: else even a perfect G stands away from the data. Training needs none of this, as fakes
take the labels of the real batch that they are trained with.
"""

import math
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor


@lru_cache(maxsize=64)
def labels_in_shares(weights: tuple[int, ...], n: int) -> Int[Tensor, "n"]:
    """Labels of n samples, each next one of the class that is furthest behind its share.

    After any number m of labels, class k has fewer than `m w_k / sum(w) + 1` of them, so every
    beginning of the sequence has the shares too. Equal weights give 0, 1, 2, ..., 0, 1, 2, ...
    Between classes that are equally far behind, the lower number comes first.

    Args:
        weights: of each class, in proportion to its share, such as counts of real samples; at
            least 0, and not all 0.
        n: how many labels.

    Returns:
        A tensor that is shared between callers and must not be written to.

    Raises:
        ValueError: if the weights are not possible.
    """
    if not weights or min(weights) < 0 or not any(weights):
        raise ValueError(f"weights {weights}: at least 0 and not all 0 are needed")
    # After as many labels as the smallest whole weights add up to, no class is behind: from
    # there on the sequence repeats.
    least = np.array(weights, np.int64) // math.gcd(*weights)
    total = int(least.sum())
    behind, chosen = np.zeros_like(least), np.empty(min(n, total), np.int64)
    for i in range(len(chosen)):
        behind += least
        chosen[i] = behind.argmax()
        behind[chosen[i]] -= total
    return torch.from_numpy(np.resize(chosen, n))


def equal_weights(classes: int) -> tuple[int, ...]:
    """Weights of classes that are equally frequent."""
    return (1,) * classes


def weights_of(labels: Int[Tensor, "n"], classes: int) -> tuple[int, ...]:
    """Weights of the classes in some data: how often each label occurs."""
    return tuple(labels.bincount(minlength=classes).tolist())
