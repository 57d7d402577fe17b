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
    remembered: dict[str, dict[int, dict[str, Tensor]]] = {}
    for role, optimizer in parts.optimizers.items():
        (group,) = optimizer.param_groups
        keys = OPTIMIZERS[parts.kinds[role]].state
        # An optimiser that has not stepped remembers nothing.
        if not any(name.startswith(f"optimizer.{role}.") for name in tensors):
            keys = ()
        for i, parameter in enumerate(group["params"]):
            for key in keys:
                name = f"optimizer.{role}.{i}.{key}"
                shape = () if key == "step" else tuple(parameter.shape)
                expected[name] = shape, parameter.dtype
                if name in tensors:
                    own = (
                        tensors[name].clone() if key == "step" else _like(parameter, tensors[name])
                    )
                    remembered.setdefault(role, {}).setdefault(i, {})[key] = own
    _check(expected, tensors)
    for name, tensor in _of_modules(parts).items():
        tensor.copy_(tensors[name])
    for role, optimizer in parts.optimizers.items():
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": remembered.get(role, {}), "param_groups": groups})


def _like(parameter: Tensor, tensor: Tensor) -> Tensor:
    """A copy that lies in memory as the parameter does: fused optimisers go by the memory."""
    alike = tensor.shape == parameter.shape
    return torch.empty_like(parameter).copy_(tensor) if alike else tensor.clone()


def _check(expected: Mapping[str, tuple[Any, ...]], tensors: Mapping[str, Tensor]) -> None:
    if expected.keys() != tensors.keys():
        odd = min(expected.keys() ^ tensors.keys())
        raise ValueError(f"this state is of another kind of model ({odd[:80]})")
    for name, kind in expected.items():
        given = tuple(tensors[name].shape), tensors[name].dtype
        if given != kind:
            raise ValueError(f"{name} is {given[1]} {given[0]}, not {kind[1]} {kind[0]}")
