"""Trained image models as files: a folder of weights with a card."""

from ganplay.images.checkpoint.card import Card
from ganplay.images.checkpoint.export import Licences, model_of_run
from ganplay.images.checkpoint.model import BUNDLED, ImageModel, bundled, load

__all__ = ["BUNDLED", "Card", "ImageModel", "Licences", "bundled", "load", "model_of_run"]
