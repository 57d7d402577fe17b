import math

import pytest
import torch

from ganplay.toy import metrics
from ganplay.toy.distributions import DISTRIBUTIONS, mixture


def cloud(n=2000, at=(0.0, 0.0), seed=0):
    points = torch.randn(n, 2, generator=torch.Generator().manual_seed(seed)) * 0.3
    return points + torch.tensor(at)


def test_histogram_counts_every_point_once():
    points = torch.tensor([[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [50.0, 50.0]])
    expected = torch.tensor([0.25, 0.25, 0.0, 0.5])  # rows are y; far points at the border
    torch.testing.assert_close(metrics.histogram(points, extent=1.0, cells=2), expected)


def test_jensen_shannon_is_zero_for_equal_and_one_bit_for_disjoint():
    a = cloud()
    assert metrics.jensen_shannon(a, a, 3.0).item() == 0
    apart = metrics.jensen_shannon(cloud(at=(-2, 0)), cloud(at=(2, 0)), 3.0)
    assert apart.item() == pytest.approx(1.0, abs=1e-5)
    # Far out of the square is as disjoint as can be, too.
    far = metrics.jensen_shannon(a, cloud(at=(90, 90)), 3.0)
    assert far.item() == pytest.approx(1.0, abs=1e-5)


def test_jensen_shannon_by_hand():
    # p = (1/2, 1/2), q = (1, 0): H(3/4, 1/4) - (H(1/2, 1/2) + 0) / 2 = 0.811278 - 0.5 bits.
    p = torch.tensor([[-0.5, -0.5], [0.5, -0.5]])
    q = torch.tensor([[-0.5, -0.5], [-0.5, -0.5]])
    assert metrics.jensen_shannon(p, q, 1.0, cells=2).item() == pytest.approx(0.311278, abs=1e-6)


def test_rounding_leaves_no_divergence_outside_of_its_bounds():
    for seed in range(20):
        generator = torch.Generator().manual_seed(seed)
        shares = torch.rand(2, 50, 512, generator=generator)
        p, q = shares / shares.sum(-1, keepdim=True)
        none = torch.zeros_like(p)
        apart = metrics.divergence(torch.cat([p, none], dim=-1), torch.cat([none, q], dim=-1))
        assert apart.max() <= 1
        assert apart.min() > 1 - 1e-5
        assert metrics.divergence(p, p).min() >= 0


def test_no_metric_leaves_its_bounds_by_rounding():
    for seed in range(10):
        points = cloud(97, seed=seed)
        assert metrics.energy_distance(points, points.flip(0)).item() >= 0
        for modes in (3, 7, 25, 49):
            one = torch.zeros(modes, dtype=torch.long)
            one[seed % modes] = 2000
            assert metrics.reverse_kl(one) <= torch.tensor(math.log(modes))
            assert metrics.reverse_kl(torch.full((modes,), 37 + seed)).item() >= 0
        ahead = metrics.separation(cloud(500)[:, 0] + 99, cloud(500, seed=seed)[:, 0])
        assert ahead.item() == 1


def test_noise_floor_is_what_real_samples_give():
    ring = DISTRIBUTIONS["ring"]
    floor = metrics.noise_floor(ring, 2500)
    generator = torch.Generator().manual_seed(77)
    fresh = metrics.compare(ring.sample(2500, generator)[0], ring.sample(2500, generator)[0], ring)
    assert 0 < floor["js"] < 0.02
    assert fresh["js"].item() == pytest.approx(floor["js"], abs=0.003)
    assert floor["modes"] == 8
    assert floor["high_quality"] == pytest.approx(1 - math.exp(-4.5), abs=0.003)
    assert floor["dispersion"] == pytest.approx(2.0, abs=0.02)
    assert floor["reverse_kl"] == pytest.approx(0, abs=0.005)


def test_sliced_wasserstein_of_a_shift():
    a = cloud()
    shift = torch.tensor([3.0, 4.0])
    expected = 5 * 2 / math.pi
    assert metrics.sliced_wasserstein(a, a + shift).item() == pytest.approx(expected, rel=1e-3)
    assert metrics.sliced_wasserstein(a, a).item() == 0
    with pytest.raises(ValueError, match="real has 2000 points and fake 1999"):
        metrics.sliced_wasserstein(a, a[1:])


def test_energy_distance_by_hand():
    # Point masses at distance 5: 2 * 5 - 0 - 0.
    a, b = torch.zeros(4, 2), torch.tensor([[3.0, 4.0]]).expand(4, 2)
    assert metrics.energy_distance(a, b).item() == pytest.approx(10.0)
    # {0, 2} against {0, 2} on a line: 2 * 1 - 1 - 1.
    c = torch.tensor([[0.0, 0.0], [2.0, 0.0]])
    assert metrics.energy_distance(c, c).item() == pytest.approx(0.0)
    # {0, 2} against {1, 1}: 2 * 1 - 1 - 0.
    d = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    assert metrics.energy_distance(c, d).item() == pytest.approx(1.0)


def test_dispersion_by_hand():
    points = torch.tensor([[-3.0, 0.0], [3.0, 0.0], [0.0, -4.0], [0.0, 4.0]])
    assert metrics.dispersion(points).item() == pytest.approx(math.sqrt(4.5 + 8))


def test_modes_by_hand():
    two = mixture(torch.tensor([[-1.0, 0.0], [1.0, 0.0]]), sigma=0.1)
    # 198 samples on the left mode, 1 on the right (below 1 %), 1 near it but beyond 3 sigma.
    points = torch.tensor([[-1.0, 0.0]]).repeat(200, 1)
    points[0], points[1] = torch.tensor([1.0, 0.0]), torch.tensor([1.0, 0.4])
    near, good = metrics.mode_counts(points, two.modes, two.sigma)
    assert near.tolist() == [198, 2]
    assert good.tolist() == [198, 1]
    report, shares = metrics.mode_metrics(points, two.modes, two.sigma)
    assert report["modes"].item() == 1
    assert report["high_quality"].item() == pytest.approx(199 / 200)
    assert shares.tolist() == pytest.approx([0.99, 0.005])
    points[2] = torch.tensor([1.0, 0.0])  # now the right one holds 1 %
    assert metrics.mode_metrics(points, two.modes, two.sigma)[0]["modes"].item() == 2
    expected = 0.99 * math.log(1.98) + 0.01 * math.log(0.02)
    assert metrics.reverse_kl(near).item() == pytest.approx(expected, abs=1e-5)
    assert metrics.reverse_kl(torch.tensor([0, 200])).item() == pytest.approx(math.log(2))


def test_compare_is_batched_over_networks():
    blobs = DISTRIBUTIONS["blobs"]
    generator = torch.Generator().manual_seed(0)
    real = torch.stack([blobs.sample(500, generator)[0] for _ in range(3)])
    fake = torch.stack([cloud(500, seed=s) for s in range(3)])
    together = metrics.compare(real, fake, blobs)
    for i in range(3):
        for name, value in metrics.compare(real[i], fake[i], blobs).items():
            torch.testing.assert_close(together[name][i], value)


def test_data_without_modes_have_no_mode_metrics():
    report = metrics.compare(cloud(), cloud(seed=1), DISTRIBUTIONS["spiral"])
    assert report["modes"].isnan()
    assert report["high_quality"].isnan()
    assert report["js"].isfinite()


def test_samples_that_are_not_finite_have_no_metrics():
    fake = torch.stack([cloud(100), cloud(100)])
    fake[1, 7, 0] = math.nan
    real = torch.stack([cloud(100, seed=1)] * 2)
    report = metrics.compare(real, fake, DISTRIBUTIONS["ring"])
    assert all(value[0].isfinite() and value[1].isnan() for value in report.values())


def test_separation_by_hand():
    real, fake = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.0, 2.0, 2.5])
    # Of nine pairs 3 + 1.5 + 1 have the real one on top, a tie being half.
    assert metrics.separation(real, fake).item() == pytest.approx(5.5 / 9)
    both = metrics.separation(torch.stack([real, fake]), torch.stack([fake, real]))
    assert both.tolist() == pytest.approx([5.5 / 9, 3.5 / 9])
    assert metrics.separation(real, real[:2] - 5).item() == 1
    assert metrics.separation(torch.zeros(4), torch.zeros(4)).item() == 0.5
    assert metrics.separation(real, torch.tensor([math.nan, 0, 1])).isnan()


def test_two_equal_samples_are_as_blind_as_the_docstring_says():
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(2, 2000, 500, generator=generator)
    assert metrics.separation(*drawn).std().item() == pytest.approx(0.0183, rel=0.1)
    assert metrics.separation(*drawn).mean().item() == pytest.approx(0.5, abs=0.002)
