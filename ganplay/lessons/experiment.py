"""What all kinds of experiments have in common: settings, members (one a seed) and signals."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from jaxtyping import Float
from torch import Tensor

Values = Float[Tensor, "s"]


@dataclass(eq=False)
class Experiment:
    """Members that advance together; each kind makes what it runs in `__post_init__`.

    Attributes:
        config: the settings of all.
        seeds: one for each member.
        use_capture: whether steps are captured, where something is trained.
        steps: since the start.
    """

    config: Any
    seeds: Sequence[int]
    use_capture: bool = True
    steps: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Make what is run."""

    def advance(self, count: int) -> None:
        """Take some steps; without a model that is trained, only their number changes."""
        self.steps += count

    def measure(self, name: str) -> Values:
        """The current value of a signal for each member; NaN where it has no meaning."""
        raise NotImplementedError
