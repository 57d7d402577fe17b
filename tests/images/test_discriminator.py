"""What D says of pictures: against D itself, called by hand."""

import math

import pytest
import torch
from helpers.pictures import model_in

from ganplay.common.seeding import generator_of
from ganplay.images.discriminator import SAMPLES
from ganplay.images.latent_state import LatentState
from ganplay.images.sampler import latents, one_hot

pytestmark = pytest.mark.usefixtures("one_thread")


def judged(model, z, y=None, step=None):
    """D's logits of a whole batch, as in the training but in double precision."""
    net = model._module(model._networks.discriminator, "discriminator").double().eval()
    x = model.sampler(step).pictures(z, y)
    return net(x) if y is None else net(x, y)


def others(model):
    dim, n = model.card.config.noise_dim, SAMPLES
    z = torch.randn(dim, n, generator=generator_of(0, "others")).T
    classes = model.classes
    y = one_hot(torch.arange(n) % classes, classes).double() if classes else None
    return z.double(), y


@pytest.mark.parametrize("step", [None, 10])
def test_a_verdict_is_what_d_says(bars, step):
    model, _, _ = bars  # its D is spectrally normed: company changes nothing
    state = LatentState("bars", seed=5, label=((0, 1.0), (1, 3.0)), step=step)
    said = model.score(state)
    z, label = latents([5], model.space.dim).double(), torch.tensor([[0.25, 0.75]]).double()
    logit = judged(model, z, label, step).item()
    assert said.logit == pytest.approx(logit, abs=1e-6)
    assert said.output == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-6)
    assert (said.reading, said.threshold) == ("probability", 0)
    less = sum(other < logit for other in judged(model, *others(model), step).tolist())
    assert 0 < less < 128
    assert said.rank == less / 128
    assert said.samples == 128
    assert said.step == 12  # D of the end, whatever the step of the picture


def test_d_with_batch_norm_judges_in_company(tmp_path):
    model, _ = model_in(tmp_path, norm_d="batch")
    made = model._scorer.reference_samples(model.sampler())
    # What was judged one by one in the company of all is what these are as a batch.
    torch.testing.assert_close(made.logits, judged(model, *others(model)), rtol=0, atol=1e-6)
    # A picture among them barely moves their statistics.
    z = torch.cat([others(model)[0], latents([7], model.space.dim).double()])
    said = model.score(LatentState("bars", seed=7)).logit
    among, alone = judged(model, z)[-1].item(), judged(model, z[-1:]).item()
    assert said == pytest.approx(among, abs=2e-4)
    assert abs(alone - among) > 2e-3


def test_a_pair_is_the_picture_and_the_class_after_it(tmp_path):
    model, _ = model_in(tmp_path, conditional=True, pairs=True, norm_d="none")
    state = LatentState("bars", seed=3, label=((0, 1.0), (1, 3.0)))
    net = model._module(model._networks.discriminator, "discriminator").double()
    z, mix = latents([3], model.space.dim).double(), torch.tensor([[0.25, 0.75]]).double()
    first = torch.tensor([[1.0, 0.0]]).double()  # comes after the last class
    x = torch.cat([model.sampler().pictures(z, label) for label in (mix, first)], dim=1)
    logit = net(x, torch.cat([mix, first], dim=1)).item()
    assert model.score(state).logit == pytest.approx(logit, abs=1e-6)


@pytest.mark.parametrize(
    ("settings", "threshold"),
    [
        ({"loss": "least_squares"}, 0.5),
        ({"loss": "wasserstein", "penalty": "wgan_gp", "norm_d": "none"}, math.nan),
    ],
)
def test_what_is_no_probability_is_the_logit(tmp_path, settings, threshold):
    said = model_in(tmp_path, **settings)[0].score(LatentState("bars", seed=1))
    assert said.output == said.logit
    assert said.threshold == pytest.approx(threshold, nan_ok=True)


def test_minibatch_discrimination_sees_as_many_as_it_learnt_with(tmp_path):
    model, made = model_in(tmp_path, minibatch_d="discrimination")
    assert model.score(LatentState("bars")).samples == made.config.batch_size < SAMPLES


def test_the_same_numbers_with_any_number_of_threads(bars):
    states = [LatentState("bars", seed) for seed in range(4)]
    said = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        said.append([bars[0].score(state) for state in states])
    torch.set_num_threads(1)
    assert said[0] == said[1]
    assert len(set(said[0])) == 4


def test_ties_do_not_count_in_the_rank(bars):
    """The rank is the share of samples that convince D less, strictly."""
    model, _, _ = bars
    z, y = latents([3], model.space.dim)[0].double(), torch.tensor([1.0, 0.0]).double()
    known = model._scorer.reference_samples(model.sampler())
    own = model._scorer.score(model.sampler(), z, y, known).logit
    logits = torch.tensor([own - 1, own, own, own + 1]).double()
    said = model._scorer.score(model.sampler(), z, y, known._replace(logits=logits))
    assert (said.rank, said.samples) == (0.25, 4)
