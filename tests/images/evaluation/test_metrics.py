import math

import pytest
import torch

from ganplay.images.evaluation import metrics
from ganplay.images.evaluation.metrics import (
    STRIP,
    accuracy,
    diversity,
    frechet,
    manifold,
    nearest,
    radii,
)


def column(*numbers):
    return torch.tensor(numbers, dtype=torch.float32)[:, None]


def normal(n, f, seed=0):
    return torch.randn(n, f, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# Frechet distance


def test_frechet_of_two_samples_on_a_line():
    # Means 1 and 5, variances 2 and 8: 16 + 2 + 8 - 2 sqrt(16) = 18.
    assert frechet(column(0, 2), column(3, 7)) == pytest.approx(18)


def test_frechet_of_covariances_that_do_not_commute():
    # Rows with mean 0 and a known covariance, here A and B.
    a = torch.tensor([[2.0, 1.0], [1.0, 2.0]], dtype=torch.float64)
    b = torch.tensor([[3.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    # For 2x2 matrices tr (AB)^(1/2) = sqrt(tr AB + 2 sqrt(det AB)): tr AB = 8, det AB = 9.
    expected = 4 + 4 - 2 * math.sqrt(8 + 2 * 3)

    def with_covariance(matrix):
        root = torch.linalg.cholesky(matrix)
        whitened = normal(50, 2)
        whitened -= whitened.mean(0)
        whitened @= torch.linalg.inv(torch.linalg.cholesky(whitened.T @ whitened / 49)).T
        return whitened @ root.T

    real, fake = with_covariance(a), with_covariance(b)
    assert frechet(real, fake) == pytest.approx(expected, abs=1e-9)
    assert frechet(fake, real) == pytest.approx(expected, abs=1e-9)


def test_frechet_of_one_sample_is_zero_also_where_features_are_dead():
    sample = normal(30, 8)
    sample[:, 3:] = 0
    assert frechet(sample, sample) == pytest.approx(0, abs=1e-9)
    with pytest.raises(ValueError, match="a sample of 1: at least 2"):
        frechet(sample, sample[:1])


# Precision, recall, density, coverage


def test_manifold_of_points_on_a_line():
    real, fake = column(0, 1, 3, 10), column(1.5, 4, 30, 31)
    # Nearest others: of reals 1, 1, 2, 7; of fakes 2.5, 2.5, 1, 1.
    assert radii(real, 1).tolist() == [1, 1, 2, 7]
    assert radii(fake, 1).tolist() == [2.5, 2.5, 1, 1]
    # 1.5 is in the balls of 1 and 3, 4 in those of 3 and 10; 30 and 31 in none.
    # Reals in fakes' balls: 0, 1, 3 in that of 1.5; 10 in none.
    # Balls of reals that hold a fake: those of 1, 3 and 10.
    expected = {"precision": 0.5, "recall": 0.75, "density": 1.0, "coverage": 0.75}
    assert manifold(real, fake, k=1)._asdict() == expected


def test_second_neighbours_reach_further():
    assert radii(column(0, 1, 3, 10), 2).tolist() == [3, 2, 3, 9]
    far = manifold(column(0, 1, 3, 10), column(-2, 22), k=1)
    assert far._asdict() == {"precision": 0, "recall": 1, "density": 0, "coverage": 0}
    with pytest.raises(ValueError, match="a sample of 4: at least 5"):
        radii(column(0, 1, 3, 10), 4)


def test_copies_count_as_neighbours():
    assert radii(column(2, 2, 5), 1).tolist() == [0, 0, 3]


def test_large_samples_are_compared_in_strips():
    real, fake = normal(2 * STRIP + 7, 3), normal(STRIP + 1, 3, seed=1) * 0.9
    table = torch.cdist(real, real).fill_diagonal_(torch.inf)
    assert torch.allclose(radii(real, 5), table.kthvalue(5).values)
    between = torch.cdist(real, fake)
    held = between <= radii(real, 5)[:, None]
    found = manifold(real, fake)
    assert found.precision == pytest.approx(held.any(0).double().mean())
    assert found.coverage == pytest.approx(held.any(1).double().mean())
    assert found.density == pytest.approx(held.double().sum() / 5 / len(fake))
    assert found.recall == pytest.approx((between <= radii(fake, 5)).any(1).double().mean())


def test_two_samples_of_one_distribution_cover_each_other():
    found = manifold(normal(1500, 4), normal(1500, 4, seed=1))
    assert all(0.9 < value < 1.1 for value in found)  # coverage is 1 - 2^-5 for large samples


# Neighbours


def test_nearest_rows_with_their_places():
    found = nearest(column(0.5, 9, 3), column(0, 3, 10, 3))
    assert found.place.tolist() == [0, 2, 1]
    assert found.distance.tolist() == [0.5, 1, 0]


def test_a_row_may_be_barred():
    rows = column(0, 1, 3, 10)
    found = nearest(rows, rows, barred=torch.arange(4))
    assert found.place.tolist() == [1, 0, 1, 2]
    assert found.distance.tolist() == [1, 1, 2, 7]


def test_nearest_among_many_pictures_in_bytes():
    generator = torch.Generator().manual_seed(0)
    many = torch.randint(256, (2 * STRIP + 5, 12), generator=generator, dtype=torch.uint8)
    some = many[[3, STRIP + 2, 2 * STRIP + 4]].clone()
    some[:, 0] ^= 4
    found = nearest(some, many)
    assert found.place.tolist() == [3, STRIP + 2, 2 * STRIP + 4]
    assert found.distance.tolist() == [4, 4, 4]
    others = nearest(some, many, barred=found.place)
    table = torch.cdist(some.double(), many.double())
    assert torch.allclose(others.distance, table.scatter(1, found.place[:, None], 1e9).min(1)[0])


def test_spread_of_distances():
    # 0 to 100: a standard deviation of the count below the middle is 5 of 100.
    found = metrics.spread(torch.linspace(0, 100, 101, dtype=torch.float64))
    assert found["median"] == 50
    assert found["first_percentile"] == pytest.approx(1)
    assert found["median_error"] == pytest.approx(5, rel=0.01)


# Labels


def test_shares_and_accuracy():
    labels = torch.tensor([0, 2, 2, 2])
    assert metrics.shares(labels, 4).tolist() == [0.25, 0, 0.75, 0]
    assert accuracy(labels, torch.tensor([0, 2, 1, 1])) == 0.5


def test_total_variation():
    p, q = torch.tensor([0.5, 0.25, 0.25]), torch.tensor([0.25, 0.25, 0.5])
    assert metrics.total_variation(p, q) == 0.25
    assert metrics.total_variation(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])) == 1


def test_diversity_is_within_classes():
    found = diversity(column(0, 100, 3, 6, 104, 7), torch.tensor([0, 1, 0, 0, 1, 2]), 3)
    assert found[:2].tolist() == [4, 4]  # (3 + 6 + 3) / 3, and 4
    assert found[2].isnan()
    first = diversity(column(0, 3, 6), torch.tensor([0, 0, 0]), 1, most=2)
    assert first.tolist() == [3]
