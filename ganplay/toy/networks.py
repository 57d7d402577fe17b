"""S networks of a structure and what can be read from them: samples, D's outputs, gradients."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.gan.record import PER_MEMBER, StepRecord, discriminator_stats
from ganplay.toy.batches import one_hot, real_points
from ganplay.toy.config import ToyConfig
from ganplay.toy.mlp import Mlp, split
from ganplay.toy.state import initial_state
from ganplay.toy.step import AdversarialStep, Batch, Structure

LastUpdate = dict[str, Tensor]
"""The fields of an update's `UpdateResult` by name, without those that are None."""


class Networks:
    """S pairs of G and D, all of one structure. Everything here only reads.

    Points and noise have their features before the samples: `(s, 2, n)` and `(s, z, n)`.

    Attributes:
        configs: of each member.
        structure: what they have in common.
        state: all tensors that steps read and write.
        columns: the tensor (s, columns) whose columns are the state's `(s, 1)` tensors.
        steps: taken since the start.
        updates: of "d" and of "g" since the start.
        last: what the last update of "d" and of "g" computed.
    """

    def __init__(self, configs: Sequence[ToyConfig]) -> None:
        self.configs = list(configs)
        self.structure = Structure.of(configs[0])
        self.state, self.columns = initial_state(self.structure, configs)
        self.steps = 0
        self.updates = {"d": 0, "g": 0}
        self.last: dict[str, LastUpdate] = {"d": {}, "g": {}}
        self._step = AdversarialStep(self.structure)

    @property
    def _real_batch(self) -> Float[Tensor, "s i b"]:
        """D's inputs for a batch of real points, for layers that look at whole batches."""
        inputs = []
        for config in self.configs:
            points, labels = real_points(config, config.batch_size)
            hot = [one_hot(labels, config.classes)] if config.classes else []
            inputs.append(torch.cat([points.T, *hot]))
        return torch.stack(inputs)

    def generate(self, inputs: Float[Tensor, "s i n"]) -> Float[Tensor, "s 2 n"]:
        """G's points for noise and one-hot labels, by its averaged weights if `ema` is on."""
        mlp, weights, buffers = self.network("g")
        return mlp(weights, inputs, buffers)[0]

    def network(self, net: str) -> tuple[Mlp, list[Tensor], list[Tensor]]:
        """The MLP of "d" or "g", its weights and buffers; of G the average if `ema` is on."""
        if net == "d":
            return self.structure.discriminator, self.state.d.weights, self.state.d.buffers
        state, mlp = self.state.g, self.structure.generator
        weights = split(state.average, mlp.shapes()) if self.structure.ema else state.weights
        return mlp, weights, state.buffers

    def discriminate(
        self, points: Float[Tensor, "s 2 n"], label: Tensor | None
    ) -> Float[Tensor, "s n"]:
        """D's logits of points, given one-hot labels (s, c, n).

        Minibatch layers see each point as if it were one more of a batch of real ones.
        """
        mlp, net = self.structure.discriminator, self.state.d
        reference = None
        if mlp.minibatch != "none":
            _, reference = mlp(net.weights, self._real_batch, net.buffers)
        logits = mlp(net.weights, points, net.buffers, reference=reference, label=label)[0]
        return logits.squeeze(1) * self.state.numbers.scale_d

    def batch_outputs(self, batch: Batch, fake: Float[Tensor, "s 2 b"]) -> tuple[Tensor, Tensor]:
        """Mean of D(x) (s,) over a batch's real points and over fakes, as the loss reads it.

        Both are seen as one batch.
        """
        label = None if batch.label is None else torch.cat([batch.label] * 2, dim=2)
        x = torch.cat([batch.real, fake], dim=2)
        with torch.no_grad():
            logits, _ = self._step.discriminate(
                self.state, self.state.d.weights, x, label, batches=2
            )
        real, fakes = self._step.loss.output(logits).split(batch.real.shape[2], dim=1)
        return real.mean(1), fakes.mean(1)

    def batch_fakes(self, batch: Batch) -> Float[Tensor, "s 2 b"]:
        """G's points for a batch's noise, by the weights that are trained."""
        with torch.no_grad():
            return self._step.fakes(self.state, batch, self.state.g.weights)

    def fake_gradients(self, points: Float[Tensor, "s 2 n"], label: Tensor | None) -> Tensor:
        """Minus the gradient (s, 2, n) of G's loss at each fake: where G is pushed to move it."""
        return -self._gradient_at(points, label, self._step.loss.g_loss)

    def input_gradient_norms(self, points: Float[Tensor, "s 2 n"], label: Tensor | None) -> Tensor:
        """Norm (s, n) of the gradient of D's logit at each point."""
        return self._gradient_at(points, label, lambda logits: logits).norm(dim=1)

    def _gradient_at(
        self, points: Tensor, label: Tensor | None, of: Callable[[Tensor], Tensor]
    ) -> Tensor:
        with torch.enable_grad():
            x = points.detach().requires_grad_()
            logits, _ = self._step.discriminate(self.state, self.state.d.weights, x, label)
            (gradient,) = torch.autograd.grad(of(logits).sum(), x)
        return gradient

    def gradient_g(
        self, real: Tensor, z: Tensor, label: Tensor | None, loss: str
    ) -> Float[Tensor, "s p"]:
        """Gradient over G's parameters of another loss (a key of `LOSSES`), without an update."""
        step = AdversarialStep(replace(self.structure, loss=loss))
        with torch.no_grad():
            return step.gradient_g(self.state, Batch(real, z, label, None, None))[0]

    def layer_norms(self, net: str) -> Float[Tensor, "s layers"]:
        """Norm of the last gradient over each layer's weights and biases; NaN before the first."""
        mlp = self.structure.discriminator if net == "d" else self.structure.generator
        gradient = self.last[net].get(f"gradient_{net}")
        layers = mlp.layers + 1
        if gradient is None:
            return torch.full((len(self.configs), layers), math.nan)
        parts = [part.flatten(1) for part in split(gradient, mlp.shapes())]
        pairs = zip(parts[: 2 * layers : 2], parts[1 : 2 * layers : 2], strict=True)
        return torch.stack([torch.cat(pair, dim=1).norm(dim=1) for pair in pairs], dim=1)

    def record(self) -> StepRecord:
        """What the last updates computed; NaN for a net that has not been updated yet."""
        d, g, step, state = self.last["d"], self.last["g"], self._step, self.state
        unknown = torch.full((len(self.configs),), math.nan)
        values = dict.fromkeys(PER_MEMBER, unknown) | {"penalty": torch.zeros_like(unknown)}
        if d:
            logits = d["real_logits"], d["fake_logits"]
            extra = (state.numbers.label_smoothing,) if self.structure.label_smoothing else ()
            values |= discriminator_stats(step.loss, *logits)
            values["d_loss"] = step.loss.d_loss(*logits, *extra).mean(1)
            values["grad_norm_d"] = d["gradient_d"].norm(dim=1)
        if "penalty" in d:
            values["penalty"] = d["penalty"][:, 0]
        if g:
            values["g_loss"] = step.loss.g_loss(g["g_logits"]).mean(1)
            values["grad_norm_g"] = g["gradient_g"].norm(dim=1)
        sums = state.g.flat.sum(1) + state.d.flat.sum(1)
        for logits_of in (d.get("real_logits"), d.get("fake_logits"), g.get("g_logits")):
            sums = sums if logits_of is None else sums + logits_of.sum(1)
        values["finite"] = sums.isfinite()
        return StepRecord(self.steps, self.updates["d"], self.updates["g"], **values)
