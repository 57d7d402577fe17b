"""The trainer of picture GANs: of any two modules that keep the protocol of `images.models`.

It knows no architecture. Nothing here prints, draws or writes files; that is `runs`.
"""

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from ganplay.common.devices import half_is_fast
from ganplay.common.seeding import generator_of
from ganplay.gan.losses import LOSSES
from ganplay.gan.penalties import PENALTIES, clip_weights_, feature_matching, sample_norms
from ganplay.gan.record import PER_MEMBER, StepRecord, discriminator_stats
from ganplay.images import trainer_state
from ganplay.images.augment import augment
from ganplay.images.averaging import averaged, recalibrate_batch_norm_
from ganplay.images.batches import Batch, BatchSampler
from ganplay.images.config import ImageConfig
from ganplay.images.datasets.base import ImageData
from ganplay.images.distributed import ALONE, ProcessGroup
from ganplay.images.models.paired import PairedGenerator
from ganplay.images.networks import Network, Role, check_data, check_networks, network_for, seeded
from ganplay.images.optimizers import OPTIMIZERS
from ganplay.images.sampler import Sampler, one_hot

RECALIBRATION_BATCHES, RECALIBRATION_SIZE = 16, 128
"""Batches from which the statistics of G's batch norms are taken, and the pictures of each."""
REAL, FAKE, FOR_G = 0, 1, 2
"""Places of the three shares of a batch's random numbers, see `Batch`."""


class Seen(NamedTuple):
    """What the last update of each net saw."""

    real_logits: Float[Tensor, "n"]
    fake_logits: Float[Tensor, "n"]
    penalty: Tensor
    grad_norm_d: Tensor
    g_logits: Float[Tensor, "n"]
    grad_norm_g: Tensor


