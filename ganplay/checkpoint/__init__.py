"""Trained weights as files: toys in one file, image models in a folder with a card."""

from ganplay.checkpoint.safe import CheckpointError
from ganplay.checkpoint.toy import MAX_BYTES, load_toy, save_toy, toy_from_bytes, toy_to_bytes

__all__ = [
    "MAX_BYTES",
    "CheckpointError",
    "load_toy",
    "save_toy",
    "toy_from_bytes",
    "toy_to_bytes",
]
