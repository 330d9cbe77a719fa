"""The picture of a budget shows what was computed."""

import numpy as np
import pytest

from qsb_hw.plot import plot_budget


@pytest.fixture
def budget(device_budget):
    return device_budget


def test_bars_are_the_reductions(budget):
    _, axes = plot_budget(budget)
    given = [row for row in budget.noise.rows if row.given]
    widths = [bar.get_width() for bar in axes[0].patches if bar.get_width() > 0]
    expected = [x for r in given for x in (r.fidelity_loss / r.fidelity_without, r.contrast_loss)]
    np.testing.assert_allclose(widths, np.maximum(np.abs(expected), 1.2e-7))
    assert [label.get_text() for label in axes[0].get_yticklabels()] == [row.name for row in given]


def test_curve_is_the_scan_in_cyclic_frequency(budget):
    _, axes = plot_budget(budget)
    curve = next(line for line in axes[1].get_lines() if line.get_label() == "single tone per bath")
    np.testing.assert_allclose(curve.get_xdata() * 2 * np.pi * 1e6, budget.tones.optimum.scanned_linewidth)
    np.testing.assert_allclose(curve.get_ydata(), 1 - budget.tones.optimum.scanned_fidelity)


def test_bars_of_repetitions(budget):
    figure, axes = plot_budget(budget)
    heights = [bar.get_height() for bar in axes[2].patches]
    expected = [s.repetitions for sighting in budget.detection for s in sighting.shots]
    np.testing.assert_allclose(heights, expected)
    assert budget.device.name in figure.get_suptitle()
