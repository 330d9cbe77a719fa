"""The estimate of what is left."""

import math

import numpy as np
import pytest

from qsb_hw.explore.sweep.progress import Pace


def run(pace, points, times):
    clock = 0.0
    for time in times:
        clock += time
        pace = pace.after(points, clock)
    return pace


def test_points_found_in_the_store_do_not_make_it_look_faster():
    pace = run(Pace(done=900, total=1000), 5, [1.0] * 10)
    assert pace.left == pytest.approx(50 * 0.2)
    assert pace.uncertainty == pytest.approx(0.0, abs=1e-6)


def test_there_is_no_estimate_before_there_is_ground_for_one():
    pace = run(Pace(0, 1000), 5, [1.0] * 4)
    assert math.isnan(pace.left)
    assert pace.text == "no estimate yet"
    assert run(Pace(0, 20), 5, [1.0] * 4).left == 0.0


def test_the_error_covers_what_comes():
    """Batches of random duration: the rest of the run lies within the stated error as often as a normal law says."""
    chance, inside = np.random.default_rng(3), 0
    for _ in range(400):
        times = chance.gamma(2.0, 0.5, 60)
        pace = run(Pace(0, 600), 10, times[:20])
        inside += abs(times[20:].sum() - pace.left) < pace.uncertainty
    assert 0.6 < inside / 400 < 0.76  # 68 %


def test_long_and_short_times_read_well():
    assert run(Pace(0, 10**6), 1, [1.0] * 10).text == "277.8 h left"
    assert run(Pace(0, 300), 1, [1.0] * 100).text == "3.3 min left"
    assert run(Pace(0, 100), 1, [0.5, 1.5] * 10).text.startswith("80 s left (± ")
