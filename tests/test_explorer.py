"""The bundled models for many visitors: what is loaded, what is answered and what is refused."""

import dataclasses
import io
import json
import struct
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
import torch
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from test_image_models import bars, model_in  # noqa: F401

from ganplay.checkpoint import image
from ganplay.exploration import LatentState, read_state
from ganplay.gallery import MOST_PICTURES, Gallery, GalleryError, memory_of
from ganplay.ui import explorer, tokens
from ganplay.ui.explorer import Explorer, read
from ganplay.ui.routes import BURST, FULL, MAX_BODY, REFUSED, TOO_LARGE, TOO_MANY

URL = "/ganplay/explore/"


@pytest.fixture
def shelf(bars, tmp_path, monkeypatch):  # noqa: F811
    """Three bundled models: one, the same under another name, and one without labels."""
    model, _, _ = bars
    for name in ("one", "two"):
        image.ImageModel(model.card.model_copy(update={"name": name}), model._tensors)._save_pretrained(
            folder(tmp_path / "shelf" / name)
        )
    plain, _ = model_in(tmp_path / "plain-run")
    plain.save_pretrained(tmp_path / "shelf" / "bars")
    monkeypatch.setattr(image, "BUNDLED", tmp_path / "shelf")
    return tmp_path / "shelf"


def folder(path):
    path.mkdir(parents=True)
    return path


@pytest.fixture
def gallery(shelf):
    made = Gallery()
    yield made
    made.stop()
