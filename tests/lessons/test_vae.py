import math

import pytest
import torch

from ganplay.lessons.vae import Vae
from ganplay.lessons.vae_trainer import VaeTrainer
from ganplay.toy.config import ToyConfig
from ganplay.toy.mlp import Mlp, split
from ganplay.toy.trainer import ToyTrainer


def linear_vae(weights, sigma=0.5):
    """A VAE of linear nets with the given numbers: encoder weight, bias, decoder weight, bias."""
    plan = Vae(Mlp(2, 2, 0), Mlp(1, 2, 0), sigma)
    flat = torch.tensor([weights], dtype=torch.float32)
    return plan, split(flat, plan.shapes())


def test_the_bound_by_hand():
    # Encoder: mean = x1 + 0.5, log variance = log 4 wherever; decoder: (z, 2 z).
    log4 = math.log(4)
    plan, weights = linear_vae([1, 0, 0, 0, 0.5, log4, 1, 2, 0, 0])
    x, noise = torch.tensor([[[0.5], [3.0]]]), torch.tensor([[[0.25]]])
    # mean 1, deviation 2: z = 1.5, decoded (1.5, 3): squared error 1.
    told = (1 + log4 - 1 - 4) / 2
    likelihood = -1 / (2 * 0.25) - math.log(2 * math.pi * 0.25)
    assert plan.elbo(weights, x, noise).item() == pytest.approx(told + likelihood, abs=1e-5)
    made = plan.generate(weights, torch.tensor([[[1.5]]]))
    assert made.flatten().tolist() == [1.5, 3.0]


def test_a_posterior_like_the_prior_costs_nothing():
    plan, weights = linear_vae([0, 0, 0, 0, 0, 0, 0, 0, 0.5, 3])
    x = torch.tensor([[[0.5], [3.0]]])
    found = plan.elbo(weights, x, torch.tensor([[[0.7]]])).item()
    assert found == pytest.approx(-math.log(2 * math.pi * 0.25), abs=1e-6)


def test_nets_that_do_not_fit():
    with pytest.raises(ValueError, match="3 outputs; 4 are needed"):
        Vae(Mlp(2, 3, 0), Mlp(2, 2, 0), 0.1)
    with pytest.raises(ValueError, match="put out what the encoder takes"):
        Vae(Mlp(3, 4, 0), Mlp(2, 2, 0), 0.1)


def test_it_learns_and_members_do_not_depend_on_company(one_thread):
    config = ToyConfig(distribution="blobs", width_g=16, width_d=16, batch_size=64)
    both, alone = VaeTrainer(config, [3, 4], 0.3), VaeTrainer(config, [4], 0.3)
    before = both.elbo(500)
    for trainer in (both, alone):
        trainer.step(150)
    assert (both.elbo(500) > before + 1).all()
    torch.testing.assert_close(both.sample(50)[1:], alone.sample(50))
    assert both.steps == 150


def test_the_decoder_starts_as_the_generator_does():
    config = ToyConfig(width_g=8)
    gan, vae = ToyTrainer(config, [5], threads=1), VaeTrainer(config, [5], 0.3)
    torch.testing.assert_close(vae.sample(20), gan.sample(20))


def test_what_no_vae_here_has():
    with pytest.raises(ValueError, match="classes"):
        VaeTrainer(ToyConfig(conditional=True), [0], 0.3)
    with pytest.raises(ValueError, match="no seeds"):
        VaeTrainer(ToyConfig(), [], 0.3)
