"""Multilayer perceptrons, S at once: every weight carries a leading axis `s`, one net a member.

Samples are the last axis, `(s, d, b)`: toys have very few inputs and outputs, and a batched matrix
product is much faster if its long axis is contiguous.
An `Mlp` describes an architecture and has no weights. Those are passed in as a list of tensors,
which are views of one flat `(s, p)` tensor, so that an optimiser step is a handful of operations.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Generator, Tensor, nn

from ganplay.toy import layers
from ganplay.toy.layers import KERNEL_SIZE, KERNELS


def split(flat: Float[Tensor, "s p"], shapes: Sequence[tuple[int, ...]]) -> list[Tensor]:
    """Views (s, *shape) of a flat tensor that share its memory."""
    parts = flat.split([math.prod(shape) for shape in shapes], dim=1)
    return [part.view(-1, *shape) for part, shape in zip(parts, shapes, strict=True)]


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    # In place where autograd needs only the result; the input is not used again.
    "relu": torch.relu_,
    "leaky_relu": lambda x: F.leaky_relu_(x, 0.2),
    "tanh": torch.tanh_,
    # Written out: older torch records another formula for F.silu's gradient than it executes.
    "silu": lambda x: x * x.sigmoid(),
    "sine": torch.sin,
}


INITS: dict[str, Callable[[Tensor, Generator], object]] = {
    # "default" is what torch.nn.Linear does by itself, biases included; "normal" has DCGAN's
    # standard deviation of 0.02; the others are torch.nn.init's, for the gain of a ReLU.
    "default": lambda w, g: nn.init.kaiming_uniform_(w, a=math.sqrt(5), generator=g),
    "kaiming_uniform": lambda w, g: nn.init.kaiming_uniform_(w, nonlinearity="relu", generator=g),
    "kaiming_normal": lambda w, g: nn.init.kaiming_normal_(w, nonlinearity="relu", generator=g),
    "xavier_uniform": lambda w, g: nn.init.xavier_uniform_(w, generator=g),
    "xavier_normal": lambda w, g: nn.init.xavier_normal_(w, generator=g),
    "orthogonal": lambda w, g: nn.init.orthogonal_(w, generator=g),
    "normal": lambda w, g: nn.init.normal_(w, 0.0, 0.02, generator=g),
    # A linear net of two inputs and two outputs then gives back what it is given.
    "identity": lambda w, g: nn.init.eye_(w),
}

NORMS = ("none", "layer", "spectral")


@dataclass(frozen=True)
class Mlp:
    """The architecture of a perceptron with `layers` hidden layers of `width` units each.

    Attributes:
        inputs: features of the input.
        outputs: features of the output, which is linear unless `tanh_output`.
        layers: hidden layers, 0 for a linear map.
        width: units of each hidden layer.
        activation: a key of `ACTIVATIONS`.
        init: a key of `INITS`.
        norm: "layer" normalises before each hidden activation, "spectral" divides each weight by
            its largest singular value.
        residual: hidden layers after the first add their result to their input.
        minibatch: one of `layers.MINIBATCH`: the features of the whole batch that are appended to
            those of the last hidden layer (to the input, if there is no hidden layer).
        tanh_output: squash the output into (-1, 1).
    """

    inputs: int
    outputs: int
    layers: int = 2
    width: int = 64
    activation: str = "relu"
    init: str = "default"
    norm: str = "none"
    residual: bool = False
    minibatch: str = "none"
    tanh_output: bool = False

    @property
    def _features(self) -> int:
        """Number of features of the last hidden layer, or of the input if there is none."""
        return self.width if self.layers else self.inputs

    def linear_shapes(self) -> list[tuple[int, int]]:
        """(outputs, inputs) of every weight matrix, in order."""
        extra = {"none": 0, "stddev": 1, "discrimination": KERNELS}[self.minibatch]
        sizes = [self.inputs] + [self.width] * self.layers
        hidden = [(o, i) for i, o in itertools.pairwise(sizes)]
        return [*hidden, (self.outputs, self._features + extra)]

    def shapes(self) -> list[tuple[int, int]]:
        """Shapes of all parameters of one member, in the order in which they are handed in."""
        shapes = []
        for out, fan_in in self.linear_shapes():
            shapes += [(out, fan_in), (out, 1)]
        if self.norm == "layer":
            shapes += [(self.width, 1)] * (2 * self.layers)
        if self.minibatch == "discrimination":
            shapes.append((KERNELS * KERNEL_SIZE, self._features))
        return shapes

    def size(self) -> int:
        """Parameters of one member."""
        return sum(map(math.prod, self.shapes()))

    def buffer_shapes(self) -> list[tuple[int, int]]:
        """Shapes of the tensors that are not learned: u and v of each spectrally normed weight."""
        if self.norm != "spectral":
            return []
        return [(size, 1) for shape in self.linear_shapes() for size in shape]

    def initialise(self, generators: Sequence[Generator]) -> tuple[Tensor, Tensor]:
        """Fresh flat parameters (s, p) and buffers (s, q), each member from its own generator."""
        flat = torch.zeros(len(generators), self.size())
        buffers = torch.zeros(len(generators), sum(map(math.prod, self.buffer_shapes())))
        weights = split(flat, self.shapes())
        for member, generator in enumerate(generators):
            self._initialise_member([w[member] for w in weights], generator)
        if self.norm == "spectral":
            self._initialise_buffers(weights, split(buffers, self.buffer_shapes()), generators)
        return flat, buffers

    def _initialise_member(self, weights: list[Tensor], generator: Generator) -> None:
        linear = 2 * (self.layers + 1)
        for weight, bias in zip(weights[:linear:2], weights[1:linear:2], strict=True):
            INITS[self.init](weight, generator)
            if self.init == "default":
                bound = 1 / math.sqrt(weight.shape[1])
                bias.uniform_(-bound, bound, generator=generator)
        if self.norm == "layer":
            for gain in weights[linear : linear + 2 * self.layers : 2]:
                gain.fill_(1.0)
        if self.minibatch == "discrimination":
            nn.init.xavier_normal_(weights[-1], generator=generator)

    def _initialise_buffers(
        self, weights: list[Tensor], buffers: list[Tensor], generators: Sequence[Generator]
    ) -> None:
        for buffer in buffers:
            for member, generator in enumerate(generators):
                buffer[member].normal_(generator=generator)
            buffer.copy_(F.normalize(buffer, dim=-2))
        for _ in range(15):  # as torch's own spectral_norm does when it is registered
            self.power_iteration_(weights, buffers)

    def power_iteration_(self, weights: Sequence[Tensor], buffers: Sequence[Tensor]) -> None:
        """One power iteration for each weight matrix of a spectrally normed net, in place."""
        for i in range(len(buffers) // 2):
            layers.power_iteration_(weights[2 * i], buffers[2 * i], buffers[2 * i + 1])

    def __call__(
        self,
        weights: Sequence[Tensor],
        x: Float[Tensor, "s i n"],
        buffers: Sequence[Tensor] = (),
        batches: int = 1,
        reference: Float[Tensor, "s f r"] | None = None,
        hidden: list[Tensor] | None = None,
        label: Float[Tensor, "s c n"] | None = None,
    ) -> tuple[Float[Tensor, "s o n"], Float[Tensor, "s f n"]]:
        """Output, and the features of the last hidden layer (the input, without any).

        Args:
            weights: the parameters, (s, *shape) for each of `shapes()`.
            x: inputs, features first.
            buffers: (s, *shape) for each of `buffer_shapes()`.
            batches: how many batches of equal size lie side by side along n; minibatch
                statistics are taken within each.
            reference: features of a batch whose minibatch statistics are used instead, so that D's
                output for single points is that for points of such a batch.
            hidden: a list to which the output of each hidden layer is appended, (s, width, n).
            label: one-hot labels, inputs after those of `x`.
        """
        if label is not None:
            x = torch.cat([x, label], dim=1)
        activate = ACTIVATIONS[self.activation]
        norms = weights[2 * (self.layers + 1) :]
        for i in range(self.layers):
            h = torch.bmm(self._matrix(weights, buffers, i), x).add_(weights[2 * i + 1])
            if self.norm == "layer":
                h = layers.layer_norm(h, norms[2 * i], norms[2 * i + 1])
            h = activate(h)
            x = x + h if self.residual and i else h
            if hidden is not None:
                hidden.append(x)
        last = x
        if self.minibatch != "none":
            extra = layers.minibatch_features(self.minibatch, x, weights[-1], batches, reference)
            last = torch.cat([x, extra], dim=1)
        out = torch.bmm(self._matrix(weights, buffers, -1), last).add_(weights[2 * self.layers + 1])
        return (out.tanh() if self.tanh_output else out), x

    def matrices(self, weights: Sequence[Tensor], buffers: Sequence[Tensor]) -> list[Tensor]:
        """The weight matrices (s, outputs, inputs) as they are in effect, from the input on."""
        return [self._matrix(weights, buffers, i) for i in range(self.layers + 1)]

    def _matrix(self, weights: Sequence[Tensor], buffers: Sequence[Tensor], i: int) -> Tensor:
        i %= self.layers + 1
        if self.norm != "spectral":
            return weights[2 * i]
        return layers.spectral_normalise(weights[2 * i], buffers[2 * i], buffers[2 * i + 1])
