"""One adversarial step: what D and G compute and how they are updated, as pure functions.

A step reads and writes explicit tensors, for S networks at once. It knows no loop, no random
generator and no visitor; it runs as it is or captured (`graph_capture`). Of every tensor of
samples the first axis is the members and the last one the samples, `(s, 2, n)`.
"""

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.gan.losses import LOSSES
from ganplay.gan.penalties import PENALTIES, clip_weights_, feature_matching, sample_norms
from ganplay.toy.config import ToyConfig
from ganplay.toy.mlp import Mlp
from ganplay.toy.optimizers import UPDATES, Moments, Rates, clip_norm


@dataclass(frozen=True)
class Structure:
    """What shapes the computation of a step; equal structures share captured functions.

    Hyperparameters that a slider moves are not here, only whether they are in use at all.
    """

    generator: Mlp
    discriminator: Mlp
    loss: str
    penalty: str
    optimizer_g: str
    optimizer_d: str
    classes: int
    noise_dim: int
    batch_size: int
    simultaneous: bool
    label_smoothing: bool
    scaled: bool
    instance_noise: bool
    feature_matching: bool
    weight_clip: bool
    grad_clip: bool
    ema: bool

    @classmethod
    def of(cls, config: ToyConfig) -> "Structure":
        """The structure that a configuration asks for."""
        settings: dict[str, Any] = {
            f.name: getattr(config, f.name) for f in fields(cls) if hasattr(config, f.name)
        }
        # Of numbers that switch something on: whether they do.
        settings |= {f.name: settings.get(f.name, 0) > 0 for f in fields(cls) if f.type is bool}
        settings["scaled"] = config.scale_d != 1
        settings["penalty"] = config.penalty if config.penalty_weight else "none"
        classes, tanh = config.classes, config.output_g == "tanh"
        return cls(
            _mlp(config, "g", inputs=config.noise_dim + classes, outputs=2, tanh_output=tanh),
            _mlp(config, "d", inputs=2 + classes, outputs=1, minibatch=config.minibatch_d),
            **settings,
        )


def _mlp(config: ToyConfig, net: str, **others: Any) -> Mlp:
    """The net "g" or "d", from the settings that both have, and from others."""
    names = ("layers", "width", "activation", "init", "norm", "residual")
    return Mlp(**{name: getattr(config, f"{name}_{net}") for name in names}, **others)


class NetState(NamedTuple):
    """One network of each member: flat parameters, views of them, what its optimiser remembers."""

    flat: Float[Tensor, "s p"]
    average: Float[Tensor, "s p"]
    moments: Moments
    weights: list[Tensor]
    buffers: list[Tensor]


class Hyperparameters(NamedTuple):
    """The settings that may change at any step, one of each a member, all (s, 1)."""

    lr_g: Tensor
    lr_d: Tensor
    beta1: Tensor
    beta2: Tensor
    one_minus_beta1: Tensor
    one_minus_beta2: Tensor
    penalty_weight: Tensor
    penalty_target: Tensor
    weight_clip: Tensor
    label_smoothing: Tensor
    instance_noise: Tensor
    noise_fading: Tensor
    feature_matching: Tensor
    grad_clip: Tensor
    ema: Tensor
    scale_d: Tensor

    @classmethod
    def of(cls, configs: Sequence[ToyConfig]) -> "Hyperparameters":
        """Columns of the configurations, a row a member."""
        derived: dict[str, Callable[[Any], float]] = {
            "one_minus_beta1": lambda c: 1 - c.beta1,
            "one_minus_beta2": lambda c: 1 - c.beta2,
            "noise_fading": lambda c: 1 / (c.instance_noise_steps or math.inf),
        }

        def column(name: str) -> Tensor:
            read = derived.get(name, operator.attrgetter(name))
            return torch.tensor([[read(c)] for c in configs], dtype=torch.float32)

        return cls(*map(column, cls._fields))

    def rates(self, lr: Tensor) -> Rates:
        """What an optimiser asks for."""
        return Rates(lr, self.beta1, self.beta2, self.one_minus_beta1, self.one_minus_beta2)


class State(NamedTuple):
    """All that a step reads and writes."""

    g: NetState
    d: NetState
    numbers: Hyperparameters
    updates: Float[Tensor, "s 1"]
    """How often D was updated, which is the clock of fading instance noise."""
    ones: Float[Tensor, "s 1"]
    """The losses' own gradient. Handed in, so that a captured step, which only needs the losses'
    derivatives, does not have to compute the losses."""


