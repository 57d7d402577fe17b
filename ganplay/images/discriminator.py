"""What a trained D says of pictures, each by itself and beside the model's own samples.

Our D with batch norm has learnt to judge whole batches of samples, and keeps no statistics for a
single picture. So each is judged as part of a fixed batch of samples of the same G. Any other D
judges each picture by itself, in evaluation mode.
"""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ganplay.common.seeding import generator_of
from ganplay.gan.class_shares import labels_in_shares
from ganplay.gan.losses import LOSSES
from ganplay.images.config import ImageConfig
from ganplay.images.models.dcgan import ReferenceBatch
from ganplay.images.sampler import Sampler, frozen, one_hot

Pictures = Float[Tensor, "n c h w"]
Labels = Float[Tensor, "n k"]
SAMPLES = 128
"""Samples that a picture is held against."""
DIGITS = 6
"""Digits of a logit behind the point: beyond them it may depend on the machine."""


class Score(NamedTuple):
    """What D says of a picture.

    Attributes:
        logit: its raw output.
        output: D(x) as its loss reads it, for "probability" in (0, 1), else the logit.
        reading: how that is to be taken, see `GanLoss.reading`.
        threshold: the logit above which D calls a picture real; NaN if there is none.
        rank: the share of samples of the same G that convince D less, in [0, 1].
        samples: how many these are.
        step: of the training, at which D was kept.
    """

    logit: float
    output: float
    reading: str
    threshold: float
    rank: float
    samples: int
    step: int


class ReferenceSamples(NamedTuple):
    """Samples of one G that pictures are judged beside, and D's logits of them."""

    batch: ReferenceBatch | None
    logits: Float[Tensor, "n"]


class DiscriminatorScorer:
    """A D whose weights do not change any more, in double precision as `Sampler` is."""

    def __init__(
        self,
        discriminator: nn.Module,
        config: ImageConfig,
        step: int,
        class_weights: tuple[int, ...] = (),
    ) -> None:
        """Copy a discriminator.

        Args:
            discriminator: a module that keeps the protocol of `images.models`.
            config: that it was trained by.
            step: of the training, after which it was kept.
            class_weights: how often each class occurs, as `labels_in_shares` has it; for a
                conditional model only.
        """
        self._discriminator = frozen(discriminator, torch.float64)
        self._config, self._step = config, step
        self._loss, self._class_weights = LOSSES[config.loss], class_weights

    def reference_samples(self, sampler: Sampler) -> ReferenceSamples:
        """Some samples of a G, always the same ones, with the data's shares of classes."""
        # Minibatch discrimination counts them: it has to see as many as it learnt with.
        counted = self._config.minibatch_d == "discrimination"
        n = self._config.batch_size if counted else SAMPLES
        generator = generator_of(0, "others")
        # Samples last, as the seeds of bundled models' scores have always been read.
        z = torch.randn(sampler.noise_dim, n, generator=generator).T.double()
        y = None
        if sampler.classes:
            y = one_hot(labels_in_shares(self._class_weights, n), sampler.classes).double()
        x, y = self._shown(sampler, z, y)
        reference_batch: Any = getattr(self._discriminator, "reference_batch", lambda x: None)
        batch = reference_batch(x)
        return ReferenceSamples(batch, self._logits(x, y, batch))

    def score(
        self,
        sampler: Sampler,
        z: Float[Tensor, "z"],
        y: Float[Tensor, "k"] | None,
        reference: ReferenceSamples,
    ) -> Score:
        """What is said of the picture that a G makes.

        Args:
            sampler: G.
            z: latent vector.
            y: shares of the classes; for a conditional model only.
            reference: samples of the same G.
        """
        shown = self._shown(sampler, z[None], None if y is None else y[None])
        logit = self._logits(*shown, reference.batch)
        return Score(
            logit=float(logit),
            output=float(self._loss.output(logit)),
            reading=self._loss.reading,
            threshold=self._loss.threshold,
            rank=float((reference.logits < logit).double().mean()),
            samples=len(reference.logits),
            step=self._step,
        )

    def _shown(
        self, sampler: Sampler, z: Float[Tensor, "n z"], y: Labels | None
    ) -> tuple[Pictures, Float[Tensor, "n k2"] | None]:
        """Pictures and labels as D is shown them.

        For a pair the class that follows the strongest one, the first after the last, comes
        along.
        """
        x = sampler.pictures(z, y)
        if y is None or not self._config.pairs:
            return x, y
        classes = y.shape[1]
        beside = one_hot((y.argmax(1) + 1) % classes, classes).double()
        x = torch.cat([x, sampler.pictures(z, beside)], dim=1)
        return x, torch.cat([y, beside], dim=1)

    def _logits(
        self,
        x: Pictures,
        y: Labels | None,
        batch: ReferenceBatch | None,
    ) -> Float[Tensor, "n"]:
        labels = () if y is None else (y,)
        beside = {} if batch is None else {"reference": batch}
        logits: Tensor = self._discriminator(x, *labels, **beside)
        return logits.flatten().round(decimals=DIGITS)
