"""The trainer of pictures, on tiny ones."""

import dataclasses

import pytest
import torch
import torch.nn.functional as F
from helpers.pictures import TINY, pictures, trainer
from torch import nn

from ganplay.common.devices import device_of, fastest_threads
from ganplay.images.batches import PairSampler
from ganplay.images.datasets import ImageData
from ganplay.images.sampler import latents, to_bytes, to_floats
from ganplay.images.trainer import ImageTrainer

pytestmark = pytest.mark.usefixtures("one_thread")


def weights(made):
    """All parameters and buffers, averages included, one after the other."""
    return torch.cat([t.flatten().float() for t in made.tensors().values()])


def data(images, labels, classes=2):
    return ImageData(images, labels, tuple(map(str, range(classes))), "", "")


def average(made):
    return [p.clone() for p in made._average.module.parameters()]


VARIANTS = {
    "conditional": {"conditional": True},
    "hinge, spectral": {"loss": "hinge", "norm_d": "spectral", "conditional": True},
    "wgan_gp": {"loss": "wasserstein", "penalty": "wgan_gp", "norm_d": "none", "steps_d": 3},
    "lazy r1": {"penalty": "r1", "norm_d": "none", "penalty_interval": 4, "conditional": True},
    "least squares, smoothing": {"loss": "least_squares", "label_smoothing": 0.1},
    "weight clipping": {"loss": "wasserstein", "weight_clip": 0.05, "optimizer_d": "rmsprop"},
    "feature matching": {"feature_matching": 1.0, "augment_translation": True},
    "minibatch stddev": {"minibatch_d": "stddev"},
    "minibatch discrimination": {"minibatch_d": "discrimination", "norm_d": "spectral"},
    "instance noise": {"instance_noise": 0.3, "instance_noise_steps": 30},
    "all augmentations": {f"augment_{n}": True for n in ("colour", "translation", "cutout")},
    "augmentation, r1": {"augment_cutout": True, "penalty": "r1", "norm_d": "none"},
    "gradient clipping": {"grad_clip": 0.1},
    "no norms": {"norm_g": "none", "norm_d": "none", "conditional": True},
    "no average": {"ema": 0.0},
    "pairs": {"conditional": True, "pairs": True},
    "pairs, r1": {"conditional": True, "pairs": True, "penalty": "r1", "norm_d": "none"},
    "bfloat16": {"precision": "bfloat16", "conditional": True},
    "bfloat16, wgan_gp": {"precision": "bfloat16", "penalty": "wgan_gp", "norm_d": "spectral"},
}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", VARIANTS)
def test_every_remedy_trains_and_repeats(name, channels):
    made, again = (trainer(channels, **VARIANTS[name]) for _ in range(2))
    start = [p.clone() for p in (*made.generator.parameters(), *made.discriminator.parameters())]
    for _ in range(5):
        record = made.step()
        again.step()
    assert bool(record.finite)
    assert record.d_loss.isfinite()
    assert record.g_loss.isfinite()
    now = [*made.generator.parameters(), *made.discriminator.parameters()]
    assert not any(torch.equal(a, b) for a, b in zip(start, now, strict=True) if a.any())
    assert torch.equal(weights(made), weights(again))


