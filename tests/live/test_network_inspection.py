import pytest
import torch

from ganplay import ToyConfig, ToyTrainer
from ganplay.live import network_inspection
from ganplay.live.network_inspection import SHOWN, SIDE, insides, responses, shown, unit

TWO = torch.eye(2)


def trainer(**changes):
    made = ToyTrainer(ToyConfig(**{"width_g": 20, "width_d": 5, "batch_size": 16} | changes))
    made.step(3)
    return made


def test_a_unit_responds_as_its_weights_say():
    """The first unit of D's first layer, by hand: leaky ReLU of w1 x + w2 y + b."""
    one = trainer()
    weights = one.matrices("d")[0][0, 2]
    bias = one.ensembles[0].state.d.weights[1][0, 2, 0]
    map_, size = unit(one, ("d", 0, 2), 40, 0, TWO)
    edge = one.distribution().extent * (1 - 1 / 40)
    raw = float(weights[0] * edge + weights[1] * -edge + bias)  # lowest row, last column
    assert (map_[0, -1] * size).item() == pytest.approx(max(raw, 0.2 * raw), abs=1e-5)
    assert map_.abs().max().item() == pytest.approx(1.0)


def test_units_of_g_respond_to_noise():
    one = trainer(noise="uniform", layers_g=1)
    (layer,) = responses(one, "g", 8, 0, TWO)
    z = network_inspection.plane(8, 1.0)
    torch.testing.assert_close(layer, one.hidden("g", z[None])[0][0])
    assert layer.shape == (20, 64)


def test_what_is_shown_of_a_net():
    one = trainer(layers_d=3, noise_dim=4, layers_g=2)
    seen = insides(one, 6, 0, torch.eye(4, 2))
    assert seen.maps.shape == (3 * 5 + 2 * SHOWN, SIDE, SIDE)
    d = 5 * 2 + 5 * 5 + 5 * 5 + 1 * 5
    g = SHOWN * 4 + SHOWN * SHOWN + 2 * SHOWN
    assert seen.weights.shape == (d + g,)
    assert seen.weights.abs().max().item() <= 1.0
    # Units 6 to 17 of G's first layer, from its four inputs.
    matrix = one.matrices("g")[0][0]
    expected = (matrix[6:18] / matrix.abs().max()).flatten()
    torch.testing.assert_close(seen.weights[d : d + 48], expected)
    assert shown(5, 6) == slice(0, 5)
    assert shown(20, 19) == slice(8, 20)


def test_nets_without_hidden_layers_have_no_units():
    one = trainer(layers_d=0, layers_g=0)
    seen = insides(one, 0, 0, TWO)
    assert seen.maps.shape == (0, SIDE, SIDE)
    assert seen.weights.shape == (2 + 4,)
    assert unit(one, ("d", 0, 0), 8, 0, TWO)[0].numel() == 0
    assert unit(trainer(), ("g", 1, 99), 8, 0, TWO)[0].numel() == 0


def test_a_class_and_spectral_norm_are_as_in_training():
    one = trainer(conditional=True, norm_d="spectral")
    a, b = (responses(one, "d", 8, label, TWO)[0] for label in (0, 1))
    assert not torch.equal(a, b)
    largest = torch.linalg.matrix_norm(one.matrices("d")[0][0], 2).item()
    assert largest == pytest.approx(1.0, abs=0.1)
