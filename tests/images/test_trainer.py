"""The trainer of pictures, on tiny ones."""

import dataclasses

import pytest
import torch
import torch.nn.functional as F
from helpers.pictures import TINY, pictures, trainer

from ganplay.common.devices import device_of, fastest_threads
from ganplay.images.models.dcgan import DcganGenerator
from ganplay.images.models.paired import PairedGenerator
from ganplay.images.sampler import latents, to_bytes
from ganplay.images.trainer import ImageTrainer, PairSampler, to_floats
from ganplay.toy.mlp import split

pytestmark = pytest.mark.usefixtures("one_thread")


def weights(made):
    return torch.cat([made.state.g.flat, made.state.g.average, made.state.d.flat], dim=1)


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
    start = weights(made).clone()
    for _ in range(5):
        record = made.step()
        again.step()
    assert bool(record.finite)
    assert record.d_loss.isfinite()
    assert record.g_loss.isfinite()
    assert not torch.equal(weights(made), start)
    assert torch.equal(weights(made), weights(again))


class Textbook:
    """The same two nets with torch's own modules, losses and Adam."""

    def __init__(self, made):
        flat = made.state.g.flat.clone()
        shapes = made.structure.generator.shapes()
        self.g = [w[0].clone().requires_grad_() for w in split(flat, shapes)]
        self.d = [w[0].clone().requires_grad_() for w in made.state.d.weights]
        settings = {"lr": 2e-3, "betas": (0.5, 0.999)}
        self.adam_g = torch.optim.Adam(self.g, **settings)
        self.adam_d = torch.optim.Adam(self.d, **settings)

    def generate(self, z):
        x = torch.einsum("nz,hwcz->nchw", z, self.g[0])
        for i in range(2):
            x = F.batch_norm(x, None, None, self.g[4 + 2 * i][0], self.g[5 + 2 * i][0], True)
            kernel = self.g[1 + i].permute(0, 3, 1, 2)
            x = F.conv_transpose2d(F.relu(x), kernel, None, 2, 1)
        return (x + self.g[3][:, None, None]).tanh()

    def judge(self, x):
        kernels = [k.permute(0, 3, 1, 2) for k in self.d[:2]]
        x = F.leaky_relu(F.conv2d(x, kernels[0], self.d[4], 2, 1), 0.2)
        x = F.conv2d(x, kernels[1], None, 2, 1)
        x = F.leaky_relu(F.batch_norm(x, None, None, self.d[6], self.d[5], True), 0.2)
        return x.permute(0, 2, 3, 1).flatten(1) @ self.d[2].T + self.d[3]

    def step(self, real, z):
        criterion, ones = F.binary_cross_entropy_with_logits, torch.ones(len(real), 1)
        self.adam_d.zero_grad()
        fake = self.generate(z)
        loss = criterion(self.judge(real), ones) + criterion(self.judge(fake.detach()), 0 * ones)
        loss.backward()
        self.adam_d.step()
        self.adam_g.zero_grad()
        criterion(self.judge(fake), ones).backward()
        self.adam_g.step()


def test_our_steps_are_the_textbooks():
    made = trainer()
    book = Textbook(made)
    for number in range(4):
        batch = made._batches.get(number)
        book.step(batch.real[0].movedim(-1, 0), batch.z[0].T)
        made.step()
    for ours, theirs in ((made.state.g.weights, book.g), (made.state.d.weights, book.d)):
        for a, b in zip(ours, theirs, strict=True):
            torch.testing.assert_close(a[0], b.detach(), rtol=1e-3, atol=1e-4)


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
        ImageTrainer(dataclasses.replace(TINY, conditional=True, pairs=True), *pictures(), 2)


