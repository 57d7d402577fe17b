"""Trained weights as files: toys in one file, image models in a folder with a card."""

from ganplay.checkpoint.card import Card
from ganplay.checkpoint.export import model_of_run
from ganplay.checkpoint.image import BUNDLED, ImageModel, bundled, load
from ganplay.common.safe_tensors import CheckpointError
from ganplay.toy.checkpoint import MAX_BYTES, load_toy, save_toy, toy_from_bytes, toy_to_bytes

__all__ = [
    "BUNDLED",
    "MAX_BYTES",
    "Card",
    "CheckpointError",
    "ImageModel",
    "bundled",
    "load",
    "load_toy",
    "model_of_run",
    "save_toy",
    "toy_from_bytes",
    "toy_to_bytes",
]