class Batch(NamedTuple):
    """The random inputs of one step; None where the structure has no use for it.

    What is of size 3b is meant for the real and the fake samples that D learns from and for those
    that G learns from.
    """

    real: Float[Tensor, "s 2 b"]
    z: Float[Tensor, "s z b"]
    label: Float[Tensor, "s k b"] | None
    interpolation: Float[Tensor, "s 1 b"] | None
    instance_noise: Float[Tensor, "s 2 3b"] | None


class UpdateResult(NamedTuple):
    """What the last update of each net saw; None for a net that was not updated."""

    real_logits: Tensor | None = None
    fake_logits: Tensor | None = None
    penalty: Tensor | None = None
    gradient_d: Tensor | None = None
    g_logits: Tensor | None = None
    gradient_g: Tensor | None = None


def _flat(gradients: Sequence[Tensor]) -> Float[Tensor, "s p"]:
    return torch.cat([g.flatten(1) for g in gradients], dim=1)


def _leaves(weights: Sequence[Tensor]) -> list[Tensor]:
    return [w.detach().requires_grad_() for w in weights]


class AdversarialStep:
    """The updates of D and G for one structure, as functions of state and batch."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.loss = LOSSES[structure.loss]

    def update_d(self, state: State, batch: Batch) -> UpdateResult:
        """One update of D."""
        fake = self.fakes(state, batch, state.g.weights)
        gradient, outcome = self._gradient_d(state, batch, fake)
        self._apply_d(state, gradient)
        return outcome

    def update_g(self, state: State, batch: Batch) -> UpdateResult:
        """One update of G."""
        gradient, logits = self.gradient_g(state, batch)
        self._apply_g(state, gradient)
        return UpdateResult(g_logits=logits, gradient_g=gradient)

    def gradient_g(self, state: State, batch: Batch) -> tuple[Tensor, Tensor]:
        """Gradient (s, p) of G's loss over its parameters, and D's logits (s, b) on its fakes."""
        with torch.enable_grad():
            weights = _leaves(state.g.weights)
            fake = self.fakes(state, batch, weights)
        return self._gradient_g(state, batch, fake, weights)

    def update_both(self, state: State, batch: Batch) -> UpdateResult:
        """One update of D, then one of G on the same noise (whose fakes are made only once).

        If the structure says simultaneous, G's gradient is that against D before its update.
        """
        with torch.enable_grad():
            weights = _leaves(state.g.weights)
            fake = self.fakes(state, batch, weights)
        gradient_d, outcome = self._gradient_d(state, batch, fake.detach())
        if not self.structure.simultaneous:
            self._apply_d(state, gradient_d)
        gradient_g, logits = self._gradient_g(state, batch, fake, weights)
        if self.structure.simultaneous:
            self._apply_d(state, gradient_d)
        self._apply_g(state, gradient_g)
        return outcome._replace(g_logits=logits, gradient_g=gradient_g)

    def fakes(self, state: State, batch: Batch, weights: Sequence[Tensor]) -> Tensor:
        """G's points (s, 2, b) for a batch's noise, by given weights."""
        generator = self.structure.generator
        return generator(weights, batch.z, state.g.buffers, label=batch.label)[0]

    def discriminate(
        self,
        state: State,
        weights: Sequence[Tensor],
        x: Tensor,
        label: Tensor | None,
        batches: int = 1,
    ) -> tuple[Tensor, Tensor]:
        """Logits (s, n) and features (s, f, n) of D at points x (s, 2, n)."""
        mlp = self.structure.discriminator
        logits, features = mlp(weights, x, state.d.buffers, batches, label=label)
        logits = logits.squeeze(1)
        return (logits * state.numbers.scale_d if self.structure.scaled else logits), features

    def _with_noise(
        self, state: State, batch: Batch, x: Tensor, part: slice, updates: Tensor
    ) -> Tensor:
        """Samples as D sees them: with instance noise, if any, which fades linearly.

        Sonderby et al. 2017, section 3.

        Args:
            state: whose settings say how strong it is and how fast it fades.
            batch: has 3b standard normal numbers for each coordinate.
            x: samples (s, 2, n).
            part: of those 3b, the n numbers that are for these samples.
            updates: of D (s, 1), by which the noise has faded.
        """
        if batch.instance_noise is None:
            return x
        numbers = state.numbers
        left = (1 - updates * numbers.noise_fading).clamp_min(0)
        return x + (numbers.instance_noise * left)[..., None] * batch.instance_noise[..., part]

    def _gradient_d(self, state: State, batch: Batch, fake: Tensor) -> tuple[Tensor, UpdateResult]:
        structure, numbers, size = self.structure, state.numbers, self.structure.batch_size
        if structure.discriminator.norm == "spectral":
            structure.discriminator.power_iteration_(state.d.weights, state.d.buffers)
        x = torch.cat([batch.real, fake], dim=-1)
        label = None if batch.label is None else torch.cat([batch.label] * 2, dim=-1)
        x = self._with_noise(state, batch, x, slice(2 * size), state.updates)
        if structure.instance_noise:
            state.updates.add_(1)
        with torch.enable_grad():
            weights = _leaves(state.d.weights)
            logits, _ = self.discriminate(state, weights, x, label, batches=2)
            real_logits, fake_logits = logits.split(size, dim=1)
            extra = (numbers.label_smoothing,) if structure.label_smoothing else ()
            loss = self.loss.d_loss(real_logits, fake_logits, *extra).mean(1, keepdim=True)
            penalty = None
            if structure.penalty != "none":
                penalty = self._penalty(state, batch, weights, *x.split(size, dim=-1))
                loss = loss + numbers.penalty_weight * penalty
            gradient = _flat(torch.autograd.grad(loss, weights, state.ones))
        penalty = penalty if penalty is None else penalty.detach()
        return gradient, UpdateResult(real_logits.detach(), fake_logits.detach(), penalty, gradient)

    def _penalty(
        self, state: State, batch: Batch, weights: list[Tensor], real: Tensor, fake: Tensor
    ) -> Tensor:
        """Mean penalty (s, 1) on D's gradient with respect to each sample."""
        penalty = PENALTIES[self.structure.penalty]
        assert batch.interpolation is not None
        points = penalty.points(real, fake, batch.interpolation).detach().requires_grad_()
        logits, _ = self.discriminate(state, weights, points, batch.label)
        (slope,) = torch.autograd.grad(logits.sum(), points, create_graph=True)
        norms = sample_norms(slope, (1,))  # (s, b)
        return penalty.value(norms, state.numbers.penalty_target).mean(1, keepdim=True)

    def _gradient_g(
        self, state: State, batch: Batch, fake: Tensor, weights: list[Tensor]
    ) -> tuple[Tensor, Tensor]:
        structure, size = self.structure, self.structure.batch_size
        with torch.enable_grad():
            # G's fakes are blurred as much as those that D's last update has seen.
            x = self._with_noise(
                state, batch, fake, slice(2 * size, None), (state.updates - 1).clamp_min(0)
            )
            d_weights = [w.detach() for w in state.d.weights]
            logits, features = self.discriminate(state, d_weights, x, batch.label)
            loss = self.loss.g_loss(logits).mean(1, keepdim=True)
            if structure.feature_matching:
                real = batch.real
                _, real_features = self.discriminate(state, d_weights, real, batch.label)
                gap = feature_matching(real_features, features)[:, None]
                loss = loss + state.numbers.feature_matching * gap
            gradient = _flat(torch.autograd.grad(loss, weights, state.ones))
        return gradient, logits.detach()

    def _apply_d(self, state: State, gradient: Tensor) -> None:
        self._descend(state.d, gradient, self.structure.optimizer_d, state.numbers.lr_d, state)
        if self.structure.weight_clip:
            clip_weights_(state.d.flat, state.numbers.weight_clip)

    def _apply_g(self, state: State, gradient: Tensor) -> None:
        net, structure = state.g, self.structure
        self._descend(net, gradient, structure.optimizer_g, state.numbers.lr_g, state)
        if structure.ema:
            net.average.lerp_(net.flat, 1 - state.numbers.ema)
        if structure.generator.norm == "spectral":
            structure.generator.power_iteration_(net.weights, net.buffers)

    def _descend(
        self, net: NetState, gradient: Tensor, optimizer: str, lr: Tensor, state: State
    ) -> None:
        """One optimiser step of a net, its gradient clipped first if that is asked for."""
        if self.structure.grad_clip:
            gradient = clip_norm(gradient, state.numbers.grad_clip)
        UPDATES[optimizer](net.flat, gradient, net.moments, state.numbers.rates(lr))