class ImageTrainer:
    """Trains one GAN on pictures held in memory.

    With equal seed, settings, data, threads and device a run repeats exactly, also when it was
    interrupted and taken up from `tensors` and `counters`.

    Attributes:
        config: of the training, and of our own networks.
        generator: the module that makes one picture of one latent vector.
        discriminator: the module that judges; of a pair of pictures, with `config.pairs`.
        networks: what a card calls both.
        classes: that both are told; 0 if they are not conditional.
        steps: updates of G so far.
        updates_d: updates of D so far.
    """

    def __init__(
        self,
        config: ImageConfig,
        data: ImageData,
        generator: nn.Module | Network | None = None,
        discriminator: nn.Module | Network | None = None,
        *,
        device: torch.device | str = "cpu",
        group: ProcessGroup = ALONE,
    ) -> None:
        """Take two networks, or make fresh ones.

        Args:
            config: of model and training.
            data: to learn; its labels are looked at by conditional models only.
            generator: a module that keeps the protocol; None makes the one of `config`.
            discriminator: likewise.
            device: where to train; the modules are moved there.
            group: processes that train together; each gets an equal part of every batch.

        Raises:
            ValueError: if data, settings, networks and processes do not fit together.
        """
        check_data(data, config, ours=not (generator and discriminator))
        if config.batch_size % group.size:
            raise ValueError(f"a batch of {config.batch_size} has no {group.size} equal parts")
        self.config, self.device = config, torch.device(device)
        self.classes = len(data.names) if config.conditional else 0
        _, channels, height, width = data.images.shape
        self.shape = channels, height, width
        self.networks: dict[Role, Network] = {}
        self.generator = self._module("generator", generator)
        self.discriminator = self._module("discriminator", discriminator)
        pair = PairedGenerator(self.generator) if config.pairs else self.generator
        check_networks(pair, self.discriminator, config, self.shape, self.classes)
        self._generator, self._discriminator = group.wrap(pair), group.wrap(self.discriminator)
        rates = {"generator": config.lr_g, "discriminator": config.lr_d}
        self._kinds = {"generator": config.optimizer_g, "discriminator": config.optimizer_d}
        self._optimizers = {
            role: OPTIMIZERS[self._kinds[role]].make(
                list(getattr(self, role).parameters()), lr, config.beta1, config.beta2
            )
            for role, lr in rates.items()
        }
        self._average = averaged(self.generator, config.ema) if config.ema else None
        self._loss = LOSSES[config.loss]
        self._batches = BatchSampler(config, data, device=self.device, group=group)
        self._labels = data.labels
        self.steps = self.updates_d = 0
        self._seen: Seen | None = None

    def _module(self, role: Role, given: nn.Module | Network | None) -> nn.Module:
        if isinstance(given, nn.Module):
            self.networks[role] = Network.of(given)
        else:
            network = given or network_for(role, self.config, self.shape, self.classes)
            self.networks[role] = network
            with seeded(self.config.seed, role):
                given = network.build(role)
        return given.to(self.device).to(memory_format=torch.channels_last).train()

    def step(self) -> StepRecord:
        """Update D as often as configured and G once.

        G's update is on the noise of D's last one, whose fakes are made only once.
        """
        for i in reversed(range(self.config.steps_d)):
            batch = self._batches.get(self.updates_d)
            with torch.set_grad_enabled(i == 0), self._autocast():
                fake = _called(self._generator, batch.z, batch.y)
            seen_d = self._update_d(batch, fake.detach())
            if i == 0:
                self._seen = Seen(*seen_d, *self._update_g(batch, fake))
            self.updates_d += 1
        self.steps += 1
        return self.record()

    def _autocast(self) -> torch.autocast:
        wanted = self.config.precision
        half = half_is_fast(self.device) if wanted == "auto" else wanted == "bfloat16"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=half)

    def _shown(self, batch: Batch, x: Tensor, part: int) -> Tensor:
        """Pictures as D is shown them: changed and blurred by a share of the batch's numbers."""
        config = self.config
        if batch.chance is not None:
            x = augment(x, batch.chance[part], config.augment)
        if batch.noise is not None:
            # Instance noise fades linearly. Sonderby et al. 2017, section 3.
            faded = self.updates_d / (config.instance_noise_steps or math.inf)
            x = x + config.instance_noise * max(0.0, 1 - faded) * batch.noise[part]
        return x

    def _update_d(self, batch: Batch, fake: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Real logits, fake logits, penalty and gradient's norm of an update of D."""
        config, d = self.config, self._discriminator
        real, fake = self._shown(batch, batch.real, REAL), self._shown(batch, fake, FAKE)
        penalty = torch.zeros((), device=self.device)
        with self._autocast():
            real_logits = _called(d, real, batch.y).flatten()
            fake_logits = _called(d, fake, batch.y).flatten()
            loss = self._d_loss(real_logits, fake_logits)
            due = self.updates_d % config.penalty_interval == 0
            if batch.interpolation is not None and due:
                penalty = self._penalty(real, fake, batch.interpolation, batch.y)
                loss = loss + config.penalty_weight * config.penalty_interval * penalty
        norm = self._descend("discriminator", loss)
        if config.weight_clip:
            for parameter in self.discriminator.parameters():
                clip_weights_(parameter.detach(), config.weight_clip)
        return real_logits.detach(), fake_logits.detach(), penalty.detach(), norm

    def _d_loss(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        smoothing = self.config.label_smoothing
        extra = (smoothing,) if smoothing else ()
        return self._loss.d_loss(real_logits, fake_logits, *extra).mean()

    def _penalty(
        self, real: Tensor, fake: Tensor, interpolation: Tensor, y: Tensor | None
    ) -> Tensor:
        """The mean penalty on D's gradient with respect to each picture."""
        penalty = PENALTIES[self.config.penalty]
        points = penalty.points(real, fake, interpolation).detach().requires_grad_()
        logits = _called(self._discriminator, points, y)
        (slope,) = torch.autograd.grad(logits.sum(), points, create_graph=True)
        norms = sample_norms(slope.float(), (1, 2, 3))  # (n,)
        return penalty.value(norms, self.config.penalty_target).mean()

    def _update_g(self, batch: Batch, fake: Tensor) -> tuple[Tensor, Tensor]:
        """D's logits on G's fakes and the gradient's norm of an update of G."""
        config = self.config
        d: Any = self.discriminator  # which only feature matching asks for more than logits
        d.requires_grad_(False)
        x = self._shown(batch, fake, FOR_G)
        with self._autocast():
            if config.feature_matching:
                features = d.forward_features(x)
                logits = d.forward_head(features, *([] if batch.y is None else [batch.y]))
            else:
                logits = _called(d, x, batch.y)
            loss = self._loss.g_loss(logits.flatten()).mean()
            if config.feature_matching:
                real = batch.real
                if batch.chance is not None:
                    real = augment(real, batch.chance[FOR_G], config.augment)
                gap = feature_matching(d.forward_features(real).float().T, features.float().T)
                loss = loss + config.feature_matching * gap
        norm = self._descend("generator", loss)
        d.requires_grad_(True)
        if self._average is not None:
            self._average.update_parameters(self.generator)
        return logits.detach().flatten(), norm

    def _descend(self, role: Role, loss: Tensor) -> Tensor:
        """Update one net; the norm of its whole gradient before it was clipped."""
        optimizer = self._optimizers[role]
        optimizer.zero_grad()
        loss.backward()
        parameters = list(getattr(self, role).parameters())
        norm = get_total_norm(p.grad for p in parameters if p.grad is not None)
        if self.config.grad_clip:
            clip_grads_with_norm_(parameters, self.config.grad_clip, norm)
        optimizer.step()
        return norm

    @torch.no_grad()
    def record(self) -> StepRecord:
        """What the last step saw; of this process alone, NaN before there was one."""
        weights = [*self.generator.parameters(), *self.discriminator.parameters()]
        sums = get_total_norm(weights)
        values = dict.fromkeys(PER_MEMBER, torch.full_like(sums, math.nan))
        if (seen := self._seen) is not None:
            values |= discriminator_stats(self._loss, seen.real_logits, seen.fake_logits)
            values["d_loss"] = self._d_loss(seen.real_logits, seen.fake_logits)
            values["g_loss"] = self._loss.g_loss(seen.g_logits).mean()
            values |= {n: getattr(seen, n) for n in ("penalty", "grad_norm_d", "grad_norm_g")}
            sums = sums + values["d_loss"] + values["g_loss"]
        values["finite"] = sums.isfinite()
        one = {name: value.reshape(1) for name, value in values.items()}
        return StepRecord(self.steps, self.updates_d, self.steps, **one)

    def sampled_generator(self) -> nn.Module:
        """A copy of G as it is sampled: averaged, with statistics of its own."""
        made = copy.deepcopy(self._average.module if self._average else self.generator)
        recalibrate_batch_norm_(made, self._recalibration())
        return made.eval().requires_grad_(False)

    def _recalibration(self) -> Iterator[tuple[Tensor, Tensor | None]]:
        """Noise, and labels as often as the data have them; the same at every call."""
        generator = generator_of(self.config.seed, "recalibration")
        for _ in range(RECALIBRATION_BATCHES):
            z = torch.randn(RECALIBRATION_SIZE, self.config.noise_dim, generator=generator)
            index = torch.randint(len(self._labels), (RECALIBRATION_SIZE,), generator=generator)
            y = one_hot(self._labels[index], self.classes) if self.classes else None
            yield z.to(self.device), y if y is None else y.to(self.device)

    def sample(
        self, seeds: Sequence[int], labels: Sequence[int] | None = None
    ) -> UInt8[Tensor, "n c h w"]:
        """A picture for each seed and label; by default each class in turn, whatever its share."""
        noise_dim = self.config.noise_dim
        sampler = Sampler(self.sampled_generator(), noise_dim, self.classes, self.device)
        labels = range(len(seeds)) if labels is None else labels
        return sampler.sample(seeds, [label % max(self.classes, 1) for label in labels])

    def _parts(self) -> trainer_state.Parts:
        modules = {"generator": self.generator, "discriminator": self.discriminator}
        if self._average is not None:
            modules["average"] = self._average
        return trainer_state.Parts(modules, self._optimizers, self._kinds)

    def tensors(self) -> dict[str, Tensor]:
        """All that steps change, by name; the trainer's own memory."""
        return trainer_state.tensors_of(self._parts())

    def counters(self) -> dict[str, int]:
        """How far the run is; what it draws next follows from it."""
        return {"steps": self.steps, "updates_d": self.updates_d}

    def restore(self, tensors: Mapping[str, Tensor], counters: Mapping[str, int]) -> None:
        """Go on as a trainer with these settings did after it gave its tensors and counters.

        Raises:
            ValueError: if they are not those of such a trainer.
        """
        if self.counters().keys() != counters.keys():
            raise ValueError("this state is of another kind of trainer")
        trainer_state.restore(self._parts(), tensors)
        self.steps, self.updates_d = counters["steps"], counters["updates_d"]
        self._seen = None


def _called(module: nn.Module, x: Tensor, y: Tensor | None) -> Tensor:
    made: Tensor = module(x) if y is None else module(x, y)
    return made
