"""From ganplay's first format of checkpoints (flat weights) to today's, for the bundled four.

    python scripts/convert_checkpoint.py FOLDER...

It rewrites `model.safetensors` and `card.json` in place; nothing is trained, so the same seeds give
the same pictures.
"""

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from ganplay.images.checkpoint.card import Card
from ganplay.images.checkpoint.model import CARD, WEIGHTS, ImageModel
from ganplay.images.models.dcgan import DcganDiscriminator, DcganGenerator


def taken(flat: Tensor, shapes: list[tuple[int, ...]]) -> Iterator[Tensor]:
    """The tensors that lie one after the other in a flat one."""
    parts = flat.split([math.prod(shape) for shape in shapes])
    return iter([part.view(shape) for part, shape in zip(parts, shapes, strict=True)])


def generator_state(net: DcganGenerator, flat: Tensor, buffers: Tensor) -> dict[str, Tensor]:
    """The state of G: kernels (i, kh, kw, o), the output's bias, gain and bias of each norm."""
    new = dict(net.state_dict())
    kernels = [k for k in new if k.startswith("convs.") and k.endswith(".weight")]
    last_bias = kernels[-1].replace("weight", "bias")
    norms = [f"norms.{i}.{part}" for i in range(len(net.norms)) for part in ("weight", "bias")]
    first, *shapes = (tuple(new[k].shape) for k in ("first.weight", *kernels))
    parts = taken(flat, [first, *((i, 4, 4, o) for i, o, _, _ in shapes), new[last_bias].shape,
                         *(new[k].shape for k in norms)])  # fmt: skip
    found = {"first.weight": next(parts)}
    found |= {k: next(parts).permute(0, 3, 1, 2) for k in kernels}
    found |= {k: next(parts) for k in (last_bias, *norms)}
    kept = [k for k in new if "running" in k]
    parts = taken(buffers, [new[k].shape for k in kept])
    found |= {k: next(parts) for k in kept}
    # As many batches as the statistics were taken from.
    return found | {k: torch.tensor(16) for k in new if k.endswith("num_batches_tracked")}


def discriminator_state(
    net: DcganDiscriminator, flat: Tensor, buffers: Tensor
) -> dict[str, Tensor]:
    """The state of D: matrices, the last bias, biases, gains, and singular vectors."""
    new = net.state_dict()
    layers = [*(f"convs.{i}" for i in range(len(net.convs))), "last"]
    layers += ["labels"] if net.labels else []
    spectral = "last.parametrizations.weight.original" in new
    suffix = "parametrizations.weight.original" if spectral else "weight"
    matrices = [f"{layer}.{suffix}" for layer in layers]

    def old_shape(key: str) -> tuple[int, ...]:
        shape = tuple(new[key].shape)
        if len(shape) == 4:
            return shape[0], 4, 4, shape[1]
        return shape[::-1] if key.startswith("labels") else shape

    biases = [
        n if (n := f"convs.{i}.bias") in new else f"norms.{i}.bias" for i in range(len(net.convs))
    ]
    gains = [k for k in new if k.startswith("norms.") and k.endswith("weight")]
    rest = ["last.bias", *biases, *gains, *([k] if (k := "minibatch.weight") in new else [])]
    parts = taken(flat, [*map(old_shape, matrices), *(new[k].shape for k in rest)])
    found = {}
    for key in matrices:
        part = next(parts)
        found[key] = part.permute(0, 3, 1, 2) if part.dim() == 4 else part
        if key.startswith("labels"):
            found[key] = part.T
    found |= {k: next(parts) for k in rest}
    if spectral:
        sizes = [(s[0], math.prod(s[1:])) for s in map(old_shape, matrices)]
        parts = taken(buffers, [(side,) for pair in sizes for side in pair])
        for layer, key in zip(layers, matrices, strict=True):
            u, v = next(parts), next(parts)
            if new[key].dim() == 4:
                v = v.view(4, 4, -1).permute(2, 0, 1).flatten()
            place = f"{layer}.parametrizations.weight.0."
            found |= {f"{place}_u": v, f"{place}_v": u} if layer == "labels" else {
                f"{place}_u": u, f"{place}_v": v}  # fmt: skip
    return found


def checked(net: nn.Module, state: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """The state by the names of the file, once torch has taken it."""
    net.load_state_dict(state)
    return {f"{name}.{key}": tensor.contiguous() for key, tensor in state.items()}


def convert(folder: Path) -> None:
    """Rewrite one folder."""
    about = json.loads((folder / CARD).read_text())
    if about.get("version") != 1:
        raise SystemExit(f"{folder}: not of the first format")
    generator, discriminator = (DcganGenerator(**about["generator"]),
                                DcganDiscriminator(**about["discriminator"]))  # fmt: skip
    for role in ("generator", "discriminator"):
        about[role] = {"model": about["config"]["model"], "arguments": about[role]}
    about["named"] = [
        {"name": d["name"], "r_squared": d["told"]} if "told" in d else d for d in about["named"]
    ]
    old = load_file(folder / WEIGHTS)
    new = {n: old[n] for n in ("directions", "strengths", "named") if n in old}
    for place in ("generator", *(f"snapshots.{step}" for step in about["snapshots"])):
        parts = (old[f"{place}.{part}"] for part in ("parameters", "buffers"))
        new |= checked(generator, generator_state(generator, *parts), place)
    parts = (old[f"discriminator.{part}"] for part in ("parameters", "buffers"))
    new |= checked(discriminator, discriminator_state(discriminator, *parts), "discriminator")
    card = Card.from_json(json.dumps(about | {"version": 2}).encode())
    ImageModel(card, new).save_pretrained(folder)


if __name__ == "__main__":
    for given in sys.argv[1:]:
        convert(Path(given))
