"""What the inside of a trained net looks like: units' responses, weights, noise as a plane.

For the first member of a trainer. D's units respond to places on the plane of the data, G's to
places on the plane of noise.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.toy.trainer import ToyTrainer

SHOWN = 12
"""Units of a layer, and inputs, that are shown at once."""
SIDE = 16
"""Cells along a side of a shown unit's small map."""
NETS = ("d", "g")


@dataclass(frozen=True)
class NetworkInspection:
    """The shown units of both nets, D first, each net from its first hidden layer on.

    Attributes:
        maps: each unit's output over its plane (rows upwards), relative to its own largest.
        weights: the matrices between what is shown, row by row, each relative to the largest
            weight of the whole matrix.
    """

    maps: Float[Tensor, "units cells cells"]
    weights: Float[Tensor, "n"]


def noise_ticks(kind: str, count: int) -> Float[Tensor, "count"]:
    """Values of one number of the noise that cut it into equally likely parts, from 1 to 99 %."""
    level = torch.linspace(0.01, 0.99, count)
    return math.sqrt(2) * torch.erfinv(2 * level - 1) if kind == "gaussian" else 2 * level - 1


def noise_reach(kind: str) -> float:
    """Half the side of the square in which the plane of noise is shown."""
    return 2.5 if kind == "gaussian" else 1.0


def plane(cells: int, reach: float) -> Float[Tensor, "2 n"]:
    """Middles of the cells of a square, features first, row by row and upwards."""
    ticks = ((torch.arange(cells) + 0.5) * (2 / cells) - 1) * reach
    y, x = torch.meshgrid(ticks, ticks, indexing="ij")
    return torch.stack([x, y]).view(2, -1)


def responses(
    trainer: ToyTrainer, net: str, cells: int, label: int, directions: Float[Tensor, "z 2"]
) -> list[Float[Tensor, "width n"]]:
    """What each hidden layer puts out at every cell of its net's plane.

    Args:
        trainer: whose first member is looked at.
        net: "d" or "g".
        cells: along a side.
        label: the class that is asked for, where there are classes.
        directions: the plane through the space of noise on which G is looked at.
    """
    config = trainer.configs[0]
    if net == "d":
        x = plane(cells, trainer.distribution().extent)
    else:
        x = directions @ plane(cells, noise_reach(config.noise))
    inputs, hot = x.expand(len(trainer), -1, -1), trainer.labels(x.shape[1], label)
    return [layer[0] for layer in trainer.hidden(net, inputs, hot)]


def insides(
    trainer: ToyTrainer, first: int, label: int, directions: Float[Tensor, "z 2"]
) -> NetworkInspection:
    """The units from `first` on (as far as a layer has them) and the weights between them."""
    maps, weights = [torch.empty(0, SIDE, SIDE)], []
    for net in NETS:
        layers = responses(trainer, net, SIDE, label, directions)
        maps += [
            _relative(layer[shown(len(layer), first)]).view(-1, SIDE, SIDE) for layer in layers
        ]
        matrices = [m[0] for m in trainer.matrices(net)]
        for i, matrix in enumerate(matrices):
            columns = shown(matrix.shape[1] if not i else len(layers[i - 1]), first if i else 0)
            rows = shown(matrix.shape[0], first if i < len(layers) else 0)
            largest = matrix.abs().max().clamp_min(1e-12)
            weights.append((matrix[rows, columns] / largest).flatten())
    return NetworkInspection(torch.cat(maps), torch.cat(weights))


def shown(size: int, first: int) -> slice:
    """The part of a layer of some size that is shown: always as many units as it can be."""
    first = max(0, min(first, size - SHOWN))
    return slice(first, min(first + SHOWN, size))


def unit(
    trainer: ToyTrainer,
    of: tuple[str, int, int],
    cells: int,
    label: int,
    directions: Float[Tensor, "z 2"],
) -> tuple[Float[Tensor, "cells cells"], float]:
    """A single unit over its plane, relative to its largest output, and that output.

    `of` is net, layer and index; beyond the last there is nothing.
    """
    net, layer, index = of
    layers = responses(trainer, net, cells, label, directions)
    if layer >= len(layers) or index >= len(layers[layer]):
        return torch.empty(0, 0), 0.0
    values = layers[layer][index : index + 1]
    return _relative(values).view(cells, cells), float(values.abs().max())


def _relative(values: Float[Tensor, "units n"]) -> Float[Tensor, "units n"]:
    return values / values.abs().amax(1, keepdim=True).clamp_min(1e-12)
