"""Plots: what is drawn is what was computed, and nothing outside the figure changes."""

import io
import math
import sys
from dataclasses import replace

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.model.criterion import Criterion, CriterionKind, Sense
from qsb_hw.model.device import PotentialWell
from qsb_hw.plot import (
    plot_assessment,
    plot_criteria,
    plot_error_budget,
    plot_levels,
    plot_populations,
    plot_rates,
    plot_synchronization,
    plot_well,
)
from qsb_hw.plot.style import BAD, GOOD, TIGHT
from qsb_hw.plot.synchronization import panels

TWO_PI = 2 * math.pi


def line(ax, label):
    return next(found for found in ax.get_lines() if found.get_label() == label)


def test_rates_are_those_of_the_oscillator(assessment):
    fig, ax = plot_rates(assessment.effective, assessment.published)
    assert ax.get_figure() is fig
    assert ax.get_yscale() == "log"
    np.testing.assert_array_equal(line(ax, "up").get_ydata(), assessment.effective.up_rates)
    np.testing.assert_array_equal(line(ax, "down").get_ydata(), assessment.effective.down_rates)
    np.testing.assert_array_equal(line(ax, "up, published").get_ydata(), assessment.published.up_rates)


@pytest.mark.parametrize("log", [False, True])
def test_populations_are_those_of_the_three_models(assessment, log):
    comparison = assessment.comparison
    fig, ax = plot_populations(comparison, log=log)
    assert ax.get_figure() is fig
    drawn = (
        [one.get_ydata() for one in ax.get_lines()]
        if log
        else [[bar.get_height() for bar in bars] for bars in ax.containers]
    )
    expected = [comparison.populations_full, comparison.populations_eliminated, comparison.populations_published]
    np.testing.assert_allclose(drawn, expected, rtol=1e-12)


def test_populations_without_published_ones_have_two_series(assessment):
    _, ax = plot_populations(replace(assessment.comparison, published=None))
    assert len(ax.containers) == 2


def test_synchronization_is_drawn_in_cyclic_megahertz(assessment):
    prediction = assessment.synchronization
    fig, axes = plot_synchronization(prediction)
    swept, full = line(axes[0], "eliminated model"), line(axes[0], "full model")
    assert axes[0].get_figure() is fig
    np.testing.assert_allclose(swept.get_xdata(), prediction.detuning / (TWO_PI * 1e6))
    np.testing.assert_array_equal(swept.get_ydata(), prediction.S)
    np.testing.assert_allclose(full.get_xdata(), prediction.full_detuning / (TWO_PI * 1e6))
    np.testing.assert_array_equal(full.get_ydata(), prediction.S_full)


def lorentzians(prediction, width, resonance):
    """The same prediction with lines of known width at zero detuning ± resonance."""
    detuning = np.union1d(np.linspace(-2, 2, 41) * resonance, [c + x for c in (-resonance, 0, resonance)
                                                              for x in np.linspace(-4, 4, 401) * width])  # fmt: skip
    S = sum(1 / (1 + ((detuning - c) / (width / 2)) ** 2) for c in (-resonance, resonance))
    return replace(prediction, detuning=detuning, S=S, full_detuning=np.array([0.0, -resonance, resonance]))


def test_narrow_lines_get_a_panel_each_four_widths_wide(assessment):
    narrow = lorentzians(assessment.synchronization, width=1.0, resonance=700.0)
    found = panels(narrow)
    assert [(low + high) / 2 for low, high in found] == pytest.approx([-700, 0, 700], abs=1e-6)
    assert [high - low for low, high in found] == pytest.approx([4.0] * 3, rel=0.01)
    _, axes = plot_synchronization(narrow)
    assert len(axes) == 3


def test_wide_lines_share_one_panel(assessment):
    wide = lorentzians(assessment.synchronization, width=1.0, resonance=3.0)
    assert panels(wide) == [(wide.detuning.min(), wide.detuning.max())]


def test_a_failed_sweep_still_gives_a_picture(assessment):
    prediction = assessment.synchronization
    failed = replace(prediction, S=np.full_like(prediction.S, np.nan), S_full=np.full_like(prediction.S_full, np.nan))
    _, axes = plot_synchronization(failed)
    assert len(axes) == 1


def criterion(name, value, kind=CriterionKind.REQUIREMENT, required_margin=2.0):
    return Criterion(name, kind, value, 1.0, Sense.AT_LEAST, "why", "remedy", required_margin=required_margin, key="x")


def test_margins_are_bars_from_the_bound_worst_first_needs_before_approximations():
    some = [
        criterion("good", 10.0),
        criterion("skipped", None),
        criterion("approximation", 0.5, CriterionKind.APPROXIMATION),
        criterion("tight", 1.5),
        criterion("bad", 0.25),
    ]
    _, ax = plot_criteria(some)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["bad", "tight", "good", "approximation"]
    bars = [bars[0] for bars in ax.containers]
    assert [bar.get_x() + bar.get_width() for bar in bars] == pytest.approx([0.25, 1.5, 10.0, 0.5])
    colours = [f"#{''.join(f'{round(255 * c):02X}' for c in bar.get_facecolor()[:3])}" for bar in bars]
    assert colours == [BAD, TIGHT, GOOD, BAD]


def test_boundless_margins_stay_on_the_picture():
    _, ax = plot_criteria([criterion("zero", 0.0), criterion("endless", math.inf)])
    low, high = ax.get_xlim()
    ends = [bars[0].get_x() + bars[0].get_width() for bars in ax.containers]
    assert all(low <= end <= high for end in ends)


