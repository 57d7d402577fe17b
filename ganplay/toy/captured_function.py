"""A function of an ensemble's tensors that is called again and again, captured once it is worth it.

What is measured and drawn of a run is computed by such functions; the updates themselves are
captured by `Ensemble`.
"""

from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

import torch
from torch.utils._pytree import tree_map

from ganplay.toy.config import ToyConfig
from ganplay.toy.ensemble import Ensemble
from ganplay.toy.graph_capture import CAPTURES, Replay
from ganplay.toy.networks import LastUpdate
from ganplay.toy.step import State

CALLS_BEFORE_CAPTURE = 8
"""Calls with inputs of the same shapes after which the function is captured; a capture takes as
long as hundreds of calls."""

Inputs = TypeVar("Inputs", bound=tuple[Any, ...])
Outputs = TypeVar("Outputs", bound=tuple[Any, ...])


class CapturedFunction(Generic[Inputs, Outputs]):
    """A function of an ensemble, called plainly at first, and by its capture once there is one.

    The results are the same either way.

    Args:
        function: called with the ensemble, its inputs and its options. It reads the ensemble's
            state, what its last updates computed, and its arguments, and nothing else. Inputs and
            outputs are NamedTuples of tensors and Nones; which are None may depend on the options
            and on the ensemble's structure, but not on numbers.
    """

    def __init__(self, function: Callable[[Ensemble, Inputs, Any], Outputs]) -> None:
        self._function = function
        # What calls must have in common to share a capture, and how many of them there have been.
        self._key: tuple[Any, ...] = ()
        self._calls = 0
        self._capture: Future[Replay | None] | None = None
        # The outputs' class, and which of them are tensors.
        self._outputs: Callable[..., Any] = tuple
        self._is_tensor: tuple[bool, ...] = ()

    @property
    def captured(self) -> Replay | None:
        """The captured function, if it has been made by now."""
        done = self._capture is not None and self._capture.done()
        return self._capture.result() if self._capture is not None and done else None

    def __call__(self, ensemble: Ensemble, inputs: Inputs, options: Hashable = None) -> Outputs:
        """The function's outputs for an ensemble as it is now."""
        last = list(ensemble.last.values())
        names = tuple(map(tuple, last))
        shapes = (None if t is None else t.shape for t in inputs)
        key = ensemble.structure, len(ensemble.configs), options, names, *shapes
        if key != self._key:
            self._key, self._calls, self._capture = key, 0, None
        self._calls += 1
        # A D that looks at whole batches reads real points drawn by its configuration, which is
        # no tensor of the state.
        possible = ensemble.use_capture and ensemble.structure.discriminator.minibatch == "none"
        if possible and self._calls == CALLS_BEFORE_CAPTURE:
            call = _StandaloneCall(self._function, ensemble.configs, options)
            name = self._function.__qualname__, self._function.__module__
            self._capture = CAPTURES.get(
                (*name, *key),
                call,
                lambda: (ensemble.copy_state(), inputs, tree_map(torch.clone, ensemble.last)),
            )
        replay = self.captured
        if replay is None:
            outputs = self._function(ensemble, inputs, options)
            self._outputs, self._is_tensor = type(outputs), tuple(o is not None for o in outputs)
            return outputs
        given = [t for t in inputs if t is not None]
        updates = [t for one in last for t in one.values()]
        results = iter(replay(*ensemble.flat_state, *given, *updates))
        return self._outputs(*[next(results) if tensor else None for tensor in self._is_tensor])


class _StandaloneCall:
    """The function as one of tensors alone, which can be pickled and sent to another process.

    It calls the function with an ensemble of its own, whose tensors it exchanges for those given.
    """

    def __init__(
        self, function: Callable[..., Any], configs: Sequence[ToyConfig], options: Hashable
    ) -> None:
        self._given = function, configs, options
        self._ensemble = Ensemble(configs, use_capture=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return _StandaloneCall, self._given

    def __call__(
        self, state: State, inputs: tuple[Any, ...], last: dict[str, LastUpdate]
    ) -> tuple[Any, ...]:
        function, _, options = self._given
        self._ensemble.state, self._ensemble.last = state, last
        return function(self._ensemble, inputs, options)
