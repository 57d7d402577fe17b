"""What a trained D says of pictures, each by itself and beside the model's own samples.

A D with batch norm has learnt to judge whole batches of samples, and keeps no statistics for a
single picture. So each is judged as part of a fixed batch of samples of the same G.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.common.seeding import generator_of
from ganplay.gan.losses import LOSSES
from ganplay.images.config import ImageConfig
from ganplay.images.models.dcgan import DcganDiscriminator, ReferenceBatch
from ganplay.images.sampler import Sampler, one_hot
from ganplay.toy.architecture import split

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

    company: ReferenceBatch
    logits: Float[Tensor, "n"]


class DiscriminatorScorer:
    """A D whose weights do not change any more, in double precision as `Sampler` is."""

    def __init__(
        self,
        plan: DcganDiscriminator,
        parameters: Float[Tensor, "1 p"],
        buffers: Float[Tensor, "1 q"],
        config: ImageConfig,
        step: int,
    ) -> None:
        """Put one together.

        Args:
            plan: of D.
            parameters: its weights.
            buffers: what it keeps beside them.
            config: that it was trained by.
            step: of the training, after which it was kept.
        """
        self._plan, self._config, self._step = plan, config, step
        self._loss = LOSSES[config.loss]
        self._weights = split(parameters.double(), plan.shapes())
        self._buffers = split(buffers.double(), plan.buffer_shapes())

    def others(self, sampler: Sampler) -> ReferenceSamples:
        """Some samples of a G, always the same ones, of each class equally many."""
        # Minibatch discrimination counts them: it has to see as many as it learnt with.
        counted = self._config.minibatch_d == "discrimination"
        n = self._config.batch_size if counted else SAMPLES
        z = torch.randn(sampler.plan.noise_dim, n, generator=generator_of(0, "others")).double()
        classes = sampler.plan.classes
        label = one_hot(torch.arange(n) % classes, classes)[0].double() if classes else None
        x, label = self._shown(sampler, z, label)
        with torch.no_grad():
            company = self._plan.company(self._weights, x, self._buffers)
        return ReferenceSamples(company, self._logits(x, label, company))

    def verdict(
        self,
        sampler: Sampler,
        z: Float[Tensor, "z"],
        label: Float[Tensor, "k"] | None,
        others: ReferenceSamples,
    ) -> Score:
        """What is said of the picture that a G makes.

        Args:
            sampler: G.
            z: latent vector.
            label: shares of the classes; for a conditional model only.
            others: of the same G.
        """
        shown = self._shown(sampler, z[:, None], None if label is None else label[:, None])
        logit = self._logits(*shown, others.company)
        return Score(
            logit=float(logit),
            output=float(self._loss.output(logit)),
            reading=self._loss.reading,
            threshold=self._loss.threshold,
            rank=float((others.logits < logit).double().mean()),
            samples=len(others.logits),
            step=self._step,
        )

    def _shown(
        self, sampler: Sampler, z: Float[Tensor, "z n"], label: Float[Tensor, "k n"] | None
    ) -> tuple[Float[Tensor, "1 c h w n"], Float[Tensor, "1 k2 n"] | None]:
        """Pictures and labels as D is shown them.

        For a pair the class that follows the strongest one, the first after the last, comes
        along.
        """
        x = sampler.pictures(z, label)
        if label is None:
            return x, None
        if self._config.pairs:
            classes = len(label)
            beside = one_hot((label.argmax(0) + 1) % classes, classes)[0].double()
            x = torch.cat([x, sampler.pictures(z, beside)], dim=1)
            label = torch.cat([label, beside])
        return x, label[None]

    def _logits(
        self,
        x: Float[Tensor, "1 c h w n"],
        label: Float[Tensor, "1 k n"] | None,
        company: ReferenceBatch,
    ) -> Float[Tensor, "n"]:
        with torch.no_grad():
            logits, _ = self._plan(self._weights, x, self._buffers, label=label, company=company)
        return logits.flatten().round(decimals=DIGITS)
