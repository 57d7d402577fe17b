import math

import pytest

from ganplay.common.number_text import count, measured, setting, span


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.000"), (0.1256, "0.126"), (12.0, "12.000"), (-0.25, "-0.250"), (0.0005, "0.001"),
        (0.00042, "0.00042"), (0.000016, "0.000016"), (4.2e-7, "4.2e-07"), (-0.00042, "-0.00042"),
        (None, "-"), (math.nan, "-"), (math.inf, "-"),
    ],
)  # fmt: skip
def test_a_measured_number(value, text):
    assert measured(value) == text


def test_counts_are_written_as_counts():
    given = [0, 8, 8.0, 5.34, 0.54, 0.02, 25.0, None, math.nan]
    assert list(map(count, given)) == ["0", "8", "8", "5.3", "0.5", "0", "25", "-", "-"]


def test_a_span_and_the_value_of_a_setting():
    assert span(count(16 / 3), count(0.0), count(8.0)) == "5.3 [0, 8]"
    assert [setting(v) for v in (1e-4, 0.002, 3, "hinge", True)] == [
        "0.0001",
        "0.002",
        "3",
        "hinge",
        "True",
    ]
