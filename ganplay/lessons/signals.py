"""Signals that lessons measure on GANs: by name, a number for every member."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.gan.losses import LOSSES
from ganplay.gan.record import discriminator_stats
from ganplay.lessons import theory
from ganplay.toy.trainer import ToyTrainer

SAMPLES = 2500
"""Real and fake points, of each, from which a signal is measured."""

Values = Float[Tensor, "s"]
Signal = Callable[[ToyTrainer], Values]


def metric(name: str) -> Signal:
    """One of the quick metrics of `metrics.compare`."""
    return lambda trainer: trainer.compare(SAMPLES, quick=True)[name]


def mean_output(name: str) -> Signal:
    """The mean output of D on real ("d_real") or on fake ("d_fake") samples."""

    def measure(trainer: ToyTrainer) -> Values:
        loss = LOSSES[trainer.configs[0].loss]
        real, fake = trainer.real(SAMPLES), trainer.sample(SAMPLES)
        real_logits = trainer.discriminate(real, trainer.real_labels(SAMPLES))
        logits = real_logits, trainer.discriminate(fake)
        return discriminator_stats(loss, *logits)[name]

    return measure


def unknown(trainer: ToyTrainer) -> Values:
    """NaN for each member: the signal has no meaning for this configuration."""
    return torch.full((len(trainer),), math.nan)


def optimal_outputs(
    trainer: ToyTrainer, points: Float[Tensor, "s n 2"]
) -> Float[Tensor, "s n"] | None:
    """The optimal output D*(x) for every member; None unless both densities are known.

    That of the data must be known, and G must be linear in normal noise of two dimensions.
    """
    config, density = trainer.configs[0], trainer.distribution().log_density
    linear = config.layers_g == 0 and config.output_g == "linear" and not config.classes
    if density is None or not linear or (config.noise, config.noise_dim) != ("gaussian", 2):
        return None
    corners = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]).expand(len(trainer), -1, -1)
    shift, *ends = trainer.generate(corners).unbind(1)
    matrix = torch.stack([end - shift for end in ends], dim=2)
    return theory.optimal_output(density(points), theory.linear_log_density(points, matrix, shift))


def optimal_gap(trainer: ToyTrainer) -> Values:
    """Mean |D - D*| over equally many real and fake points; NaN unless D* is known."""
    loss = LOSSES[trainer.configs[0].loss]
    points = torch.cat([trainer.real(SAMPLES), trainer.sample(SAMPLES)], dim=1)
    best = optimal_outputs(trainer, points)
    if best is None or loss.reading != "probability":
        return unknown(trainer)
    return (loss.output(trainer.discriminate(points)) - best).abs().mean(1)


def gradient_ratio(trainer: ToyTrainer) -> Values:
    """`theory.saturation_ratio` of G's gradients; NaN unless D's output is a probability."""
    if LOSSES[trainer.configs[0].loss].reading != "probability":
        return unknown(trainer)
    losses = ("non_saturating", "minimax")
    return theory.saturation_ratio(*(trainer.gradient_g(loss, SAMPLES) for loss in losses))


def slope(trainer: ToyTrainer) -> Values:
    """Mean norm of D's gradient on lines between real and fake points; WGAN-GP aims at 1.

    As in training, both ends of a line have the same label.
    """
    real, label = trainer.real(SAMPLES), trainer.real_labels(SAMPLES)
    fake = trainer.generate(trainer.noise(SAMPLES), label)
    share = torch.linspace(0, 1, SAMPLES)[:, None]
    return trainer.input_gradient_norms(torch.lerp(fake, real, share), label).mean(1)


def class_table(trainer: ToyTrainer) -> Tensor | None:
    """Counts (s, c, m) of samples by class and nearest mode; None without classes or modes."""
    labels, modes = trainer.class_labels(SAMPLES), trainer.distribution().modes
    if labels is None or modes is None:
        return None
    return theory.classes_by_mode(trainer.sample(SAMPLES), labels[0], modes)


def class_accuracy(trainer: ToyTrainer) -> Values:
    """Share of samples whose nearest mode is that of their class."""
    table = class_table(trainer)
    return unknown(trainer) if table is None else theory.class_accuracy(table)


GAN: dict[str, Signal] = {
    **{name: metric(name) for name in ("js", "modes", "high_quality", "dispersion")},
    **{name: mean_output(name) for name in ("d_real", "d_fake")},
    "optimal_gap": optimal_gap,
    "gradient_ratio": gradient_ratio,
    "slope": slope,
    "class_accuracy": class_accuracy,
}
