"""ganplay: watch, break and mend generative adversarial networks."""

from typing import TYPE_CHECKING, Any

from ganplay import neighbours
from ganplay.checkpoint import CheckpointError, ImageModel, load, load_toy, save_toy
from ganplay.exploration import LatentState, read_state
from ganplay.gan.losses import LOSSES
from ganplay.gan.penalties import PENALTIES
from ganplay.image_config import ImageConfig
from ganplay.image_training import ImageTrainer
from ganplay.models import MODELS
from ganplay.toy import custom_points as points
from ganplay.toy import metrics
from ganplay.toy.config import PRESETS, ToyConfig
from ganplay.toy.distributions import DISTRIBUTIONS
from ganplay.toy.trainer import ToyTrainer

if TYPE_CHECKING:
    from ganplay.ui.app import launch

__all__ = [
    "DISTRIBUTIONS",
    "LOSSES",
    "MODELS",
    "PENALTIES",
    "PRESETS",
    "CheckpointError",
    "ImageConfig",
    "ImageModel",
    "ImageTrainer",
    "LatentState",
    "ToyConfig",
    "ToyTrainer",
    "launch",
    "load",
    "load_toy",
    "metrics",
    "neighbours",
    "points",
    "read_state",
    "save_toy",
]


def __getattr__(name: str) -> Any:
    """`launch` brings gradio with it, seconds of imports: only for those who ask for it."""
    if name == "launch":
        from ganplay.ui.app import launch

        return launch
    raise AttributeError(f"module 'ganplay' has no attribute {name!r}")
