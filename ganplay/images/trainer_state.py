"""All that a training goes on from, as tensors by name: `state_dict`s of modules and optimisers.

generator.KEY, discriminator.KEY            the modules' own
average.KEY                                 of torch's AveragedModel
optimizer.ROLE.PARAMETER.KEY                what an optimiser remembers of each parameter
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn, optim

from ganplay.images.optimizers import OPTIMIZERS


class Parts(NamedTuple):
    """What a state is of, by role; `kinds` are the optimisers' names in OPTIMIZERS."""

    modules: Mapping[str, nn.Module]
    optimizers: Mapping[Any, optim.Optimizer]
    kinds: Mapping[str, str]


def tensors_of(parts: Parts) -> dict[str, Tensor]:
    """All tensors, which are the parts' own memory."""
    named = _of_modules(parts)
    for role, optimizer in parts.optimizers.items():
        for i, state in optimizer.state_dict()["state"].items():
            named |= {f"optimizer.{role}.{i}.{k}": t for k, t in state.items() if t is not None}
    return named


def _of_modules(parts: Parts) -> dict[str, Tensor]:
    return {
        f"{role}.{key}": tensor
        for role, module in parts.modules.items()
        for key, tensor in module.state_dict().items()
    }


def restore(parts: Parts, tensors: Mapping[str, Tensor]) -> None:
    """Take up a state; nothing is changed by one that does not fit.

    Raises:
        ValueError: naming what does not fit.
    """
    expected = {n: (tuple(t.shape), t.dtype) for n, t in _of_modules(parts).items()}
    states: dict[str, dict[int, dict[str, Tensor]]] = {role: {} for role in parts.optimizers}
    for role, optimizer in parts.optimizers.items():
        # An optimiser that has not stepped remembers nothing.
        stepped = any(name.startswith(f"optimizer.{role}.") for name in tensors)
        keys = OPTIMIZERS[parts.kinds[role]].state if stepped else ()
        for i, parameter in enumerate(optimizer.param_groups[0]["params"]):
            for key in keys:
                # It lies in memory as the parameter does: fused optimisers go by the memory.
                one = torch.empty_like(parameter)
                one = torch.empty((), dtype=one.dtype) if key == "step" else one
                states[role].setdefault(i, {})[key] = one
                expected[f"optimizer.{role}.{i}.{key}"] = tuple(one.shape), one.dtype
    _check(expected, tensors)
    for name, tensor in _of_modules(parts).items():
        tensor.copy_(tensors[name])
    for role, optimizer in parts.optimizers.items():
        for i, state in states[role].items():
            for key, tensor in state.items():
                tensor.copy_(tensors[f"optimizer.{role}.{i}.{key}"])
        optimizer.load_state_dict(optimizer.state_dict() | {"state": states[role]})


def _check(expected: Mapping[str, tuple[Any, ...]], tensors: Mapping[str, Tensor]) -> None:
    if expected.keys() != tensors.keys():
        odd = min(expected.keys() ^ tensors.keys())
        raise ValueError(f"this state is of another kind of model ({odd[:80]})")
    for name, kind in expected.items():
        given = tuple(tensors[name].shape), tensors[name].dtype
        if given != kind:
            raise ValueError(f"{name} is {given[1]} {given[0]}, not {kind[1]} {kind[0]}")
