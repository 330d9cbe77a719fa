"""Every device file that ships, assessed: the verdict, and the reason the criteria name for it."""

from functools import cache

import numpy as np
import pytest

import qsb_hw as qh
import qsb_hw.analysis.pair as pair_module
from qsb_hw.analysis.conditions import Requested, conditions_of
from qsb_hw.model.criterion import CriterionKind

CASES = {
    "ion_lattice_be9": ("feasible", set(), set()),
    "ion_lattice_ca40": ("borderline", set(), {"K/κ"}),
    "ion_surface_trap_brown2011": ("infeasible", {"K/κ", "K/γ"}, set()),
}


@pytest.fixture(scope="module")
def assessed():
    """What `assess` says; the error budget is no part of the verdict."""
    return {name: qh.assess(qh.load_device(name), budget=False) for name in CASES}


@pytest.fixture(scope="module")
def judged():
    """Call with a name, and levels, for an assessment, made once.

    Nor is the curve between the lines.
    """

    @cache
    def made(name, levels=None):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pair_module, "LINE_STEPS", (1.0, 8.0))
            patch.setattr(pair_module, "BACKGROUND", 3)
            return qh.assess(qh.load_device(name), levels=levels, budget=False)

    return made


@pytest.mark.parametrize("name", CASES)
def test_verdict_and_its_reason(assessed, name):
    verdict, failed, tight = CASES[name]
    assessment = assessed[name]
    assert assessment.verdict.value == verdict
    needs = assessment.criteria.of_kind(CriterionKind.REQUIREMENT)
    assert failed <= {c.name for c in needs if c.passed is False}
    assert tight <= {c.name for c in needs if c.passed and not c.meets_margin}
    if verdict == "feasible":
        assert all(c.meets_margin for c in needs if c.passed is not None)


@pytest.mark.parametrize("name", ["ion_lattice_be9", "ion_lattice_ca40"])
def test_ions_hold_their_fock_state_and_show_the_blockade(assessed, name):
    assessment = assessed[name]
    prediction = assessment.synchronization
    assert assessment.numerics.converged
    assert assessment.budget is None
    assert assessment.comparison.trace_distance < 0.01
    assert assessment.comparison.supported_convention == "derived"
    assert prediction.contrast > 20
    kerr = assessment.oscillator.ladder.kerr_at(1)
    lines = np.abs([r.detuning for r in prediction.resonances])
    assert np.abs(lines - 2 * kerr).max() < assessment.effective.gamma  # the baths shift levels by less than a line


@pytest.mark.parametrize("name", ["ion_lattice_be9", "ion_lattice_ca40", "kerr_squid_array", "photon_pressure"])
def test_the_verdict_is_that_with_every_level(name, assessed, judged):
    device = qh.load_device(name)
    usual = assessed[name] if name in assessed else judged(name)
    every = judged(name, device.complete.levels)
    assert every.oscillator.levels == device.complete.levels > usual.oscillator.levels
    assert every.verdict is usual.verdict
    assert usual.verdict is not qh.Verdict.UNDECIDED
    if usual.comparison is not None:
        change = np.abs(
            every.comparison.populations_full[: usual.oscillator.levels] - usual.comparison.populations_full
        )
        assert change.sum() / 2 <= 2 * usual.numerics.truncation_error
        assert every.synchronization.contrast == pytest.approx(
            usual.synchronization.contrast, rel=usual.numerics.contrast_error + usual.numerics.truncation_error
        )


@pytest.mark.parametrize("name", ["ion_lattice_be9", "ion_lattice_ca40"])
def test_an_ion_file_changes_by_no_more_than_stated_between_20_levels_and_all(name, judged):
    device = qh.load_device(name)
    twenty, every = qh.compare(device.oscillator(20)), judged(name, device.complete.levels).comparison
    assert every.populations_full.size == device.complete.levels
    found = conditions_of(device, Requested(levels=20))
    stated = found.level_error + found.bath_error
    assert stated < 1e-9
    assert abs(twenty.populations_full[1] - every.populations_full[1]) <= stated + 1e-9  # of the solver
    assert conditions_of(device).levels.value <= 20


@pytest.mark.parametrize(
    ("name", "fidelity", "relaxes"), [("ion_lattice_be9", 0.979, 3), ("ion_lattice_ca40", 0.910, 3)]
)
def test_shipped_ions_are_what_their_files_say_for_ever(assessed, name, fidelity, relaxes):
    found = assessed[name].lasting
    assert found.populations[1] == pytest.approx(fidelity, abs=1e-3)
    assert found.populations_forever[1] == pytest.approx(found.populations[1], abs=1e-4)
    assert 1 / found.relaxation_rate < relaxes
    assert found.holds == np.inf
    assert found.time_to_loss > 1e6
    top = found.populations_forever[20:]
    assert top.sum() < 1e-9


def test_a_trap_as_built_misses_the_anharmonicity_by_orders_of_magnitude(assessed):
    ratio = next(c for c in assessed["ion_surface_trap_brown2011"].criteria if c.name == "K/κ")
    assert ratio.margin < 1e-3
    assert "anharmonicity" in ratio.remedy
    assert assessed["ion_surface_trap_brown2011"].comparison is None
