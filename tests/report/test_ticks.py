"""Round values along an axis, beside matplotlib's."""

import numpy as np
import pytest
from matplotlib.ticker import MaxNLocator

from claims.report.ticks import round_ticks


def within(values, low, high):
    slack = 1e-9 * (high - low)
    return [v for v in values if low - slack <= v <= high + slack]


@pytest.mark.parametrize("n", [5, 6])
def test_they_are_those_that_matplotlib_chooses(n):
    rng = np.random.default_rng(0)
    locator = MaxNLocator(nbins=n, steps=[1, 2, 2.5, 5, 10])
    for _ in range(2000):
        low = rng.normal() * 10 ** rng.uniform(-6, 6)
        high = low + abs(low) * 10 ** rng.uniform(-1.5, 3)
        expected = within(locator.tick_values(low, high), low, high)
        np.testing.assert_allclose(
            round_ticks(low, high, n), expected, rtol=1e-9, atol=1e-9 * (high - low)
        )


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (-0.3, 0.3, [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3])],
)
def test_an_end_that_is_round_has_its_tick(low, high, expected):
    np.testing.assert_allclose(round_ticks(low, high, 6), expected, atol=1e-12)


@pytest.mark.parametrize("value", [0.0, 3.0, -1e-300, 1e300])
def test_an_axis_of_one_value_has_it_alone(value):
    assert round_ticks(value, value, 6) == [value]
