"""Trainers: what a script, the command line and the engine train networks with.

Nothing here prints, draws or loops for its own sake: loops are the caller's.
"""

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.common.devices import threads_of_torch
from ganplay.common.seeding import generator_of
from ganplay.gan.losses import LOSSES
from ganplay.gan.record import PER_MEMBER, StepRecord
from ganplay.toy import metrics
from ganplay.toy.batches import STREAMS, draw_noise, real_points
from ganplay.toy.config import ToyConfig, needs_new_networks
from ganplay.toy.distributions import Distribution
from ganplay.toy.ensemble import Ensemble, Net, judged
from ganplay.toy.snapshot import Snapshot
from ganplay.toy.step import Batch, Structure


class ToyTrainer:
    """Trains S small GANs on the plane at once.

    The members share what shapes the computation (architecture, loss, penalty, optimisers, batch
    size, updates per step) and may differ in seed, data and every number that a slider moves.
    With equal seeds, configuration and S a run repeats exactly on one machine.
    """

    def __init__(
        self,
        config: ToyConfig | Sequence[ToyConfig] | None = None,
        seeds: Sequence[int] | None = None,
        *,
        threads: int | None = None,
        use_capture: bool = True,
    ) -> None:
        """Make fresh networks.

        Args:
            config: one configuration for all members, or one for each.
            seeds: one member for each, in place of the configurations' own seed.
            threads: how many threads share the work; by default as many as torch uses. With 1
                all happens in the calling thread.
            use_capture: replay captured steps once they are made (in the background); the
                numbers are the same without.

        Raises:
            ValueError: if there are no members, or their structures differ.
        """
        configs = [config or ToyConfig()] if not isinstance(config, Sequence) else list(config)
        if seeds is not None:
            configs = configs * len(seeds) if len(configs) == 1 else configs
            if len(configs) != len(seeds):
                raise ValueError(f"{len(configs)} configurations for {len(seeds)} seeds")
            configs = [replace(c, seed=int(s)) for c, s in zip(configs, seeds, strict=True)]
        _check_members(configs)
        self.configs = configs
        threads = threads or torch.get_num_threads()
        # The members in parts; those of a part are stepped together.
        self.ensembles = [Ensemble(part, use_capture) for part in together(configs, threads)]
        workers = min(len(self.ensembles), threads)
        self._pool = ThreadPoolExecutor(workers) if workers > 1 else None
        wide = len(self.ensembles) == 1 and _floats(configs) >= _WORTH_A_THREAD
        self._threads_each = threads if wide else 1

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

    def step(self, count: int = 1, net: Net = "both") -> StepRecord:
        """Take steps: of both nets (k updates of each, as configured), or one update of one net."""
        self.advance(count, net)
        return self.record()

    def advance(self, count: int, net: Net = "both") -> None:
        """Take steps as `step` does, where nobody asks what the last one saw."""
        self._each(lambda ensemble: ensemble.step(count, net))

    def record(self) -> StepRecord:
        """What the last step saw, without taking another."""
        parts = [ensemble.record() for ensemble in self.ensembles]
        joined = {n: torch.cat([getattr(p, n) for p in parts]) for n in PER_MEMBER}
        first = parts[0]
        return StepRecord(first.step, first.updates_d, first.updates_g, **joined)

    def finite(self) -> bool:
        """Whether every parameter of every member is still a finite number."""
        return all(all(ensemble.finite()) for ensemble in self.ensembles)

    def warm_up(self) -> None:
        """Wait until the steps are captured, for measuring; training does not need it."""
        self._each(Ensemble.warm_up)

    def configure(self, config: ToyConfig | Sequence[ToyConfig]) -> None:
        """Go on with other settings, on the same networks; seeds stay as they are.

        Raises:
            ValueError: if the new settings need new networks (`config.needs_new_networks`).
        """
        given = [config] * len(self) if isinstance(config, ToyConfig) else list(config)
        configs = [replace(n, seed=o.seed) for n, o in zip(given, self.configs, strict=True)]
        _check_members(configs)
        if any(needs_new_networks(o, n) for o, n in zip(self.configs, configs, strict=True)):
            raise ValueError("these settings need new networks: make a new trainer")
        self.configs = configs
        start = 0
        for ensemble in self.ensembles:
            ensemble.configure(configs[start : start + len(ensemble.configs)])
            start += len(ensemble.configs)

    def snapshot(self) -> Snapshot:
        """All that training goes on from, for all members, in memory of its own."""
        parts = [ensemble.snapshot() for ensemble in self.ensembles]
        first = parts[0]  # all ensembles are at the same step and at the same place of their blocks
        starts = {p: torch.cat([part.positions[p].start for part in parts]) for p in STREAMS}
        return first._replace(
            tensors={n: torch.cat([part.tensors[n] for part in parts]) for n in first.tensors},
            positions={p: first.positions[p]._replace(start=starts[p]) for p in STREAMS},
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go on as a trainer with these settings did after it gave the snapshot."""
        start = 0
        for ensemble in self.ensembles:
            own = slice(start, start + len(ensemble.configs))
            ensemble.restore(snapshot.members(own))
            start = own.stop

    def slow_step(self) -> Iterator[tuple[str, Batch]]:
        """One step of the first member and its ensemble in parts; see `Ensemble.slow_step`."""
        return self.ensembles[0].slow_step()

    def batch_fakes(self, batch: Batch) -> Float[Tensor, "s b 2"]:
        """Fakes of a batch's noise by the weights that are trained (not their average)."""
        return self.ensembles[0].batch_fakes(batch).mT

    def batch_outputs(
        self, batch: Batch, fake: Float[Tensor, "s b 2"]
    ) -> tuple[Float[Tensor, "s b"], Float[Tensor, "s b"]]:
        """D(x) on a batch's real points and on fakes, as the loss reads them."""
        output = LOSSES[self.configs[0].loss].output
        real_logits, fake_logits = self.ensembles[0].batch_outputs(batch, fake.mT)
        return output(real_logits), output(fake_logits)

    def parameters(self, net: str) -> Float[Tensor, "s p"]:
        """A copy of all parameters of a net ("d" or "g") as they are trained."""
        state = self.ensembles[0].state
        return (state.d if net == "d" else state.g).flat.clone()

    def hidden(
        self, net: str, inputs: Float[Tensor, "s i n"], label: Float[Tensor, "s c n"] | None = None
    ) -> list[Float[Tensor, "s width n"]]:
        """What each hidden layer of a net ("d" or "g") puts out for given points or noise.

        Of the first member and those that are stepped together with it.
        """
        ensemble, outputs = self.ensembles[0], list[Tensor]()
        plan, weights, buffers = ensemble.network(net)
        x = inputs if label is None else torch.cat([inputs, label], dim=1)
        with torch.no_grad():
            plan(weights, x, buffers, hidden=outputs)
        return outputs

    def matrices(self, net: str) -> list[Float[Tensor, "s o i"]]:
        """The weight matrices of a net in effect, from the input on; of the same as `hidden`."""
        plan, weights, buffers = self.ensembles[0].network(net)
        return plan.matrices(weights, buffers)

    def layer_norms(self, net: str) -> Float[Tensor, "s layers"]:
        """Norm of each layer's part of the last gradient, from the input on; NaN before it.

        `net` is "d" or "g".
        """
        return self._joined(lambda ensemble: ensemble.layer_norms(net))

    def noise(self, n: int) -> Float[Tensor, "s z n"]:
        """N latent vectors for each member, features first; the same ones at every call."""
        return torch.stack(
            [
                draw_noise(c.noise, c.noise_dim, n, generator_of(c.seed, "sample"))
                for c in self.configs
            ]
        )

    def labels(self, n: int, only: int | None = None) -> Float[Tensor, "s c n"] | None:
        """N one-hot labels, each class in turn or `only` one; None if the model has no classes."""
        classes = self.configs[0].classes
        if not classes:
            return None
        index = torch.arange(n) if only is None else torch.full((n,), only)
        hot = torch.nn.functional.one_hot(index % classes, classes)
        return hot.T.float().expand(len(self), -1, -1)

    def sample(self, n: int) -> Float[Tensor, "s n 2"]:
        """N fake points of each member, from the same latent vectors at every call.

        Made by the averaged generator where `ema` is on.
        """
        return self.generate(self.noise(n), self.labels(n))

    def generate(
        self, z: Float[Tensor, "s z n"], label: Float[Tensor, "s c n"] | None = None
    ) -> Float[Tensor, "s n 2"]:
        """Points of G for given latent vectors (and one-hot labels)."""
        inputs = z if label is None else torch.cat([z, label], dim=1)
        with torch.no_grad():
            return self._joined(Ensemble.generate, inputs).mT

    def discriminate(
        self, points: Float[Tensor, "s n 2"], label: Float[Tensor, "s c n"] | None = None
    ) -> Float[Tensor, "s n"]:
        """Logits of D at given points; by default with labels as in `labels`.

        Where D looks at whole batches, each point is judged as one more of a batch of real ones.
        """
        label = self.labels(points.shape[1]) if label is None else label
        with torch.no_grad():
            return self._joined(Ensemble.discriminate, points.mT, label)

    def fake_gradients(
        self, points: Float[Tensor, "s n 2"], label: Float[Tensor, "s c n"] | None = None
    ) -> Float[Tensor, "s n 2"]:
        """Minus the gradient of G's loss at each fake point: where D wants it to move."""
        label = self.labels(points.shape[1]) if label is None else label
        return self._joined(Ensemble.fake_gradients, points.mT, label).mT

    def input_gradient_norms(
        self, points: Float[Tensor, "s n 2"], label: Float[Tensor, "s c n"] | None = None
    ) -> Float[Tensor, "s n"]:
        """How steep D is at given points: the norm of the gradient of its logit."""
        label = self.labels(points.shape[1]) if label is None else label
        return self._joined(Ensemble.input_gradient_norms, points.mT, label)

    def gradient_g(self, loss: str, n: int) -> Float[Tensor, "s p"]:
        """Gradient over G's parameters of a loss (of `LOSSES`) on n fakes, without any step."""
        real, z, label = self.real(n).mT, self.noise(n), self.labels(n)
        return self._joined(partial(Ensemble.gradient_g, loss=loss), real, z, label)

    def real(self, n: int) -> Float[Tensor, "s n 2"]:
        """N real points for each member; the same ones at every call."""
        return torch.stack([real_points(c, n)[0] for c in self.configs])

    def distribution(self, member: int = 0) -> Distribution:
        """What a member is to learn."""
        return self.configs[member].data

    def evaluate(self, n: int = 2500) -> dict[str, Float[Tensor, "s"]]:
        """Metrics of n fakes against n real points, by name; each (S,).

        Beside those of `metrics.compare` what D says of the two samples, and the gradients'
        norms at the last step. `noise_floor` has what two real samples would give.
        """
        fake, real = self.sample(n), self.real(n)
        report = self._compared(real, fake)
        loss, record = LOSSES[self.configs[0].loss], self.record()
        report |= judged(loss, self.discriminate(real), self.discriminate(fake))
        return report | {"grad_norm_d": record.grad_norm_d, "grad_norm_g": record.grad_norm_g}

    def compare(self, n: int, quick: bool = False) -> dict[str, Float[Tensor, "s"]]:
        """`metrics.compare` of n fakes with n real points, by name; each (S,)."""
        return self._compared(self.real(n), self.sample(n), quick)

    def _compared(self, real: Tensor, fake: Tensor, quick: bool = False) -> dict[str, Tensor]:
        rows = [
            metrics.compare(real[i], fake[i], self.distribution(i), quick) for i in range(len(self))
        ]
        return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}

    def noise_floor(self, n: int = 2500) -> dict[str, float]:
        """What `evaluate`'s comparison gives for two samples of the first member's data."""
        return metrics.noise_floor(self.distribution(), n)

    def _each(self, work: Callable[[Ensemble], None]) -> None:
        with threads_of_torch(self._threads_each):
            if self._pool is None:
                for ensemble in self.ensembles:
                    work(ensemble)
            else:
                list(self._pool.map(partial(_in_one_thread, work), self.ensembles))

    def _joined(self, method: Callable[..., Tensor], *inputs: Tensor | None) -> Tensor:
        """A method's result over all members, each ensemble given its part of the inputs."""
        sizes = [len(ensemble.configs) for ensemble in self.ensembles]
        parts = [[None] * len(sizes) if x is None else x.split(sizes) for x in inputs]
        return torch.cat([method(c, *p) for c, *p in zip(self.ensembles, *parts, strict=True)])


