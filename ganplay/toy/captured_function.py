"""Looking at an ensemble again and again by one function, captured once that is worth it."""

from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from torch import Tensor

from ganplay.toy.config import ToyConfig
from ganplay.toy.ensemble import Ensemble
from ganplay.toy.graph_capture import CAPTURES, Replay
from ganplay.toy.step import State

CALLS_BEFORE_CAPTURE = 8
"""Looks of one kind after which the function is captured."""

Inputs = TypeVar("Inputs", bound=tuple[Any, ...])
Outputs = TypeVar("Outputs", bound=tuple[Any, ...])


class CapturedFunction(Generic[Inputs, Outputs]):
    """One such function. The numbers are the same however they are computed.

    Args:
        look: reads the state of the ensemble, what its last updates saw, and its other arguments,
            and nothing else. Its inputs and outputs are NamedTuples of tensors and Nones; which
            are None may depend on `about` and on the ensemble's structure, but not on numbers.
    """

    def __init__(self, look: Callable[[Ensemble, Inputs, Any], Outputs]) -> None:
        self._look = look
        self._kind: tuple[Any, ...] = ()
        self._times = 0
        self._made: Future[Replay | None] | None = None
        self._filled: tuple[bool, ...] = ()

    @property
    def captured(self) -> Replay | None:
        """The captured function, if it has been made by now."""
        return self._made.result() if self._made is not None and self._made.done() else None

    def __call__(self, ensemble: Ensemble, inputs: Inputs, about: Hashable = None) -> Outputs:
        """Look at an ensemble as it is now."""
        seen = {net: _there(*ensemble.last[net]) for net in ensemble.last}
        names = tuple(tuple(one) for one in seen.values())
        shapes = (None if t is None else t.shape for t in inputs)
        kind = ensemble.structure, len(ensemble.configs), about, names, *shapes
        if kind != self._kind:
            self._kind, self._times, self._made = kind, 0, None
        self._times += 1
        # D that looks at whole batches has one of real points that belongs to its settings.
        worth = ensemble.use_capture and ensemble.structure.discriminator.minibatch == "none"
        if worth and self._times == CALLS_BEFORE_CAPTURE:
            self._made = self._begin(ensemble, inputs, about, seen)
        run = self.captured
        if run is None:
            outputs = self._look(ensemble, inputs, about)
            self._kept, self._filled = type(outputs), tuple(o is not None for o in outputs)
            return outputs
        last = [t for one in seen.values() for t in one.values()]
        made = iter(run(*ensemble.flat_state, *[t for t in inputs if t is not None], *last))
        all_outputs: list[Any] = [next(made) if filled else None for filled in self._filled]
        return self._kept(*all_outputs)

    def _begin(
        self,
        ensemble: Ensemble,
        inputs: Inputs,
        about: Hashable,
        seen: dict[str, dict[str, Tensor]],
    ) -> "Future[Replay | None]":
        """Have the function captured in the background."""

        def args() -> tuple[State, Inputs, list[dict[str, Tensor]]]:
            last = [{name: t.clone() for name, t in one.items()} for one in seen.values()]
            return ensemble.copy_state(), inputs, last

        run = _StandaloneCall(self._look, ensemble.configs, about)
        return CAPTURES.get(
            (self._look.__qualname__, self._look.__module__, *self._kind), run, args
        )


class _StandaloneCall:
    """A look at ensembles as a function of tensors alone, which can be sent to another process."""

    def __init__(
        self, look: Callable[..., Any], configs: Sequence[ToyConfig], about: Hashable
    ) -> None:
        self._given = look, configs, about
        self._shadow = Ensemble(configs, use_capture=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return _StandaloneCall, self._given

    def __call__(
        self, state: State, inputs: tuple[Any, ...], last: list[dict[str, Tensor]]
    ) -> tuple[Any, ...]:
        look, _, about = self._given
        self._shadow.state = state
        pairs = zip(("d", "g"), last, strict=True)
        self._shadow.last = {net: (list(one), list(one.values())) for net, one in pairs}
        return look(self._shadow, inputs, about)


def _there(names: Any, values: Any) -> dict[str, Tensor]:
    """What an update has seen, by name."""
    return {n: value for n, value in zip(names, values, strict=True) if value is not None}
