"""The state of an ensemble: how it begins, is copied, and is named in files.

The classes (`State`, `NetState`, ...) are in `step`, whose functions read and write them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils._pytree import tree_map

from ganplay.common.seeding import generator_of
from ganplay.toy.config import ToyConfig
from ganplay.toy.mlp import Mlp, split
from ganplay.toy.optimizers import Moments
from ganplay.toy.step import Batch, Hyperparameters, NetState, State, Structure

# Names in files and their parts, in the order of the fields of `Moments` and of `Batch`. Files of
# earlier versions have them, so they stay whatever the fields are called.
_MOMENTS = ("first", "second", "filled1", "filled2")
_BATCH = ("real", "z", "label", "mix", "jitter")
PENDING = "pending."
"""Begins the names of the tensors of a batch that D has learned from and G has not."""


def initial_state(
    structure: Structure, configs: Sequence[ToyConfig]
) -> tuple[State, Float[Tensor, "s columns"]]:
    """Fresh networks, one pair a configuration.

    Returns:
        The state; and the tensor whose columns are all of the state's `(s, 1)` tensors, so that
        they can be copied at once.
    """
    g = _initial_net(structure.generator, "generator", configs)
    d = _initial_net(structure.discriminator, "discriminator", configs)
    numbers = Hyperparameters.of(configs)
    zeros = torch.zeros(len(configs), 1)
    corrections = [c for m in (g.moments, d.moments) for c in m[2:]]
    columns = torch.cat([*numbers, *corrections, zeros], dim=1)
    *views, g1, g2, d1, d2, updates = columns.split(1, dim=1)
    g = g._replace(moments=Moments(*g.moments[:2], g1, g2))
    d = d._replace(moments=Moments(*d.moments[:2], d1, d2))
    return State(g, d, Hyperparameters(*views), updates, torch.ones_like(zeros)), columns


def _initial_net(mlp: Mlp, purpose: str, configs: Sequence[ToyConfig]) -> NetState:
    flat, buffers = mlp.initialise([generator_of(c.seed, purpose) for c in configs])
    weights, buffer_views = split(flat, mlp.shapes()), split(buffers, mlp.buffer_shapes())
    return NetState(flat, flat.clone(), Moments.zeros(flat), weights, buffer_views)


def copy_of(state: State, structure: Structure) -> State:
    """The state in memory of its own, with weights that are views of its own flat tensors."""
    copy: State = tree_map(torch.clone, state)
    nets = ((copy.g, structure.generator), (copy.d, structure.discriminator))
    g, d = (net._replace(weights=split(net.flat, mlp.shapes())) for net, mlp in nets)
    return copy._replace(g=g, d=d)


def named_tensors(state: State, structure: Structure) -> dict[str, Tensor]:
    """The state's own tensors that steps change, by their names in files."""
    named = {"updates": state.updates}
    for name, net in (("generator", state.g), ("discriminator", state.d)):
        named[f"{name}.parameters"] = net.flat
        moments = zip(_MOMENTS, net.moments, strict=True)
        named |= {f"{name}.moments.{moment}": tensor for moment, tensor in moments}
        named |= {f"{name}.buffers.{i}": b for i, b in enumerate(net.buffers)}
    if structure.ema:
        named["generator.average"] = state.g.average
    return named


def named_batch(batch: Batch) -> dict[str, Tensor]:
    """The tensors of a pending batch by their names in files."""
    pairs = zip(_BATCH, batch, strict=True)
    return {PENDING + name: tensor for name, tensor in pairs if tensor is not None}


def batch_of(tensors: Mapping[str, Tensor]) -> Batch | None:
    """The pending batch among named tensors; None if there is none."""
    fields: list[Any] = [tensors.get(PENDING + name) for name in _BATCH]
    return None if fields[0] is None else Batch(*fields)