def _in_one_thread(work: Callable[[Ensemble], None], ensemble: Ensemble) -> None:
    torch.set_num_threads(1)
    work(ensemble)


def shape_of(config: ToyConfig) -> Hashable:
    """What configurations must have in common to be members of one trainer."""
    return Structure.of(config), config.steps_d, config.steps_g


def _check_members(configs: Sequence[ToyConfig]) -> None:
    if not configs:
        raise ValueError("no seeds: at least one member is needed")
    if len(set(map(shape_of, configs))) > 1:
        raise ValueError(
            "members of one trainer must share architecture, loss, penalty, optimisers, batch "
            "size and updates per step; they may differ in seed, data and numbers"
        )


_CACHED = 2**17
"""Floats of the widest activation of D, at most, of members that are stepped together."""
_WORTH_A_THREAD = 2**16
"""Floats of that activation from which on a second thread pays for its coordination."""


def _floats(configs: Sequence[ToyConfig]) -> int:
    """Size of the widest activation of D for all members: real and fake, one row a unit."""
    c = configs[0]
    widest = max(c.width_g * (c.layers_g > 0), c.width_d * (c.layers_d > 0), 2)
    return widest * 2 * c.batch_size * len(configs)


def fitting_together(config: ToyConfig) -> int:
    """How many members with these settings are best stepped together."""
    return max(1, _CACHED // _floats([config]))


def together(configs: Sequence[ToyConfig], threads: int) -> list[Sequence[ToyConfig]]:
    """Members in parts that are stepped together.

    Small nets gain from large parts (fewer calls a member), wide ones from parts whose
    activations stay in the cache, spread over the threads.
    """
    floats = _floats(configs)
    spread = min(threads, len(configs), floats // _WORTH_A_THREAD)
    count = max(math.ceil(floats / _CACHED), spread)
    size = math.ceil(len(configs) / min(count, len(configs)))
    return [configs[i : i + size] for i in range(0, len(configs), size)]
