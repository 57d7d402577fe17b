"""What lessons measure on a run of GANs, by name: each a number for every member."""

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
"""Points, of each kind, that a signal is measured on."""

Values = Float[Tensor, "s"]
Signal = Callable[[ToyTrainer], Values]


def compared(name: str) -> Signal:
    """One of the quick figures of `metrics.compare`."""
    return lambda trainer: trainer.compare(SAMPLES, quick=True)[name]


def said(name: str) -> Signal:
    """What D says of real or of fake samples: "d_real" or "d_fake"."""

    def measure(trainer: ToyTrainer) -> Values:
        loss = LOSSES[trainer.configs[0].loss]
        real, fake = trainer.real(SAMPLES), trainer.sample(SAMPLES)
        return discriminator_stats(loss, trainer.discriminate(real), trainer.discriminate(fake))[
            name
        ]

    return measure


def unknown(trainer: ToyTrainer) -> Values:
    """NaN for each member: what cannot be measured on such a run."""
    return torch.full((len(trainer),), math.nan)


def optimal_outputs(
    trainer: ToyTrainer, points: Float[Tensor, "s n 2"]
) -> Float[Tensor, "s n"] | None:
    """D*(x) of every member; None unless both densities are known.

    That of the data has to be, and G has to be linear on normal noise in the plane.
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
    """Mean |D - D*| over as many real as fake points; NaN unless D* is known."""
    loss = LOSSES[trainer.configs[0].loss]
    points = torch.cat([trainer.real(SAMPLES), trainer.sample(SAMPLES)], dim=1)
    best = optimal_outputs(trainer, points)
    if best is None or loss.reading != "probability":
        return unknown(trainer)
    return (loss.output(trainer.discriminate(points)) - best).abs().mean(1)


def gradient_ratio(trainer: ToyTrainer) -> Values:
    """`theory.saturation_ratio` of G's gradients; NaN unless D gives probabilities."""
    if LOSSES[trainer.configs[0].loss].reading != "probability":
        return unknown(trainer)
    steep, flat = (trainer.gradient_g(loss, SAMPLES) for loss in ("non_saturating", "minimax"))
    return theory.saturation_ratio(steep, flat)


def slope(trainer: ToyTrainer) -> Values:
    """Mean steepness of D on the lines between real and fake points, where WGAN-GP asks for 1."""
    real, fake = trainer.real(SAMPLES), trainer.sample(SAMPLES)
    share = torch.linspace(0, 1, SAMPLES)[:, None]
    return trainer.input_gradient_norms(torch.lerp(fake, real, share)).mean(1)


def class_table(trainer: ToyTrainer) -> Tensor | None:
    """Counts (s, c, m) of classes by modes; None where there are none."""
    config, modes = trainer.configs[0], trainer.distribution().modes
    if not config.classes or modes is None:
        return None
    labels = torch.arange(SAMPLES) % config.classes
    return theory.classes_by_mode(trainer.sample(SAMPLES), labels, modes)


def class_accuracy(trainer: ToyTrainer) -> Values:
    """Share of samples at the mode of the class that was asked for."""
    table = class_table(trainer)
    return unknown(trainer) if table is None else theory.class_accuracy(table)


GAN: dict[str, Signal] = {
    **{name: compared(name) for name in ("js", "modes", "high_quality", "dispersion")},
    **{name: said(name) for name in ("d_real", "d_fake")},
    "optimal_gap": optimal_gap,
    "gradient_ratio": gradient_ratio,
    "slope": slope,
    "class_accuracy": class_accuracy,
}
