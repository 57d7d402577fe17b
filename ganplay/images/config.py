"""The configuration of an image model and its training, as `config` has it for toys."""

from collections.abc import Iterable
from dataclasses import dataclass

from ganplay.common.settings import MAX_SEED, Problem, Rule, Settings, choice, flag, number
from ganplay.gan.losses import LOSSES
from ganplay.gan.penalties import PENALTIES
from ganplay.images.augment import AUGMENTATIONS
from ganplay.images.models import MODELS
from ganplay.images.models.blocks import MAX_MINIBATCH_DISCRIMINATION, MINIBATCH
from ganplay.images.models.dcgan import NORMS_D, NORMS_G
from ganplay.images.optimizers import OPTIMIZERS

PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class ImageConfig(Settings):
    """All that is chosen about a model and its training; size and classes are the data's.

    A suffix _g or _d means the net. What an update sees is counted over all processes.
    """

    model: str = choice("dcgan", MODELS, "data", tip="architecture of both networks")
    conditional: bool = flag(False, "data", tip="give both networks the class label")
    pairs: bool = flag(False, "data", tip="D judges two pictures of one group at a time, such as "
                       "two letters of a font, which holds G to one style")  # fmt: skip
    batch_size: int = number(64, 2, 4096, "data", log=True, tip="pictures per update")
    noise_dim: int = number(100, 1, 512, "data", tip="dimensions of z")
    seed: int = number(0, 0, MAX_SEED, "data", tip="seed of all random numbers")
    augment_colour: bool = flag(False, "data", tip="random brightness and contrast for D")
    augment_translation: bool = flag(False, "data", tip="random translation for D")
    augment_cutout: bool = flag(False, "data", tip="random cutout for D")

    width_g: int = number(32, 1, 512, "generator", log=True, tip="channels of the widest layer")
    norm_g: str = choice("batch", NORMS_G, "generator", tip="normalisation of G")
    ema: float = number(0.999, 0.0, 0.99999, "generator", tip="decay of the moving average of "
                        "G's weights, from which samples are drawn")  # fmt: skip

    width_d: int = number(32, 1, 512, "discriminator", log=True, tip="channels of the widest layer")
    norm_d: str = choice("batch", NORMS_D, "discriminator", tip="normalisation of D")
    minibatch_d: str = choice("none", MINIBATCH, "discriminator", tip="minibatch statistic for D")

    loss: str = choice("non_saturating", LOSSES, "loss", tip="what both networks minimise")
    penalty: str = choice("none", ("none", *PENALTIES), "loss", tip="penalty on D's gradient")
    penalty_weight: float = number(1.0, 0.0, 1000.0, "loss", log=True, tip="weight of the penalty")
    penalty_target: float = number(1.0, 0.0, 10.0, "loss", tip="gradient norm that wgan_gp aims at")
    penalty_interval: int = number(1, 1, 64, "loss", tip="updates of D per penalty, whose weight "
                                   "is multiplied by it (lazy regularisation)")  # fmt: skip
    weight_clip: float = number(0.0, 0.0, 1.0, "loss", log=True, tip="bound of D's weights; 0: off")
    label_smoothing: float = number(0.0, 0.0, 0.5, "loss", tip="lower D's target for real pictures")
    instance_noise: float = number(0.0, 0.0, 2.0, "loss", tip="deviation of noise on D's inputs")
    instance_noise_steps: int = number(0, 0, 10_000_000, "loss", log=True,
                                       tip="updates until that noise is 0; 0: never")  # fmt: skip
    feature_matching: float = number(0.0, 0.0, 100.0, "loss", log=True,
                                     tip="weight of matching the mean of D's features")  # fmt: skip

    lr_g: float = number(2e-4, 0.0, 1.0, "training", log=True, tip="learning rate of G")
    lr_d: float = number(2e-4, 0.0, 1.0, "training", log=True, tip="learning rate of D")
    steps_d: int = number(1, 1, 20, "training", tip="updates of D per update of G")
    optimizer_g: str = choice("adam", OPTIMIZERS, "training", tip="optimiser of G")
    optimizer_d: str = choice("adam", OPTIMIZERS, "training", tip="optimiser of D")
    beta1: float = number(0.5, 0.0, 0.999, "training", tip="decay of Adam's mean gradient")
    beta2: float = number(0.999, 0.0, 0.9999, "training", tip="decay of Adam's mean square")
    grad_clip: float = number(0.0, 0.0, 1000.0, "training", log=True,
                              tip="largest gradient norm; 0: no limit")  # fmt: skip
    precision: str = choice("auto", PRECISIONS, "training", tip="of convolutions; auto: bfloat16 "
                            "where the hardware has it, else float32")  # fmt: skip

    def rules(self) -> Iterable[Rule["ImageConfig"]]:
        """Contradictions between settings."""
        return (_smoothing, _discrimination, _penalty, _pairs)

    @property
    def augment(self) -> tuple[str, ...]:
        """What pictures go through before D sees them."""
        return tuple(name for name in AUGMENTATIONS if getattr(self, f"augment_{name}"))


def _smoothing(c: ImageConfig) -> Problem | None:
    if not c.label_smoothing or LOSSES[c.loss].smoothable:
        return None
    why = f"the {c.loss} loss has no targets to smooth, so it must be 0"
    return Problem("label_smoothing", c.label_smoothing, why, 0.0, "smoothing")


def _discrimination(c: ImageConfig) -> Problem | None:
    if c.minibatch_d != "discrimination" or c.batch_size <= MAX_MINIBATCH_DISCRIMINATION:
        return None
    why = f"minibatch discrimination takes at most {MAX_MINIBATCH_DISCRIMINATION}"
    return Problem("batch_size", c.batch_size, why, MAX_MINIBATCH_DISCRIMINATION, "batch")


def _penalty(c: ImageConfig) -> Problem | None:
    # Gulrajani et al. 2017, section 4: the penalty is on each sample's own gradient, which batch
    # norm mixes with the others'.
    if c.penalty == "none" or not c.penalty_weight or c.norm_d != "batch":
        return None
    why = "a gradient penalty needs a D without batch norm: one of none, spectral"
    return Problem("norm_d", c.norm_d, why, "none", "penalty_norm")


def _pairs(c: ImageConfig) -> Problem | None:
    if not c.pairs or c.conditional:
        return None
    why = "without labels the pictures of a pair could not differ, so it must be False"
    return Problem("pairs", c.pairs, why, False, "pairs")
