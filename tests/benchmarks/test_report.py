"""The arithmetic of benchmarks, with work whose time is known."""

import pytest

from benchmarks import report
from benchmarks.report import Row, paired_ratio, percentile, rate


@pytest.fixture
def clock(monkeypatch):
    """A clock that only moves when it is told to."""
    now = [0.0]
    monkeypatch.setattr(report.time, "perf_counter", lambda: now[0])
    return now


def working(clock, seconds, calls):
    def work():
        clock[0] += seconds
        calls.append(seconds)

    return work


@pytest.mark.parametrize(
    ("asked", "each", "count", "expected"), [(0.0, 6, 1, 12.0), (1.9, 6, 4, 12.0), (0.5, 1, 1, 2.0)]
)
def test_a_rate_is_units_over_the_time_they_took(clock, asked, each, count, expected):
    calls = []
    assert rate(working(clock, 0.5, calls), asked, each) == pytest.approx(expected)
    assert len(calls) == count


def test_a_ratio_is_the_median_of_pairs_after_a_first_one_that_does_not_count(capsys):
    ours, base = iter([99.0, 2.0, 9.0, 8.0]), iter([1.0, 1.0, 3.0, 2.0])
    ratio, mine, theirs = paired_ratio(lambda: next(ours), lambda: next(base), 3)
    assert (ratio, mine, theirs) == (3.0, 8.0, 2.0)


def test_a_share_of_the_values_does_not_exceed_a_percentile():
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert percentile(values, 0.5) == 3.0
    assert percentile(values, 0.95) == 5.0
    assert percentile(values, 1.0) == 5.0


def test_a_row_holds_within_its_bound():
    assert Row("a", 1.4, "x", ">= 1.4").holds
    assert not Row("a", 1.39, "x", ">= 1.4").holds
    assert Row("a", 0, "", "== 0").holds
    assert Row("a", float("nan"), "x").holds
