"""Grids over Δ find the lines, or say that they may miss them."""

import itertools
import math
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.analysis.pair import detuning_grid, half_width
from qsb_hw.errors import ArgumentError, ResolutionWarning
from qsb_hw.explore.sweep import lines
from qsb_hw.explore.sweep.evaluation import Evaluation
from qsb_hw.explore.sweep.plan import plan_of

README = Path(__file__).parents[3] / "README.md"
TRANSMON = {"detuning": "-300..300 MHz:201"}


@pytest.fixture(scope="module")
def readme():
    """Study of the README's sweep."""
    command = re.search(r"qsb-hw sweep transmon_squid --vary.*?(?<!\\)\n", README.read_text(encoding="utf-8"), re.S)
    words = shlex.split(command[0].replace("\\\n", " "))
    options = list(itertools.pairwise(words))
    vary = [value for option, value in options if option == "--vary"]
    measure = next(value for option, value in options if option == "--measure")
    return plan_of(words[2], vary, measure)


def evaluated(plan, values):
    grid = next(p.values for axis in plan.axes for p in axis.parameters if p.path == "detuning")
    return Evaluation(plan.subject, values, plan.settings.with_values(values), grid)


def test_the_sweep_of_the_readme_finds_its_peaks(readme):
    assert readme.warnings == ()
    assert "S" in [m.name for m in readme.measures]
    varied = next(axis for axis in readme.axes if axis.name != "detuning")
    for k in (0, varied.size // 2, varied.size - 1):
        evaluation = evaluated(readme, {p.path: p.values[k] for p in varied.parameters})
        for side in (-1, 1):
            peak = evaluation.S[side * evaluation.detunings > 0].max()
            assert peak == pytest.approx(evaluation.S_at_rest[1 if side < 0 else 2], rel=2e-3)


def test_equal_steps_that_pass_a_line_by_are_told(pair):
    """The README's former sweep: steps of 3 MHz, lines 1.8 MHz wide; S = 0.285 where the peak has 0.468."""
    plan = plan_of("transmon_squid", TRANSMON, "S")
    evaluation = evaluated(plan, {})
    assert evaluation.S.max() == pytest.approx(0.285, abs=0.001)
    assert max(evaluation.S_at_rest) == pytest.approx(0.4687, abs=0.0001)
    (words,) = plan.warnings
    for text in ("step of the detuning is 3 MHz", "1.79 MHz near", "277 MHz", "-300..300 MHz:adaptive", "S_resonance"):
        assert text in words
    adaptive = plan_of("transmon_squid", {"detuning": "-300..300 MHz:adaptive"}, "S")
    assert adaptive.warnings == ()
    assert adaptive.size < plan.size
    assert evaluated(adaptive, {}).S.max() == pytest.approx(max(evaluation.S_at_rest), rel=1e-3)


def test_the_warning_is_in_the_result_and_is_given(pair):
    with pytest.warns(ResolutionWarning, match=r"wider than the line.*-30\.\.30:adaptive"):
        dataset = qh.sweep(pair, {"detuning": "-30..30:11"}, "S")
    assert len(dataset.attrs["warnings"]) == 1
    assert qh.sweep(pair, {"detuning": "-30..30:11"}, "sigma").attrs["warnings"] == []  # nothing asked along Δ
    assert qh.sweep(pair, {"detuning": "-5..5:11"}, "S").attrs["warnings"] == []  # no line in it
    assert qh.sweep(pair, {"detuning": "-20, 0, 20"}, "S").attrs["warnings"] == []  # places, and no grid
    assert qh.sweep(pair, {"detuning": "-30..30:61"}, "S").attrs["warnings"] == []


def test_alone_an_adaptive_axis_is_the_grid_of_check(pair):
    plan = plan_of(pair, {"detuning": "-32..32:adaptive"}, "S")
    one = Evaluation(plan.subject, {}, plan.settings).analysis
    network = qh.Network([one.effective, one.effective], [[0, one.coupling], [one.coupling, 0]])
    lines = [r.detuning for r in qh.resonances(network, (1, 1))]
    expected = detuning_grid(half_width(one.effective, one.coupling), lines)
    assert expected[-1] == pytest.approx(32)
    np.testing.assert_allclose(plan.axes[0].parameters[0].values, expected, atol=1e-10)


@pytest.mark.parametrize("points", [6, 90])
def test_lines_that_move_share_an_axis_that_resolves_them_all(pair, points):
    """2K moves from 10 to 40; with 90 values of K only some are computed, and the others are between them."""
    plan = plan_of(pair, [f"$.kerr=5..20:{points}", "detuning=-50..50:adaptive"], "S")
    grid = np.array(plan.axes[1].parameters[0].values)
    assert grid.size < 1000
    for kerr in plan.axes[0].parameters[0].values:
        one = Evaluation(plan.subject, {"$.kerr": kerr}, plan.settings).analysis
        width = half_width(one.effective, one.coupling)
        near = grid[np.abs(grid - 2 * kerr) < width]
        assert np.abs(near - 2 * kerr).min() < 0.15 * width
        assert np.diff(near).max() < 0.5 * width
    assert plan.warnings == ()


def test_lines_are_computed_at_a_limited_number_of_combinations(pair, monkeypatch):
    """However large the grid."""
    computed = []
    real = lines.Evaluation
    monkeypatch.setattr(lines, "Evaluation", lambda *a: computed.append(a) or real(*a))
    plan_of(pair, ["$.kerr=5..20:300", "$.sigma=0.1..0.2:30", "detuning=-50..50:adaptive"], "S")
    assert 0 < len(computed) <= lines.MOST_COMBINATIONS


def test_the_coupling_as_an_axis_widens_the_line(pair):
    """A setting and no number of the file; V = 3 is wider than V = 0.1."""
    fine, wide = (
        plan_of("kerr_squid_array", [f"coupling={v} kHz", "detuning=-20..20 MHz:adaptive"], "S") for v in (50, 500)
    )
    steps = [min(x for x in s.axes[1].parameters[0].values if x > 0) for s in (fine, wide)]
    assert math.log(steps[1] / steps[0]) > math.log(2)


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        (["$.kerr=5..20:adaptive"], "Only the axis of detuning may be adaptive"),
        (["detuning=30..-30:adaptive"], "must rise"),
        (["detuning=-30..30:adaptively"], "must look like"),
        (["detuning=-30..30:adaptive", "detuning=1,2"], "must be varied once"),
        (["detuning=-30..30:adaptive; $.kerr=1..2:3"], "Only the axis of detuning"),
        (["detuning=-30..30 MHz:adaptive"], "MHz"),
    ],
)
def test_adaptive_axes_that_cannot_be(pair, vary, message):
    with pytest.raises(ArgumentError, match=message):
        plan_of(pair, vary, "S")


def test_nothing_to_adapt_to_is_told():
    values = ["$.damping.linewidth=1 MHz", "detuning=-20..20 MHz:adaptive"]
    with pytest.raises(ArgumentError, match=r"must have lines to adapt to.*-20\.\.20 MHz:101"):
        plan_of("kerr_squid_array", values, "S")