def test_levels_show_every_spacing_and_tone(assessment):
    _, ax = plot_levels(assessment.oscillator)
    spacings = assessment.oscillator.ladder.transition_frequencies / (TWO_PI * 1e9)
    np.testing.assert_allclose(ax.get_lines()[0].get_ydata(), spacings)
    assert len(ax.patches) == 2


def test_axes_given_are_used(assessment):
    from matplotlib.figure import Figure

    figure = Figure()
    first, second = figure.subplots(1, 2)
    assert plot_rates(assessment.effective, ax=first) == (figure, first)
    assert plot_criteria(assessment.criteria, ax=second) == (figure, second)


def test_one_figure_holds_the_whole_assessment(assessment):
    fig, axes = plot_assessment(assessment)
    assert len(axes) == 3 + len(panels(assessment.synchronization))
    assert {ax.get_figure(root=True) for ax in axes} == {fig}


def test_without_a_fock_state_the_ladder_stands_in(hopeless):
    fig, axes = plot_assessment(hopeless)
    assert len(axes) == 3
    assert "spacing" in axes[1].get_ylabel()
    assert "infeasible" in fig.get_suptitle()


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_figures_can_be_saved_without_a_warning(assessment, suffix):
    file = io.BytesIO()
    plot_assessment(assessment)[0].savefig(file, format=suffix, dpi=50)
    assert file.tell() > 1000


def test_nothing_global_is_touched(assessment):
    import matplotlib

    before, had_pyplot = dict(matplotlib.rcParams), "matplotlib.pyplot" in sys.modules
    plot_assessment(assessment)
    assert dict(matplotlib.rcParams) == before
    assert ("matplotlib.pyplot" in sys.modules) == had_pyplot
    assert not had_pyplot or sys.modules["matplotlib.pyplot"].get_fignums() == []


@pytest.fixture
def trapped(assessment):
    """The same device with its oscillator in a harmonic well of 2 MHz, a picture of which is known by heart."""
    x = np.linspace(-50e-9, 50e-9, 401)
    width, spacing = 10e-9, 2 * math.pi * 2e6
    u = x / width
    shapes = np.array([np.ones_like(u), math.sqrt(2) * u, (2 * u**2 - 1) / math.sqrt(2)])
    densities = (shapes**2 * np.exp(-(u**2)) / (math.sqrt(math.pi) * width)).T
    well = PotentialWell(x, spacing * u**2 / 2, spacing * (np.arange(3) + 0.5), densities)
    return replace(assessment.device, well=well)


def test_well_shows_levels_at_their_energies_and_densities_on_them(trapped):
    _, ax = plot_well(trapped)
    heights = sorted(float(c.get_segments()[0][0][1]) for c in ax.collections if hasattr(c, "get_segments"))
    assert heights == pytest.approx([1.0, 3.0, 5.0])
    assert ax.get_ylabel() == "energy/h (MHz)"
    assert ax.get_xlabel() == "position (nm)"
    x, potential = ax.lines[0].get_data()
    assert np.interp(10.0, x, potential) == pytest.approx(1.0, rel=1e-3)  # ½ħω at one oscillator length
    assert [text.get_text() for text in ax.texts] == ["0", "1", "2"]


def test_device_without_a_well_has_none_to_draw(assessment):
    with pytest.raises(qh.ArgumentError, match="potential well to draw"):
        plot_well(assessment.device)


def test_assessment_of_a_trapped_particle_shows_its_well(assessment, trapped):
    _, axes = plot_assessment(replace(assessment, device=trapped))
    _, without = plot_assessment(assessment)
    assert len(axes) == len(without) + 1
    assert axes[-1].get_xlabel() == "position (nm)"


def test_budget_has_a_bar_for_every_step_in_the_order_of_the_ladder(assessment):
    budget = assessment.budget
    fig, ax = plot_error_budget(budget)
    assert ax.get_figure() is fig
    assert ax.get_xscale() == "log"
    labels = [" ".join(label.get_text().split()) for label in ax.get_yticklabels()]
    assert labels == [row.neglected for row in budget.rows]
    ends = [bar.get_x() + bar.get_width() for bar in ax.patches]
    assert ends == pytest.approx([min(max(row.cost, 1e-6), 2.0) for row in budget.rows])
    colours = [bar.get_facecolor()[:3] for bar in ax.patches]
    assert len({colour for colour, row in zip(colours, budget.rows, strict=True) if row.fails}) == 1
    assert len(set(colours)) == 2


def test_budget_symbols_are_the_three_changes(assessment):
    budget = assessment.budget
    _, ax = plot_error_budget(budget)
    names = ("state of one oscillator (trace distance)", "S at Δ = 0", "S at the resonance")
    for k, name in enumerate(names):
        seen = [row.costs[k] for row in budget.rows if row.costs[k] >= 1e-6]
        np.testing.assert_allclose(line(ax, name).get_xdata(), np.minimum(seen, 2.0))


def test_budget_step_of_which_nothing_is_known_has_its_status_in_place_of_a_bar(assessment):
    row = assessment.budget.rows[0]
    unknown = replace(row, trace_distance=math.nan, synchronization=np.full((2, 2), math.nan), status=qh.Status.FAILED)
    _, ax = plot_error_budget(replace(assessment.budget, rows=(unknown, *assessment.budget.rows[1:])))
    assert len(ax.patches) == len(assessment.budget.rows) - 1
    assert "failed" in [text.get_text().strip() for text in ax.texts]
