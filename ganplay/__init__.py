"""ganplay: watch, break and mend generative adversarial networks."""

from typing import TYPE_CHECKING, Any

from ganplay.common.safe_tensors import CheckpointError
from ganplay.gan.losses import LOSSES
from ganplay.gan.penalties import PENALTIES
from ganplay.images import datasets
from ganplay.images.checkpoint import ImageModel, load
from ganplay.images.config import ImageConfig
from ganplay.images.evaluation import neighbours
from ganplay.images.latent_state import LatentState, read_state
from ganplay.images.models import MODELS
from ganplay.images.trainer import ImageTrainer
from ganplay.toy import custom_points as points
from ganplay.toy import metrics
from ganplay.toy.checkpoint import load_toy, save_toy
from ganplay.toy.config import PRESETS, ToyConfig
from ganplay.toy.distributions import DISTRIBUTIONS
from ganplay.toy.trainer import ToyTrainer

if TYPE_CHECKING:
    from ganplay.server.app import launch

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
    "datasets",
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
        from ganplay.server.app import launch

        return launch
    raise AttributeError(f"module 'ganplay' has no attribute {name!r}")