def test_a_pair_is_two_pictures_of_a_group_with_their_labels():
    made = trainer(conditional=True, pairs=True)
    images, labels = pictures()
    floats = to_floats(images)[0]
    batch = made._batches.get(3)
    assert batch.real.shape == (1, 2, 16, 16, 8)
    assert batch.label.shape == (1, 4, 8)
    for i in range(8):
        alike = [(floats[0] == batch.real[0, c, ..., i, None]).all(0).all(0) for c in range(2)]
        groups = [set((same.nonzero()[:, 0] // 4).tolist()) for same in alike]
        assert groups[0] & groups[1]
        for c in range(2):
            told = batch.label[0, 2 * c : 2 * c + 2, i].argmax()
            assert told in labels[alike[c]]


def test_a_paired_generator_is_its_one_asked_twice():
    one = DcganGenerator(6, 16, 1, 4, 2, "none")
    flat, _ = one.initialise([torch.Generator().manual_seed(0)])
    weights, x = split(flat, one.shapes()), torch.randn(1, 6, 5)
    labels = [F.one_hot(torch.tensor(k), 2).T.float()[None] for k in ([0, 1, 0, 1, 1], [1] * 5)]
    pictures, _ = PairedGenerator(one)(weights, x, label=torch.cat(labels, dim=1))
    for c, label in enumerate(labels):
        alone, _ = one(weights, x, label=label)
        torch.testing.assert_close(pictures[:, c : c + 1], alone)


def test_each_pass_shows_every_picture_once():
    batches = trainer()._batches  # 40 pictures, 8 a batch
    for epoch in range(2):
        seen = torch.cat([batches.index(5 * epoch + i) for i in range(5)])
        assert seen.sort().values.tolist() == list(range(40))
    assert not torch.equal(batches.index(0), batches.index(5))
    odd = ImageTrainer(TINY, *(t[:13] for t in pictures()), 2)._batches
    seen = torch.cat([odd.index(i) for i in range(13)])  # 8 passes
    assert seen.bincount().tolist() == [8] * 13


def test_batches_go_with_their_labels():
    batch = trainer(conditional=True)._batches.get(3)
    lying = batch.real[0, 0, :, 0].amax(0) > 0  # a bar from the left edge on
    assert torch.equal(batch.label[0, 0].bool(), lying)
    assert batch.z.shape == (1, 6, 8)


def test_a_lazy_penalty_is_taken_now_and_then_and_as_strongly():
    made = trainer(penalty="r1", norm_d="none", penalty_interval=3, penalty_weight=0.5)
    taken = [made.step().penalty.item() > 0 for _ in range(7)]
    assert taken == [True, False, False, True, False, False, True]
    assert made.state.numbers.penalty_weight.item() == pytest.approx(1.5)


def test_the_average_forgets_the_start():
    made = trainer(ema=0.999)
    start = made.state.g.flat.clone()
    made.step()
    # Steps 0, 1, ... have the decay (1 + t) / (10 + t) until that is more than `ema`.
    torch.testing.assert_close(made.state.g.average, 0.1 * start + 0.9 * made.state.g.flat)
    made.steps = 10**6
    before = made.state.g.average.clone()
    made.step()
    expected = 0.999 * before + 0.001 * made.state.g.flat
    torch.testing.assert_close(made.state.g.average, expected)


def test_a_run_goes_on_from_its_tensors_to_the_same_numbers():
    settings = {"conditional": True, "norm_d": "spectral", "steps_d": 2, "augment_cutout": True}
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
    with pytest.raises(ValueError, match=r"parameters is .* not torch.float32 \("):
        made.restore(trainer(width_g=8).tensors(), made.counters())
    with pytest.raises(ValueError, match="another kind"):
        made.restore(trainer(norm_d="spectral").tensors(), made.counters())
    with pytest.raises(ValueError, match="float64"):
        made.restore({n: t.double() for n, t in made.tensors().items()}, made.counters())


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
    assert torch.equal(latents([5, 9], 3)[:, 1], latents([9], 3)[:, 0])


def test_what_is_sampled_has_statistics_of_its_own():
    made = trainer()
    for _ in range(5):
        made.step()
    flat, buffers = made.generator()
    assert torch.equal(flat, made.state.g.average)
    plan = DcganGenerator(6, 16, 1, 4)
    kept = split(buffers, plan.buffer_shapes())
    z = made._settling()[0][0]
    frozen, _ = plan(split(flat, plan.shapes()), z, kept, momentum=None)
    batch, _ = plan(split(flat, plan.shapes()), z, kept)
    torch.testing.assert_close(frozen, batch, rtol=0, atol=0.1)
    # Sampling leaves the training alone.
    again = trainer()
    for _ in range(5):
        again.step()
    assert torch.equal(weights(made), weights(again))


def test_bytes_and_floats():
    images = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16).expand(2, 3, -1, -1)
    floats = to_floats(images)
    assert floats.shape == (1, 3, 16, 16, 2)
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
        ImageTrainer(config, images.to(torch.uint8), labels.long(), classes)


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
