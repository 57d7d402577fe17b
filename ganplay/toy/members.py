"""What can be asked of S trained toys: samples, D's outputs, gradients, metrics."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ganplay.gan.class_shares import labels_in_shares
from ganplay.gan.losses import LOSSES
from ganplay.gan.record import PER_MEMBER, StepRecord, discriminator_stats
from ganplay.toy import metrics
from ganplay.toy.batches import latents, one_hot, real_points
from ganplay.toy.config import ToyConfig
from ganplay.toy.distributions import Distribution
from ganplay.toy.ensemble import Ensemble


class Members:
    """S toy GANs in one or more ensembles. Everything here only reads.

    Points are `(s, n, 2)`, samples before coordinates; noise and labels are features first,
    `(s, z, n)` and `(s, c, n)`, as the networks take them.

    Attributes:
        configs: of each member.
        ensembles: the members in parts, in order; those of a part are stepped together.
    """

    def __init__(self, configs: Sequence[ToyConfig], ensembles: Sequence[Ensemble]) -> None:
        self.configs = list(configs)
        self.ensembles = ensembles

    def __len__(self) -> int:
        return len(self.configs)

    @property
    def ensemble(self) -> Ensemble:
        """The only ensemble of a trainer whose members all fit into one."""
        (ensemble,) = self.ensembles
        return ensemble

    @property
    def steps(self) -> int:
        """Steps since the start."""
        return self.ensembles[0].steps

    def parts(self) -> Iterator[tuple[Ensemble, slice]]:
        """Each ensemble, and which of the members are its own."""
        start = 0
        for ensemble in self.ensembles:
            end = start + len(ensemble.configs)
            yield ensemble, slice(start, end)
            start = end

    def record(self) -> StepRecord:
        """What the last step computed, without taking another."""
        parts = [ensemble.record() for ensemble in self.ensembles]
        joined = {n: torch.cat([getattr(p, n) for p in parts]) for n in PER_MEMBER}
        first = parts[0]
        return StepRecord(first.step, first.updates_d, first.updates_g, **joined)

    def finite(self) -> bool:
        """Whether every parameter of every member is still a finite number."""
        return all(all(ensemble.finite()) for ensemble in self.ensembles)

    def parameters(self, net: str) -> Float[Tensor, "s p"]:
        """A copy of all parameters of a net ("d" or "g"), by the weights that are trained.

        Of the first ensemble alone.
        """
        state = self.ensembles[0].state
        return (state.d if net == "d" else state.g).flat.clone()

    def hidden(
        self, net: str, inputs: Float[Tensor, "s i n"], label: Float[Tensor, "s c n"] | None = None
    ) -> list[Float[Tensor, "s width n"]]:
        """Outputs of each hidden layer of a net ("d" or "g") for given points or noise.

        Of the first ensemble alone.
        """
        ensemble, outputs = self.ensembles[0], list[Tensor]()
        mlp, weights, buffers = ensemble.network(net)
        with torch.no_grad():
            mlp(weights, inputs, buffers, hidden=outputs, label=label)
        return outputs

    def matrices(self, net: str) -> list[Float[Tensor, "s o i"]]:
        """The weight matrices of a net as they are in effect, first layer first.

        With spectral norm these are not the parameters. Of the first ensemble alone.
        """
        mlp, weights, buffers = self.ensembles[0].network(net)
        return mlp.matrices(weights, buffers)

    def layer_norms(self, net: str) -> Float[Tensor, "s layers"]:
        """Norm of the last gradient over each layer of "d" or "g"; NaN before the first update."""
        return self._joined(lambda ensemble: ensemble.layer_norms(net))

    def noise(self, n: int) -> Float[Tensor, "s z n"]:
        """`n` latent vectors of each member, the same at every call."""
        return torch.stack([latents(config, n, "sample") for config in self.configs])

    def class_labels(self, n: int) -> Int[Tensor, "r n"] | None:
        """Classes of `n` fakes, in the data's shares (`labels_in_shares`); None without classes.

        One row for all members, or one for each if their data have different shares.
        """
        if not self.configs[0].classes:
            return None
        weights = [config.data.class_weights for config in self.configs]
        rows = weights[:1] if len(set(weights)) == 1 else weights
        return torch.stack([labels_in_shares(row, n) for row in rows])

    def labels(self, n: int, only: int | None = None) -> Float[Tensor, "s c n"] | None:
        """`n` one-hot labels of `class_labels`, or of the class `only`; None without classes."""
        classes = self.configs[0].classes
        index = self.class_labels(n) if only is None else torch.full((1, n), only)
        if not classes or index is None:
            return None
        return one_hot(index % classes, classes).expand(len(self), -1, -1)

    def real_labels(self, n: int) -> Float[Tensor, "s c n"] | None:
        """One-hot labels of the points of `real(n)`; None without classes."""
        classes = self.configs[0].classes
        if not classes:
            return None
        return one_hot(torch.stack([real_points(c, n)[1] for c in self.configs]), classes)

    def sample(self, n: int) -> Float[Tensor, "s n 2"]:
        """`n` fake points of each member, from the same latent vectors at every call.

        Made by the averaged generator if `ema` is on; of a conditional model with the data's
        shares of classes (`class_labels`).
        """
        return self.generate(self.noise(n), self.labels(n))

    def generate(
        self, z: Float[Tensor, "s z n"], label: Float[Tensor, "s c n"] | None = None
    ) -> Float[Tensor, "s n 2"]:
        """G's points for given latent vectors and one-hot labels."""
        inputs = z if label is None else torch.cat([z, label], dim=1)
        with torch.no_grad():
            return self._joined(Ensemble.generate, inputs).mT

    def discriminate(
        self, points: Float[Tensor, "s n 2"], label: Float[Tensor, "s c n"] | None = None
    ) -> Float[Tensor, "s n"]:
        """D's logits at given points; by default with the labels of fakes, `labels`.

        Real points of a conditional model need their own, `real_labels`.
        Minibatch layers see each point as if it were one more of a batch of real ones.
        """
        label = self.labels(points.shape[1]) if label is None else label
        with torch.no_grad():
            return self._joined(Ensemble.discriminate, points.mT, label)

    def fake_gradients(
        self, points: Float[Tensor, "s n 2"], label: Float[Tensor, "s c n"] | None = None
    ) -> Float[Tensor, "s n 2"]:
        """Minus the gradient of G's loss at each fake point: where G is pushed to move it."""
        label = self.labels(points.shape[1]) if label is None else label
        return self._joined(Ensemble.fake_gradients, points.mT, label).mT

    def input_gradient_norms(
        self, points: Float[Tensor, "s n 2"], label: Float[Tensor, "s c n"] | None = None
    ) -> Float[Tensor, "s n"]:
        """Norm of the gradient of D's logit at each point."""
        label = self.labels(points.shape[1]) if label is None else label
        return self._joined(Ensemble.input_gradient_norms, points.mT, label)

    def gradient_g(self, loss: str, n: int) -> Float[Tensor, "s p"]:
        """Gradient of any loss (a key of `LOSSES`) over G's parameters, on `n` fakes; no step.

        As in training, fakes have the labels of the real points beside them.
        """
        real, z, label = self.real(n).mT, self.noise(n), self.real_labels(n)
        return self._joined(partial(Ensemble.gradient_g, loss=loss), real, z, label)

    def real(self, n: int) -> Float[Tensor, "s n 2"]:
        """`n` real points of each member, the same at every call and not those trained on."""
        return torch.stack([real_points(c, n)[0] for c in self.configs])

    def distribution(self, member: int = 0) -> Distribution:
        """What a member is to learn."""
        return self.configs[member].data

    def evaluate(self, n: int = 2500) -> dict[str, Float[Tensor, "s"]]:
        """Metrics of `n` fakes against `n` real points, by name; each (S,).

        These are `metrics.compare`'s, what D says of the two samples (`discriminator_stats`), and
        the norms of the last gradients. `noise_floor` says what two real samples would give.
        """
        fake, real = self.sample(n), self.real(n)
        loss, record, report = LOSSES[self.configs[0].loss], self.record(), self.compare(n)
        real_logits = self.discriminate(real, self.real_labels(n))
        report |= discriminator_stats(loss, real_logits, self.discriminate(fake))
        return report | {"grad_norm_d": record.grad_norm_d, "grad_norm_g": record.grad_norm_g}

    def compare(self, n: int, quick: bool = False) -> dict[str, Float[Tensor, "s"]]:
        """`metrics.compare` of `n` fakes with `n` real points, by name; each (S,)."""
        data = [config.data for config in self.configs]
        triples = zip(self.real(n), self.sample(n), data, strict=True)
        rows = [metrics.compare(*triple, quick=quick) for triple in triples]
        return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}

    def noise_floor(self, n: int = 2500) -> dict[str, float]:
        """What `compare` gives for two samples of the first member's data."""
        return metrics.noise_floor(self.distribution(), n)

    def _joined(self, method: Callable[..., Tensor], *inputs: Tensor | None) -> Tensor:
        """A method's result over all members, each ensemble given its part of the inputs."""
        return torch.cat(
            [method(e, *(x if x is None else x[own] for x in inputs)) for e, own in self.parts()]
        )
