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

    model: str = choice("dcgan", MODELS, "data", tip="architecture of both nets")
    conditional: bool = flag(False, "data", tip="give both nets the label")
    pairs: bool = flag(False, "data", tip="D judges two pictures of one group at a time, such as "
                       "two letters of a font, which holds G to one style")  # fmt: skip
    batch_size: int = number(64, 2, 4096, "data", log=True, tip="pictures of each update")
    noise_dim: int = number(100, 1, 512, "data", tip="numbers that a picture is made of")
    seed: int = number(0, 0, MAX_SEED, "data", tip="where all random numbers come from")
    augment_colour: bool = flag(False, "data", tip="D sees changed brightness and contrast")
    augment_translation: bool = flag(False, "data", tip="D sees moved pictures")
    augment_cutout: bool = flag(False, "data", tip="D sees pictures with a square cut out")

    width_g: int = number(32, 1, 512, "generator", log=True, tip="channels of the widest maps")
    norm_g: str = choice("batch", NORMS_G, "generator", tip="how G is normalised")
    ema: float = number(0.999, 0.0, 0.99999, "generator", tip="how slowly the average of G's "
                        "weights, which is what is sampled, follows them")  # fmt: skip

    width_d: int = number(32, 1, 512, "discriminator", log=True, tip="channels of the widest maps")
    norm_d: str = choice("batch", NORMS_D, "discriminator", tip="how D is normalised")
    minibatch_d: str = choice("none", MINIBATCH, "discriminator", tip="what D is told of a batch")

    loss: str = choice("non_saturating", LOSSES, "loss", tip="what both nets minimise")
    penalty: str = choice("none", ("none", *PENALTIES), "loss", tip="on D's gradient")
    penalty_weight: float = number(1.0, 0.0, 1000.0, "loss", log=True, tip="weight of the penalty")
    penalty_target: float = number(1.0, 0.0, 10.0, "loss", tip="length that wgan_gp pulls to")
    penalty_interval: int = number(1, 1, 64, "loss", tip="take the penalty, so many times as "
                                   "strong, only at every so many updates of D")  # fmt: skip
    weight_clip: float = number(0.0, 0.0, 1.0, "loss", log=True, tip="largest weight of D; 0: any")
    label_smoothing: float = number(0.0, 0.0, 0.5, "loss", tip="lower D's target for real ones")
    instance_noise: float = number(0.0, 0.0, 2.0, "loss", tip="blur what D sees")
    instance_noise_steps: int = number(0, 0, 10_000_000, "loss", log=True,
                                       tip="updates until that has faded; 0: never")  # fmt: skip
    feature_matching: float = number(0.0, 0.0, 100.0, "loss", log=True,
                                     tip="pull G to the mean of D's features")  # fmt: skip

    lr_g: float = number(2e-4, 0.0, 1.0, "training", log=True, tip="learning rate of G")
    lr_d: float = number(2e-4, 0.0, 1.0, "training", log=True, tip="learning rate of D")
    steps_d: int = number(1, 1, 20, "training", tip="updates of D for each of G")
    optimizer_g: str = choice("adam", OPTIMIZERS, "training", tip="how G moves")
    optimizer_d: str = choice("adam", OPTIMIZERS, "training", tip="how D moves")
    beta1: float = number(0.5, 0.0, 0.999, "training", tip="memory of Adam's direction")
    beta2: float = number(0.999, 0.0, 0.9999, "training", tip="memory of Adam's step sizes")
    grad_clip: float = number(0.0, 0.0, 1000.0, "training", log=True,
                              tip="longest gradient; 0: any")  # fmt: skip
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
    why = "with a penalty on D's gradient D may not be batch-normed: one of none, spectral"
    return Problem("norm_d", c.norm_d, why, "none", "penalty_norm")


def _pairs(c: ImageConfig) -> Problem | None:
    if not c.pairs or c.conditional:
        return None
    why = "without labels the pictures of a pair could not differ, so it must be False"
    return Problem("pairs", c.pairs, why, False, "pairs")
