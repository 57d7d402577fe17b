"""Networks that take their steps together: one structure, one state, captured where possible."""

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.common.seeding import generator_of
from ganplay.gan.losses import GanLoss, cross_entropy_d
from ganplay.gan.record import PER_MEMBER, StepRecord
from ganplay.toy.architecture import split
from ganplay.toy.batches import BatchStream, real_points
from ganplay.toy.config import ToyConfig
from ganplay.toy.graph_capture import CAPTURES, Replay, flatten
from ganplay.toy.mlp import Mlp
from ganplay.toy.optimizers import Moments
from ganplay.toy.snapshot import Snapshot
from ganplay.toy.step import (
    AdversarialStep,
    Batch,
    Hyperparameters,
    NetState,
    State,
    Structure,
    UpdateResult,
)

Net = Literal["d", "g", "both"]
_PENDING = "pending."
"""Begins the names of what a snapshot has of a batch that G has yet to answer on."""


LastUpdate = tuple[Sequence[str], Sequence[Tensor | None]]
"""Names of an update's `Outcome`, and its values; put together only where somebody asks."""


PlannedUpdate = tuple[str, Batch]
"""An update ("d", "g" or "both") and the batch that it is to be made on."""


class Ensemble:
    """S members of one structure that take their steps together."""

    def __init__(self, configs: Sequence[ToyConfig], use_capture: bool) -> None:
        self.configs = list(configs)
        self.structure = Structure.of(configs[0])
        self.updates = {"d": 0, "g": 0}
        self.steps = 0
        self.use_capture = use_capture
        self._streams = BatchStream(configs)
        self._pending: Batch | None = None
        self.last: dict[str, LastUpdate] = {"d": ((), ()), "g": ((), ())}
        structure = self.structure
        self.state, self.columns = _in_columns(
            State(
                self._net(structure.generator, "generator"),
                self._net(structure.discriminator, "discriminator"),
                Hyperparameters.of(configs),
                updates=torch.zeros(len(configs), 1),
                ones=torch.ones(len(configs), 1),
            )
        )
        self._restructure()

    @property
    def _reference(self) -> Float[Tensor, "s i b"]:
        """D's inputs for a batch of real points, for layers that look at whole batches."""
        inputs = []
        for config in self.configs:
            points, labels = real_points(config, config.batch_size)
            if config.classes:
                hot = torch.nn.functional.one_hot(labels, config.classes)
                points = torch.cat([points, hot], dim=1)
            inputs.append(points.T)
        return torch.stack(inputs)

    def _net(self, plan: Mlp, purpose: str) -> NetState:
        flat, buffers = plan.initialise([generator_of(c.seed, purpose) for c in self.configs])
        moments = Moments.zeros(flat)
        weights, buffer_views = split(flat, plan.shapes()), split(buffers, plan.buffer_shapes())
        return NetState(flat, flat.clone(), moments, weights, buffer_views)

    def _restructure(self) -> None:
        """Look up the functions of a structure; the captured ones come when they are made."""
        self._step = AdversarialStep(self.structure)
        self.flat_state = flatten(self.state)
        penalty = ["penalty"] if self.structure.penalty != "none" else []
        names = {
            "d": ["real_logits", "fake_logits", *penalty, "gradient_d"],
            "g": ["g_logits", "gradient_g"],
        }
        self._outcome_names = names | {"both": names["d"] + names["g"]}
        self._replays: dict[str, Replay | None] = {}
        self._futures: dict[str, Future[Replay | None]] = {}

    def configure(self, configs: Sequence[ToyConfig]) -> None:
        """Go on with other settings on the same networks."""
        before, after = self.structure, Structure.of(configs[0])
        self.configs = list(configs)
        for old, new in zip(self.state.numbers, Hyperparameters.of(configs), strict=True):
            old.copy_(new)
        for net, changed in (
            (self.state.g, before.optimizer_g != after.optimizer_g),
            (self.state.d, before.optimizer_d != after.optimizer_d),
        ):
            if changed:
                for moment in net.moments:
                    moment.zero_()
        if after.ema and not before.ema:
            self.state.g.average.copy_(self.state.g.flat)
        self._streams.configure(configs)
        if after != before:
            self.structure, self._pending = after, None
            self._restructure()

    def step(self, count: int, net: Net) -> None:
        """Take `count` steps."""
        for _ in range(count):
            if net == "both":
                self._round()
            elif net == "d":
                self._pending = self._streams.next()
                self._update("d", self._pending)
            else:
                # After D alone, G answers on the same noise, so that D, then G is one round.
                self._update("g", self._pending or self._streams.next())
                self._pending = None
            self.steps += 1

    def _round(self) -> None:
        for part in self._parts():
            self._update(part, self._streams.next())
        self._pending = None

    def _parts(self) -> list[str]:
        """The updates of one step, each on a batch of its own."""
        config = self.configs[0]
        together = min(config.steps_d, config.steps_g, 1)
        return (
            ["d"] * (config.steps_d - together)
            + ["both"] * together
            + ["g"] * (config.steps_g - together)
        )

    def draw(self, count: int) -> list[PlannedUpdate]:
        """The updates of the next steps with their batches, which are then to be taken."""
        return [(part, self._streams.next()) for _ in range(count) for part in self._parts()]

    def take(self, drawn: Sequence[PlannedUpdate], count: int) -> None:
        """Take `count` steps on the batches that were drawn for them."""
        for part, batch in drawn:
            self._update(part, batch)
        self._pending = None
        self.steps += count

    def finite(self) -> list[bool]:
        """Whether every parameter of each member is still a finite number."""
        sums = (net.flat.sum(1).tolist() for net in (self.state.g, self.state.d))
        return [math.isfinite(g + d) for g, d in zip(*sums, strict=True)]

    def seen_by_each(self) -> list[dict[str, LastUpdate]]:
        """What the last updates saw, of each member alone: each tensor is taken apart at once."""
        members = range(len(self.configs))
        each: list[dict[str, LastUpdate]] = [{} for _ in members]
        for net, (names, values) in self.last.items():
            apart = [[None] * len(members) if t is None else t.split(1) for t in values]
            for i in members:
                each[i][net] = names, [rows[i] for rows in apart]
        return each

    def follow(self, updates: dict[str, int], seen: dict[str, LastUpdate], count: int) -> None:
        """Note that a member of another ensemble has taken `count` steps in our place.

        Args:
            updates: that each net had in them.
            seen: what the last of these saw (`seen_by_each`).
            count: steps.
        """
        self._pending = None
        self.steps += count
        for net, more in updates.items():
            self.updates[net] += more
            if more:
                self.last[net] = seen[net]

    def slow_step(self) -> Iterator[tuple[str, Batch]]:
        """One step as any other, that stops before an update of each net and at its end.

        Where a net is updated more than once, this is the update that has a batch in common with
        the other net. Yields the net that is next ("moved" after these updates, "end" after
        all) with the batch; nothing where neither net is ever updated.
        """
        config = self.configs[0]
        shared = config.steps_d > 0 and config.steps_g > 0
        if not config.steps_d and not config.steps_g:
            self.steps += 1
            return
        for _ in range(config.steps_d - 1):
            self._update("d", self._streams.next())
        batch = self._streams.next()
        if config.steps_d:
            yield "d", batch
        if config.steps_d and not (shared and config.simultaneous):
            self._update("d", batch)
        if config.steps_g:
            yield "g", batch
            self._update("both" if shared and config.simultaneous else "g", batch)
        yield "moved", batch
        for _ in range(config.steps_g - 1):
            self._update("g", self._streams.next())
        self._pending = None
        self.steps += 1
        yield "end", batch

    def _update(self, part: str, batch: Batch) -> None:
        replay = self._replays.get(part) or self._ready(part, batch)
        last: LastUpdate
        if replay:
            tensors = replay(*self.flat_state, *[t for t in batch if t is not None])
            last = self._outcome_names[part], tensors
        else:
            with torch.no_grad():
                last = (
                    UpdateResult._fields,
                    getattr(self._step, f"update_{part}")(self.state, batch),
                )
        for net in ("d", "g") if part == "both" else (part,):
            self.updates[net] += 1
            self.last[net] = last

    def _ready(self, part: str, batch: Batch) -> Replay | None:
        """The captured function if it is made by now; its making is begun if it was not."""
        if not self.use_capture:
            return None
        future = self._futures.get(part)
        if future is None:
            future = self._futures[part] = self._begin_capture(part, batch)
        if future.done():
            self._replays[part] = future.result()
            if future.result() is None:
                self.use_capture = False
            return future.result()
        return None

    def _begin_capture(self, part: str, batch: Batch) -> "Future[Replay | None]":
        key = self.structure, part, len(self.configs)
        update = getattr(AdversarialStep(self.structure), f"update_{part}")
        return CAPTURES.get(key, update, lambda: (self.copy_state(), batch))

    def warm_up(self) -> None:
        """Wait until the functions of a round are captured; state and streams stay as they are."""
        batch = BatchStream(self.configs).next()
        for part in set(self._parts()):
            if self.use_capture:
                self._ready(part, batch)
                self._futures[part].result()
                self._ready(part, batch)

    def copy_state(self) -> State:
        """The state in memory of its own, with weights that are views of its own flat tensors."""
        nets = []
        for net, plan in (
            (self.state.g, self.structure.generator),
            (self.state.d, self.structure.discriminator),
        ):
            flat = net.flat.clone()
            nets.append(
                NetState(
                    flat,
                    net.average.clone(),
                    Moments(*(m.clone() for m in net.moments)),
                    split(flat, plan.shapes()),
                    [b.clone() for b in net.buffers],
                )
            )
        numbers = Hyperparameters(*(n.clone() for n in self.state.numbers))
        return State(nets[0], nets[1], numbers, self.state.updates.clone(), self.state.ones)

    def snapshot(self) -> Snapshot:
        """What to go on from later, in memory of its own."""
        tensors = {name: tensor.clone() for name, tensor in self._tensors().items()}
        if self._pending is not None:
            for name, tensor in self._pending._asdict().items():
                if tensor is not None:
                    tensors[_PENDING + name] = tensor
        return Snapshot(self.steps, dict(self.updates), tensors, self._streams.positions())

    def restore(self, snapshot: Snapshot) -> None:
        """Go on as the ensemble that gave the snapshot would; what it last saw is unknown."""
        for name, tensor in self._tensors().items():
            tensor.copy_(snapshot.tensors[name])
        batch: dict[str, Any] = {n: snapshot.tensors.get(_PENDING + n) for n in Batch._fields}
        self._pending = Batch(**batch) if batch["z"] is not None else None
        self._streams.go_to(snapshot.positions)
        self.steps, self.updates = snapshot.steps, dict(snapshot.updates)
        self.last = {"d": ((), ()), "g": ((), ())}

    def _tensors(self) -> dict[str, Tensor]:
        """Everything that steps change, by name: the state's own tensors."""
        named = {"updates": self.state.updates}
        for name, net in (("generator", self.state.g), ("discriminator", self.state.d)):
            named[f"{name}.parameters"] = net.flat
            named |= {f"{name}.moments.{k}": m for k, m in net.moments._asdict().items()}
            named |= {f"{name}.buffers.{i}": b for i, b in enumerate(net.buffers)}
        if self.structure.ema:
            named["generator.average"] = self.state.g.average
        return named

    def generate(self, inputs: Float[Tensor, "s i n"]) -> Float[Tensor, "s 2 n"]:
        """G's points, by its averaged weights where they are kept."""
        plan, weights, buffers = self.network("g")
        return plan(weights, inputs, buffers)[0]

    def network(self, net: str) -> tuple[Mlp, list[Tensor], list[Tensor]]:
        """Plan, weights and buffers of a net; of G the averaged ones where they are kept."""
        if net == "d":
            return self.structure.discriminator, self.state.d.weights, self.state.d.buffers
        state, plan = self.state.g, self.structure.generator
        weights = split(state.average, plan.shapes()) if self.structure.ema else state.weights
        return plan, weights, state.buffers

    def discriminate(
        self, points: Float[Tensor, "s 2 n"], label: Tensor | None
    ) -> Float[Tensor, "s n"]:
        """D's logits, each point judged as one more of a batch of real ones."""
        plan, net = self.structure.discriminator, self.state.d
        x = points if label is None else torch.cat([points, label], dim=1)
        reference = None
        if plan.minibatch != "none":
            _, reference = plan(net.weights, self._reference, net.buffers)
        logits = plan(net.weights, x, net.buffers, reference=reference)[0].squeeze(1)
        return logits * self.state.numbers.scale_d

    def batch_outputs(self, batch: Batch, fake: Float[Tensor, "s 2 b"]) -> tuple[Tensor, Tensor]:
        """D's logits (s, b) on a batch's real points and on fakes, each judged as one batch."""
        label = None if batch.label is None else torch.cat([batch.label] * 2, dim=2)
        x = torch.cat([batch.real, fake], dim=2)
        with torch.no_grad():
            logits, _ = self._step.judge(self.state, self.state.d.weights, x, label, batches=2)
        real_logits, fake_logits = logits.split(batch.real.shape[2], dim=1)
        return real_logits, fake_logits

    def batch_fakes(self, batch: Batch) -> Float[Tensor, "s 2 b"]:
        """What G, as it is trained, makes of a batch's noise."""
        inputs = batch.z if batch.label is None else torch.cat([batch.z, batch.label], dim=1)
        with torch.no_grad():
            return self.structure.generator(self.state.g.weights, inputs, self.state.g.buffers)[0]

    def fake_gradients(self, points: Float[Tensor, "s 2 n"], label: Tensor | None) -> Tensor:
        """Minus the gradient of G's loss at each of a batch of fakes."""
        return -self._gradient_at(points, label, self._step.loss.g_loss)

    def input_gradient_norms(self, points: Float[Tensor, "s 2 n"], label: Tensor | None) -> Tensor:
        """Norm (s, n) of the gradient of D's logit at each of a batch of points."""
        return self._gradient_at(points, label, lambda logits: logits).norm(dim=1)

    def _gradient_at(
        self, points: Tensor, label: Tensor | None, of: Callable[[Tensor], Tensor]
    ) -> Tensor:
        with torch.enable_grad():
            x = points.detach().requires_grad_()
            logits, _ = self._step.judge(self.state, self.state.d.weights, x, label)
            (slope,) = torch.autograd.grad(of(logits).sum(), x)
        return slope

    def gradient_g(
        self, real: Tensor, z: Tensor, label: Tensor | None, loss: str
    ) -> Float[Tensor, "s p"]:
        """What G's gradient over its parameters would be with a loss; nothing moves."""
        step = AdversarialStep(replace(self.structure, loss=loss))
        with torch.no_grad():
            return step.gradient_g(self.state, Batch(real, z, label, None, None))[0]

    def last_of(self, net: str, name: str) -> Tensor | None:
        """What the last update of a net saw, by its name in `Outcome`; None where nothing."""
        return dict(zip(*self.last[net], strict=True)).get(name)

    def layer_norms(self, net: str) -> Float[Tensor, "s layers"]:
        """Norm of each layer's part (weights, biases) of the last gradient; NaN before it."""
        plan = self.structure.discriminator if net == "d" else self.structure.generator
        seen = self.last_of(net, f"gradient_{net}")
        layers = plan.layers + 1
        if seen is None:
            return torch.full((len(self.configs), layers), math.nan)
        parts = [part.flatten(1) for part in split(seen, plan.shapes())]
        pairs = zip(parts[: 2 * layers : 2], parts[1 : 2 * layers : 2], strict=True)
        return torch.stack([torch.cat(pair, dim=1).norm(dim=1) for pair in pairs], dim=1)

    def record(self) -> StepRecord:
        """What the last updates saw; NaN for what has not been updated yet."""
        d, g = (UpdateResult(**dict(zip(*self.last[net], strict=True))) for net in ("d", "g"))
        counts = self.steps, self.updates["d"], self.updates["g"]
        return recorded(self._step, self.state, d, g, counts)