def book(made):
    """The same two nets as torch's own modules in a row, as tutorials have them."""
    g, d = made.generator, made.discriminator
    generator = nn.Sequential(
        nn.ConvTranspose2d(6, 8, 4, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
        nn.ConvTranspose2d(8, 4, 4, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
        nn.ConvTranspose2d(4, 1, 4, 2, 1), nn.Tanh(),
    )  # fmt: skip
    first = g.first.weight.detach().view(4, 4, 8, 6).permute(3, 2, 0, 1)
    generator[0].weight.data = first.clone()
    for layer, place in ((g.norms[0], 1), (g.convs[0], 3), (g.norms[1], 4), (g.convs[1], 6)):
        generator[place].load_state_dict(layer.state_dict())
    discriminator = nn.Sequential(
        nn.Conv2d(1, 4, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(4, 8, 4, 2, 1, bias=False), nn.BatchNorm2d(8), nn.LeakyReLU(0.2),
        nn.Conv2d(8, 1, 4),
    )  # fmt: skip
    last = d.last.weight.detach().view(1, 4, 4, 8).permute(0, 3, 1, 2)
    discriminator[5].weight.data, discriminator[5].bias.data = (
        last.clone(),
        d.last.bias.data.clone(),
    )
    for layer, place in ((d.convs[0], 0), (d.convs[1], 2)):
        discriminator[place].load_state_dict(layer.state_dict())
    own = {"weight": d.norms[1].weight, "bias": d.norms[1].bias}
    discriminator[3].load_state_dict(own, strict=False)
    return generator, discriminator


def test_our_steps_are_the_textbooks():
    made = trainer()
    generator, discriminator = book(made)
    settings = {"lr": 2e-3, "betas": (0.5, 0.999)}
    adam_g = torch.optim.Adam(generator.parameters(), **settings)
    adam_d = torch.optim.Adam(discriminator.parameters(), **settings)
    criterion, ones = F.binary_cross_entropy_with_logits, torch.ones(8, 1, 1, 1)
    for number in range(4):
        batch = made._batches.get(number)
        fake = generator(batch.z[:, :, None, None])
        adam_d.zero_grad()
        loss = criterion(discriminator(batch.real), ones)
        (loss + criterion(discriminator(fake.detach()), 0 * ones)).backward()
        adam_d.step()
        adam_g.zero_grad()
        criterion(discriminator(fake), ones).backward()
        adam_g.step()
        record = made.step()
        assert record.d_loss.item() == pytest.approx(
            loss.item() + criterion(discriminator(fake.detach()), 0 * ones).item(), rel=0.5
        )
    near = {"rtol": 1e-3, "atol": 1e-4}
    g, d = made.generator, made.discriminator
    for ours, place in ((g.convs[0], 3), (g.norms[1], 4), (g.convs[1], 6)):
        for a, b in zip(ours.parameters(), generator[place].parameters(), strict=True):
            torch.testing.assert_close(a, b, **near)
    for ours, place in ((d.convs[0], 0), (d.convs[1], 2), (d.norms[1], 3)):
        for a, b in zip(ours.parameters(), discriminator[place].parameters(), strict=True):
            torch.testing.assert_close(a, b, **near)
    last = d.last.weight.view(1, 4, 4, 8).permute(0, 3, 1, 2)
    torch.testing.assert_close(last, discriminator[5].weight, **near)
    first = g.first.weight.view(4, 4, 8, 6).permute(3, 2, 0, 1)
    torch.testing.assert_close(first, generator[0].weight, **near)


def test_the_weights_of_a_spectral_d_stay_near_one():
    """Its power iteration follows the weights: without it they grow to many times as much."""
    made = trainer(norm_d="spectral", conditional=True, lr_d=2e-2)
    for _ in range(150):
        made.step()
    grown = []
    for layer in (*made.discriminator.convs, made.discriminator.last, made.discriminator.labels):
        weight = layer.weight.detach().flatten(1)
        assert torch.linalg.matrix_norm(weight, ord=2).item() == pytest.approx(1, abs=0.1)
        original = layer.parametrizations.weight.original.detach().flatten(1)
        grown.append(torch.linalg.matrix_norm(original, ord=2).item())
    assert max(grown) > 2  # so there was something to follow


def test_companions_are_any_others_of_the_group():
    groups = torch.tensor([7, 3, 7, 7, 3])
    companions = PairSampler(groups)
    places = torch.arange(5).repeat(3000)
    found = companions.of(places, torch.Generator().manual_seed(0))
    assert not (found == places).any()
    assert torch.equal(groups[found], groups[places])
    for place, others in enumerate([[2, 3], [4], [0, 3], [0, 2], [1]]):
        met = found[places == place].bincount(minlength=5)[others] / 3000
        assert met.tolist() == pytest.approx([1 / len(others)] * len(others), abs=0.03)
    with pytest.raises(ValueError, match="pairs: every group needs two pictures"):
        PairSampler(torch.tensor([0, 1, 1]))
    with pytest.raises(ValueError, match="pairs: these data do not say"):
        ImageTrainer(dataclasses.replace(TINY, conditional=True, pairs=True), data(*pictures()))


def test_a_pair_is_two_pictures_of_a_group_with_their_labels():
    made = trainer(conditional=True, pairs=True)
    images, labels = pictures()
    floats = to_floats(images)[:, 0]
    batch = made._batches.get(3)
    assert batch.real.shape == (8, 2, 16, 16)
    assert batch.y.shape == (8, 4)
    for i in range(8):
        alike = [(floats == batch.real[i, c]).all(-1).all(-1) for c in range(2)]
        groups = [set((same.nonzero()[:, 0] // 4).tolist()) for same in alike]
        assert groups[0] & groups[1]
        for c in range(2):
            told = batch.y[i, 2 * c : 2 * c + 2].argmax()
            assert told in labels[alike[c]]


def test_each_pass_shows_every_picture_once():
    batches = trainer()._batches  # 40 pictures, 8 a batch
    for epoch in range(2):
        seen = torch.cat([batches.index(5 * epoch + i) for i in range(5)])
        assert seen.sort().values.tolist() == list(range(40))
    assert not torch.equal(batches.index(0), batches.index(5))
    odd = ImageTrainer(TINY, data(*(t[:13] for t in pictures())))._batches
    seen = torch.cat([odd.index(i) for i in range(13)])  # 8 passes
    assert seen.bincount().tolist() == [8] * 13


def test_batches_go_with_their_labels():
    batch = trainer(conditional=True)._batches.get(3)
    lying = batch.real[:, 0, :, 0].amax(1) > 0  # a bar from the left edge on
    assert torch.equal(batch.y[:, 0].bool(), lying)
    assert batch.z.shape == (8, 6)


def test_a_lazy_penalty_is_taken_now_and_then_and_as_strongly():
    settings = {"penalty": "r1", "norm_d": "none"}
    made = trainer(**settings, penalty_interval=3, penalty_weight=0.5)
    taken = [made.step().penalty.item() > 0 for _ in range(7)]
    assert taken == [True, False, False, True, False, False, True]
    lazy, eager = (
        trainer(**settings, penalty_interval=i, penalty_weight=w) for i, w in ((3, 5.0), (1, 15.0))
    )
    assert lazy.step().grad_norm_d.item() == pytest.approx(eager.step().grad_norm_d.item())


def test_the_average_forgets_the_start():
    made = trainer(ema=0.999)
    start = average(made)
    made.step()
    # Steps 0, 1, ... have the decay (1 + t) / (10 + t) until that is more than `ema`.
    for old, now, new in zip(start, average(made), made.generator.parameters(), strict=True):
        torch.testing.assert_close(now, 0.1 * old + 0.9 * new)
    before = average(made)
    made.step()
    for old, now, new in zip(before, average(made), made.generator.parameters(), strict=True):
        torch.testing.assert_close(now, 2 / 11 * old + 9 / 11 * new)
    made._average.n_averaged.fill_(10**6)
    before = average(made)
    made.step()
    for old, now, new in zip(before, average(made), made.generator.parameters(), strict=True):
        torch.testing.assert_close(now, 0.999 * old + 0.001 * new)


def test_instance_noise_fades_alike_for_both_nets(monkeypatch):
    """An update of D and the one of G after it see as much of it."""
    seen = []
    made = trainer(instance_noise=0.5, instance_noise_steps=4)
    for number in range(5):
        batch, x = made._batches.get(number), torch.zeros(8, 1, 16, 16)
        seen.append([made._shown(batch, x, part).std().item() for part in range(3)])
        made.step()
    for number, shares in enumerate(seen):
        assert shares == pytest.approx([0.5 * max(0, 1 - number / 4)] * 3, abs=0.02)
    shown = []
    monkeypatch.setattr(made, "_shown", lambda batch, x, part: shown.append(made.updates_d) or x)
    made.step()
    assert shown == [5, 5, 5]


@pytest.mark.parametrize(
    "settings",
    [{}, {"optimizer_g": "momentum", "optimizer_d": "rmsprop"}, {"optimizer_g": "sgd", "ema": 0.0}],
)
def test_a_run_goes_on_from_its_tensors_to_the_same_numbers(settings):
    settings |= {"conditional": True, "norm_d": "spectral", "steps_d": 2, "augment_cutout": True}
    whole, first = trainer(**settings), trainer(**settings)
    for _ in range(6):
        whole.step()
    for _ in range(3):
        first.step()
    kept = {name: tensor.clone() for name, tensor in first.tensors().items()}
    counters = first.counters()
    first.step()
    second = trainer(**settings)
    second.restore(kept, counters)
    for _ in range(3):
        second.step()
    assert torch.equal(weights(whole), weights(second))
    assert torch.equal(whole.sample(range(4)), second.sample(range(4)))
    assert second.record().step == 6


def test_a_state_of_another_model_is_refused():
    made = trainer()
    with pytest.raises(ValueError, match=r"generator.first.weight is .* not torch.float32 \("):
        made.restore(trainer(width_g=8).tensors(), made.counters())
    with pytest.raises(ValueError, match="another kind"):
        made.restore(trainer(norm_d="spectral").tensors(), made.counters())
    with pytest.raises(ValueError, match="float64"):
        made.restore({n: t.double() for n, t in made.tensors().items()}, made.counters())
    made.step()
    kept = made.tensors()
    odd = {n: t[:1] if n.startswith("optimizer") and t.dim() else t for n, t in kept.items()}
    with pytest.raises(ValueError, match=r"optimizer\..* is .*, not"):
        trainer().restore(odd, made.counters())


def test_the_same_seed_gives_the_same_picture_in_whatever_company():
    made = trainer(conditional=True)
    for _ in range(5):
        made.step()
    many = made.sample(range(300), [i % 2 for i in range(300)])
    assert many.shape == (300, 1, 16, 16)
    few = made.sample([299, 4], [1, 0])
    assert torch.equal(few[0], many[299])
    assert torch.equal(few[1], many[4])
    assert not torch.equal(made.sample([4], [1])[0], many[4])  # the other label
    assert torch.equal(latents([5, 9], 3)[1], latents([9], 3)[0])


def test_what_is_sampled_has_statistics_of_its_own():
    made = trainer()
    for _ in range(5):
        made.step()
    net = made.sampled_generator()
    for ours, kept in zip(net.parameters(), average(made), strict=True):
        assert torch.equal(ours, kept)
    assert not net.training
    batches = list(made._recalibration())
    first = torch.cat([net.first(z) for z, _ in batches]).view(-1, 8)  # of each place
    torch.testing.assert_close(net.norms[0].running_mean, first.mean(0), rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(net.norms[0].running_var, first.var(0), rtol=2e-2, atol=1e-6)
    assert net.norms[0].num_batches_tracked == len(batches)
    assert net.norms[0].momentum == 0.1
    frozen = net(batches[0][0])
    torch.testing.assert_close(frozen, net.train()(batches[0][0]), rtol=0, atol=0.1)
    # Sampling leaves the training alone.
    again = trainer()
    for _ in range(5):
        again.step()
    assert torch.equal(weights(made), weights(again))


def test_bytes_and_floats():
    images = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16).expand(2, 3, -1, -1)
    floats = to_floats(images)
    assert floats.shape == (2, 3, 16, 16)
    assert (floats.min().item(), floats.max().item()) == (-1, 1)
    assert torch.equal(to_bytes(floats), images)


@pytest.mark.parametrize(
    ("images", "labels", "classes", "message"),
    [
        (torch.zeros(4, 1, 16, 20), torch.zeros(4), 2, "1x16x20: 1 or 3 channels and sides of 16"),
        (torch.zeros(4, 2, 16, 16), torch.zeros(4), 2, "2x16x16"),
        (torch.zeros(4, 1, 28, 28), torch.zeros(4), 2, "1x28x28"),
        (torch.zeros(0, 1, 16, 16), torch.zeros(0), 2, "no pictures"),
        (torch.zeros(4, 1, 16, 16), torch.zeros(4), 1, "labels of 2 or more classes, not 1"),
        (torch.zeros(4, 1, 16, 16), torch.full((4,), 2), 2, "labels of 2 or more classes"),
    ],
)
def test_data_that_do_not_fit_are_refused(images, labels, classes, message):
    config = dataclasses.replace(TINY, conditional=True)
    with pytest.raises(ValueError, match=message):
        ImageTrainer(config, data(images.to(torch.uint8), labels.long(), classes))


def test_threads_are_chosen_by_what_a_step_takes(monkeypatch):
    now, before = [0.0], torch.get_num_threads()
    monkeypatch.setattr("time.perf_counter", lambda: now[0])

    def taking(alone, together):
        def step():
            now[0] += alone if torch.get_num_threads() == 1 else together

        return step

    torch.set_num_threads(2)
    assert fastest_threads(taking(1.0, 0.6)) == 2
    assert fastest_threads(taking(1.0, 0.9)) == 1  # not worth it
    assert fastest_threads(taking(1.0, 20.0)) == 1  # waiting for each other
    assert torch.get_num_threads() == 2
    torch.set_num_threads(1)
    assert fastest_threads(taking(1.0, 0.1)) == 1  # as it was told
    torch.set_num_threads(before)


def test_a_device_that_is_not_there_is_refused():
    assert device_of("cpu") == torch.device("cpu")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="device cuda: torch finds none here"):
            device_of("cuda")


def test_classes_are_learnt():
    """After some seconds lying and standing bars come out as they are asked for."""
    made = trainer(conditional=True, batch_size=32, width_g=8, width_d=8, ema=0.98)
    for _ in range(250):
        made.step()
    images = made.sample(range(100), [i % 2 for i in range(100)]).float()[:, 0]
    rows, columns = images.mean(2).var(1), images.mean(1).var(1)
    lying = rows > columns  # a lying bar varies from row to row
    right = lying == (torch.arange(100) % 2 == 0)
    assert right.float().mean() >= 0.95
    assert images.std(0).mean() > 20  # not one bar for all
