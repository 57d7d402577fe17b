"""Deep convolutional GANs, with labels if wanted.

Radford et al. 2016: G doubles a map's side with transposed convolutions from 4 to the picture's,
D halves it back; width doubles as the side halves. Labels reach G beside the noise and through
conditional batch norm, D through a projection (Miyato and Koyama 2018). As with `Mlp`, a plan
holds no weights, the members (here always one) are the first axis and the samples the last one;
inside, samples are first and channels last in memory, which convolutions are fastest with.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Generator, Tensor, nn

from ganplay.toy import layers
from ganplay.toy.architecture import split
from ganplay.toy.layers import KERNEL_SIZE, KERNELS

SIZES = (16, 32, 64, 128)
NORMS_G, NORMS_D = ("none", "batch"), ("none", "batch", "spectral")
SMALLEST = 4
"""Side of the maps where G begins and D ends."""
SLOPE = 0.2
"""Of D's leaky ReLU below zero."""
_INIT = 0.02
"""Standard deviation of all weights at the start. Radford et al. 2016, section 4."""


def widths(size: int, width: int) -> list[int]:
    """Channels of the maps of side 4, 8, ... up to half the picture's."""
    return [width * size // (2 * side) for side in _sides(size)]


def _sides(size: int) -> list[int]:
    return [SMALLEST << i for i in range((size // SMALLEST).bit_length() - 1)]


def _initialise(shapes: Sequence[tuple[int, ...]], generator: Generator) -> Tensor:
    """Flat parameters (1, p): weights normal, biases 0; what has one axis is a bias."""
    flat = torch.zeros(1, sum(map(math.prod, shapes)))
    for part, shape in zip(split(flat, shapes), shapes, strict=True):
        if len(shape) > 1:
            nn.init.normal_(part, 0.0, _INIT, generator=generator)
    return flat


def _exact(x: Tensor) -> torch.autocast:
    """Where half precision would be too coarse, whatever the step runs in."""
    return torch.autocast(x.device.type, enabled=False)


def _maps(weight: Float[Tensor, "1 o kh kw i"]) -> Float[Tensor, "o i kh kw"]:
    """A kernel as torch's convolutions want it; its inputs lie together in memory."""
    return weight[0].permute(0, 3, 1, 2)


def _first(x: Float[Tensor, "1 c h w n"]) -> Float[Tensor, "n c h w"]:
    """Samples first, and channels last in memory."""
    return x[0].movedim(-1, 0).contiguous(memory_format=torch.channels_last)


def _flat(maps: Float[Tensor, "n c h w"]) -> Float[Tensor, "n f"]:
    """All numbers of each sample as they lie in memory."""
    return maps.permute(0, 2, 3, 1).flatten(1)


@dataclass(frozen=True)
class DcganGenerator:
    """From noise to pictures in [-1, 1].

    Attributes:
        noise_dim: numbers of a latent vector.
        size: side of the pictures in pixels.
        channels: 1 (grey) or 3 (RGB).
        width: channels of the last maps before the picture.
        classes: labels that may be asked for; 0 for a model without.
        norm: "batch" normalises all maps before their gain and bias.
    """

    noise_dim: int
    size: int = 32
    channels: int = 1
    width: int = 32
    classes: int = 0
    norm: str = "batch"

    def shapes(self) -> list[tuple[int, ...]]:
        """Of the kernels, the output's bias, and gain and bias of each norm (of each class)."""
        maps = widths(self.size, self.width)
        outputs = [*maps[1:], self.channels]
        kernels = [(i, 4, 4, o) for i, o in zip(maps, outputs, strict=True)]
        norms = [(max(self.classes, 1), m) for m in maps for _ in range(2)]
        first = (SMALLEST, SMALLEST, maps[0], self.noise_dim + self.classes)
        return [first, *kernels, (self.channels,), *norms]

    def buffer_shapes(self) -> list[tuple[int, ...]]:
        """Kept mean and variance of each norm's channels."""
        if self.norm == "none":
            return []
        return [(m,) for m in widths(self.size, self.width) for _ in range(2)]

    def initialise(self, generators: Sequence[Generator]) -> tuple[Tensor, Tensor]:
        """Fresh flat parameters (1, p) and buffers (1, q)."""
        (generator,) = generators
        flat = _initialise(self.shapes(), generator)
        depth = len(widths(self.size, self.width))
        norms = split(flat, self.shapes())[-2 * depth :]
        for gain, bias in zip(norms[::2], norms[1::2], strict=True):
            gain.add_(1.0)
            bias.zero_()
        buffers = torch.zeros(1, sum(map(math.prod, self.buffer_shapes())))
        for variance in split(buffers, self.buffer_shapes())[1::2]:
            variance.fill_(1.0)
        return flat, buffers

    def power_iteration_(self, weights: Sequence[Tensor], buffers: Sequence[Tensor]) -> None:
        """No weight is spectrally normed."""

    def __call__(
        self,
        weights: Sequence[Tensor],
        x: Float[Tensor, "1 z n"],
        buffers: Sequence[Tensor] = (),
        batches: int = 1,
        *,
        label: Float[Tensor, "1 k n"] | None = None,
        momentum: float | None = 0.0,
    ) -> tuple[Float[Tensor, "1 c h w n"], Float[Tensor, "1 f h2 w2 n"]]:
        """Pictures, and the last maps before them.

        Args:
            weights: (1, *shape) for each of `shapes()`.
            x: noise.
            buffers: (1, *shape) for each of `buffer_shapes()`.
            batches: must be 1.
            label: of each sample, one-hot (or a mixture of classes).
            momentum: of batch norm, see `layers.batch_norm`; None to sample, so that a picture
                does not depend on its company.
        """
        depth = len(widths(self.size, self.width))
        first, kernels, norms = weights[0][0], weights[1 : depth + 1], weights[depth + 2 :]
        # Gains and biases alone, which begin alike for all classes, learn labels very slowly.
        inputs = x[0] if label is None else torch.cat([x[0], label[0]])
        maps = F.linear(inputs.T, first.flatten(0, 2)).unflatten(1, first.shape[:3])
        maps = maps.permute(0, 3, 1, 2)
        for i in range(depth):
            gain, bias = norms[2 * i][0], norms[2 * i + 1][0]  # (classes, c)
            if label is not None:
                gain, bias = label[0].T @ gain, label[0].T @ bias  # (n, c)
            if self.norm == "batch":
                kept = buffers[2 * i][0], buffers[2 * i + 1][0]
                maps = layers.batch_norm(maps, gain, bias, *kept, momentum)
            else:
                maps = layers.scale_and_shift(maps, gain, bias)
            maps = torch.relu_(maps)
            last, maps = maps, layers.conv_up(maps, _maps(kernels[i]))
        bias = weights[depth + 1][0]
        pictures = (maps.to(bias.dtype) + bias[:, None, None]).tanh()
        return pictures.permute(1, 2, 3, 0)[None], last.permute(1, 2, 3, 0)[None]

    def settle_(
        self,
        weights: Sequence[Tensor],
        buffers: Sequence[Tensor],
        batches: Iterable[tuple[Tensor, Tensor | None]],
    ) -> None:
        """Keep the mean statistics of some batches of noise and labels, for these very weights.

        Brock et al. 2019, section 4.2 ("standing statistics"). Unlike averages along the
        training they belong to these weights, and so suit averaged ones too.
        """
        with torch.no_grad():
            for done, (x, label) in enumerate(batches):
                self(weights, x, buffers, label=label, momentum=1 / (done + 1))


class ReferenceBatch(NamedTuple):
    """What a D that looks at whole batches has to know of one to judge other pictures with it.

    Attributes:
        statistics: mean and variance (c,) of each batch norm's channels.
        features: of the last hidden layer; None for a D that compares none.
    """

    statistics: tuple[tuple[Tensor, Tensor], ...]
    features: Float[Tensor, "1 f n"] | None


@dataclass(frozen=True)
class DcganDiscriminator:
    """From pictures to logits.

    Attributes:
        size: side of the pictures in pixels.
        channels: 1 (grey) or 3 (RGB).
        width: channels of the first maps.
        classes: labels that it is told; 0 for a model without.
        norm: "batch" normalises all maps but the first, "spectral" divides each weight by its
            largest singular value.
        minibatch: what is appended to the last features, see `layers.minibatch_features`.
    """

    size: int = 32
    channels: int = 1
    width: int = 32
    classes: int = 0
    norm: str = "batch"
    minibatch: str = "none"

    def _outputs(self) -> list[int]:
        return widths(self.size, self.width)[::-1]

    def matrix_shapes(self) -> list[tuple[int, ...]]:
        """Of the kernels, the last layer and the labels' projection."""
        outputs = self._outputs()
        inputs = [self.channels, *outputs[:-1]]
        kernels = [(o, 4, 4, i) for o, i in zip(outputs, inputs, strict=True)]
        extra = {"none": 0, "stddev": 1, "discrimination": KERNELS}[self.minibatch]
        last = (1, outputs[-1] * SMALLEST**2 + extra)
        rows = (self.classes, outputs[-1] * SMALLEST**2)
        return [*kernels, last, *([rows] if self.classes else [])]

    def shapes(self) -> list[tuple[int, ...]]:
        """Of the matrices, the last bias, the kernels' biases, the gains and the projections."""
        outputs = self._outputs()
        gains = [(o,) for o in outputs[1:]] if self.norm == "batch" else []
        compared = (KERNELS * KERNEL_SIZE, outputs[-1] * SMALLEST**2)
        company = [compared] if self.minibatch == "discrimination" else []
        return [*self.matrix_shapes(), (1,), *((o,) for o in outputs), *gains, *company]

    def buffer_shapes(self) -> list[tuple[int, ...]]:
        """U and v of each spectrally normed matrix, else nothing."""
        if self.norm != "spectral":
            return []
        sizes = [(shape[0], math.prod(shape[1:])) for shape in self.matrix_shapes()]
        return [(side, 1) for pair in sizes for side in pair]

    def initialise(self, generators: Sequence[Generator]) -> tuple[Tensor, Tensor]:
        """Fresh flat parameters (1, p) and buffers (1, q)."""
        (generator,) = generators
        shapes = self.shapes()
        flat = _initialise(shapes, generator)
        weights = split(flat, shapes)
        if self.norm == "batch":
            for gain in self._gains(weights):
                nn.init.normal_(gain, 1.0, _INIT, generator=generator)
        if self.minibatch == "discrimination":
            nn.init.xavier_normal_(weights[-1][0], generator=generator)
        buffers = torch.zeros(1, sum(map(math.prod, self.buffer_shapes())))
        vectors = split(buffers, self.buffer_shapes())
        for vector in vectors:
            vector.copy_(F.normalize(vector.normal_(generator=generator), dim=-2))
        for _ in range(15):  # as torch's own spectral_norm does when it is registered
            self.power_iteration_(weights, vectors)
        return flat, buffers

    def _gains(self, weights: Sequence[Tensor]) -> Sequence[Tensor]:
        depth = len(self._outputs())
        start = len(self.matrix_shapes()) + 1 + depth
        return weights[start : start + depth - 1]

    def power_iteration_(self, weights: Sequence[Tensor], buffers: Sequence[Tensor]) -> None:
        """Bring the singular vectors of a spectrally normed net up to its weights, in place."""
        for i in range(len(buffers) // 2):
            with _exact(weights[i]):
                layers.power_iteration_(weights[i].flatten(2), buffers[2 * i], buffers[2 * i + 1])

    def __call__(
        self,
        weights: Sequence[Tensor],
        x: Float[Tensor, "1 c h w n"],
        buffers: Sequence[Tensor] = (),
        batches: int = 1,
        *,
        label: Float[Tensor, "1 k n"] | None = None,
        company: ReferenceBatch | None = None,
    ) -> tuple[Float[Tensor, "1 1 n"], Float[Tensor, "1 f n"]]:
        """Logits, and the features of the last hidden layer.

        Args:
            weights: (1, *shape) for each of `shapes()`.
            x: pictures.
            buffers: (1, *shape) for each of `buffer_shapes()`.
            batches: how many batches of equal size lie side by side along n; statistics are
                taken within each.
            label: of each sample, one-hot (or a mixture of classes).
            company: a batch as part of which each picture is to be judged by itself, whatever
                else is in `x`.
        """
        weights = self._in_effect(weights, buffers)
        pictures = _first(x)
        apart = batches if self.norm == "batch" else 1
        parts = [self._features(weights, part, company) for part in pictures.chunk(apart)]
        with _exact(x):
            features = torch.cat(parts).to(weights[0].dtype)
            return self._judged(weights, features, batches, label, company)

    def company(
        self,
        weights: Sequence[Tensor],
        x: Float[Tensor, "1 c h w n"],
        buffers: Sequence[Tensor] = (),
    ) -> ReferenceBatch:
        """What is to be known of a batch of pictures so that others can be judged with it.

        As the reference batch of virtual batch norm (Salimans et al. 2016, section 3.5), without
        the share of one that the judged picture itself has in it there.

        Args:
            weights: (1, *shape) for each of `shapes()`.
            x: the batch.
            buffers: (1, *shape) for each of `buffer_shapes()`.
        """
        noted: list[tuple[Tensor, Tensor]] = []
        maps = self._features(self._in_effect(weights, buffers), _first(x), noted=noted)
        return ReferenceBatch(
            tuple(noted), None if self.minibatch == "none" else _flat(maps).T[None]
        )

    def _judged(
        self,
        weights: Sequence[Tensor],
        maps: Tensor,
        batches: int,
        label: Tensor | None,
        company: ReferenceBatch | None,
    ) -> tuple[Tensor, Tensor]:
        depth = len(self._outputs())
        last = _flat(maps)
        features = last.T[None]
        if self.minibatch != "none":
            others = None if company is None else company.features
            extra = layers.minibatch_features(
                self.minibatch, features, weights[-1], batches, others
            )
            last = torch.cat([last, extra[0].T], dim=1)
        logits = F.linear(last, weights[depth][0], weights[len(self.matrix_shapes())][0])
        if label is not None:
            # Miyato and Koyama 2018, equation 5: the label's own row times the features, which
            # are not summed over places here: no place of so shallow a net sees the whole.
            rows = label[0].T @ weights[depth + 1][0]  # (n, f)
            logits = logits + (rows * features[0].T).sum(1, keepdim=True)
        return logits.T[None], features

    def _features(
        self,
        weights: Sequence[Tensor],
        x: Float[Tensor, "n c h w"],
        company: ReferenceBatch | None = None,
        noted: list[tuple[Tensor, Tensor]] | None = None,
    ) -> Float[Tensor, "n f 4 4"]:
        depth, norms = len(self._outputs()), self._gains(weights)
        biases = weights[len(self.matrix_shapes()) + 1 :][:depth]
        for i in range(depth):
            kernel, bias = _maps(weights[i]), biases[i][0]
            if self.norm == "batch" and i:
                x = layers.conv_down(x, kernel)
                if noted is not None:
                    noted.append((x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)))
                mean, variance = company.statistics[i - 1] if company else (None, None)
                x = F.batch_norm(x, mean, variance, norms[i - 1][0], bias, training=company is None)
            else:
                x = layers.conv_down(x, kernel, bias)
            x = F.leaky_relu_(x, SLOPE)
        return x

    def _in_effect(self, weights: Sequence[Tensor], buffers: Sequence[Tensor]) -> list[Tensor]:
        """All weights, the matrices as they are used."""
        return [*self._matrices(weights, buffers), *weights[len(self.matrix_shapes()) :]]

    def _matrices(self, weights: Sequence[Tensor], buffers: Sequence[Tensor]) -> list[Tensor]:
        matrices = list(weights[: len(self.matrix_shapes())])
        if self.norm != "spectral":
            return matrices
        with _exact(matrices[0]):
            return [
                layers.spectral_normalise(w.flatten(2), u, v).view_as(w)
                for w, u, v in zip(matrices, buffers[::2], buffers[1::2], strict=True)
            ]