def _in_columns(state: State) -> tuple[State, Float[Tensor, "s columns"]]:
    """The state with all that is one number a member as columns of one tensor, and that tensor.

    So it is copied at once.
    """
    moments = state.g.moments, state.d.moments
    fills = [fill for m in moments for fill in (m.filled1, m.filled2)]
    columns = torch.cat([*state.numbers, *fills, state.updates], dim=1)
    *numbers, g1, g2, d1, d2, updates = columns.split(1, dim=1)
    g = state.g._replace(moments=moments[0]._replace(filled1=g1, filled2=g2))
    d = state.d._replace(moments=moments[1]._replace(filled1=d1, filled2=d2))
    return State(g, d, Hyperparameters(*numbers), updates, state.ones), columns


def recorded(
    step: AdversarialStep,
    state: State,
    d: UpdateResult,
    g: UpdateResult,
    counts: tuple[int, int, int],
) -> StepRecord:
    """The record of what the last updates of D and of G saw, and of steps and updates so far."""
    loss, numbers = step.loss, state.numbers
    unknown = torch.full((len(state.g.flat),), math.nan)
    values = dict.fromkeys(PER_MEMBER, unknown) | {"penalty": torch.zeros_like(unknown)}
    if d.real_logits is not None and d.fake_logits is not None and d.gradient_d is not None:
        values |= judged(loss, d.real_logits, d.fake_logits)
        extra = (numbers.label_smoothing,) if step.structure.smoothing else ()
        values["d_loss"] = loss.d_loss(d.real_logits, d.fake_logits, *extra).mean(1)
        values["grad_norm_d"] = d.gradient_d.norm(dim=1)
    if d.penalty is not None:
        values["penalty"] = d.penalty[:, 0]
    if g.g_logits is not None and g.gradient_g is not None:
        values["g_loss"] = loss.g_loss(g.g_logits).mean(1)
        values["grad_norm_g"] = g.gradient_g.norm(dim=1)
    sums = state.g.flat.sum(1) + state.d.flat.sum(1)
    for logits in (d.real_logits, d.fake_logits, g.g_logits):
        sums = sums if logits is None else sums + logits.sum(1)
    values["finite"] = sums.isfinite()
    done, updates_d, updates_g = counts
    return StepRecord(done, updates_d, updates_g, **values)


def judged(loss: GanLoss, real_logits: Tensor, fake_logits: Tensor) -> dict[str, Tensor]:
    """What D says of real and of fake samples (s, n), by `StepRecord`'s names."""
    right = (real_logits > loss.threshold).float() + (fake_logits <= loss.threshold).float()
    unknown = torch.full_like(real_logits[..., 0], math.nan)
    report = {
        "d_real": loss.output(real_logits).mean(-1),
        "d_fake": loss.output(fake_logits).mean(-1),
        "accuracy": unknown if math.isnan(loss.threshold) else right.mean(-1) / 2,
        "value": unknown,
    }
    if loss.reading == "probability":
        # cross_entropy_d is V(D, G) with its sign turned.
        report["value"] = -cross_entropy_d(real_logits, fake_logits).mean(-1)
    return report
