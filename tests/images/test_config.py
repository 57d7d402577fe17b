import dataclasses
import json

import pytest

from ganplay.common.settings import ConfigError, allowed
from ganplay.images.config import ImageConfig


def test_every_field_says_what_it_may_hold_and_does():
    for f in dataclasses.fields(ImageConfig):
        assert allowed(f)
        assert f.metadata["tip"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr_g": -1}, "lr_g: -1 is not possible; a number from 0 to 1"),
        ({"model": "mlp"}, "model: 'mlp' is not possible; one of dcgan"),
        ({"norm_d": "layer"}, "norm_d: 'layer' is not possible; one of none, batch, spectral"),
        ({"batch_size": 2.5}, "batch_size: 2.5 is not possible"),
        ({"loss": "hinge", "label_smoothing": 0.1}, "label_smoothing: 0.1 .* hinge loss has no"),
        ({"minibatch_d": "discrimination", "batch_size": 128}, "batch_size: 128 .* at most 64"),
        ({"pairs": True}, "pairs: True is not possible; without labels"),
        ({"penalty": "r1"}, "norm_d: 'batch' is not possible; .* none, spectral"),
    ],
)
def test_refuses_in_words(settings, message):
    with pytest.raises(ConfigError, match=message):
        ImageConfig(**settings)


def test_json_round_trip():
    config = ImageConfig(conditional=True, norm_d="none", penalty="r1", augment_cutout=True)
    assert ImageConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert config.augment == ("cutout",)
    with pytest.raises(ConfigError, match=r"lr: 1 .* did you mean lr_"):
        ImageConfig.from_dict({"lr": 1})
