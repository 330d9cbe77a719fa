"""Every device file that ships, judged: the verdict, and the reason the criteria name for it."""

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.model.criterion import CriterionKind

CASES = {
    "ion_lattice_be9": ("feasible", set(), set()),
    "ion_lattice_ca40": ("borderline", set(), {"K/κ"}),
    "ion_surface_trap_brown2011": ("infeasible", {"K/κ", "K/γ"}, set()),
}


@pytest.fixture(scope="module")
def judged():
    return {name: qh.assess(qh.load_device(name)) for name in CASES}


@pytest.mark.parametrize("name", CASES)
def test_verdict_and_its_reason(judged, name):
    verdict, failed, tight = CASES[name]
    assessment = judged[name]
    assert assessment.verdict.value == verdict
    needs = assessment.criteria.of_kind(CriterionKind.NEED)
    assert failed <= {c.name for c in needs if c.passed is False}
    assert tight <= {c.name for c in needs if c.passed and not c.comfortable}
    if verdict == "feasible":
        assert all(c.comfortable for c in needs if c.passed is not None)


@pytest.mark.parametrize("name", ["ion_lattice_be9", "ion_lattice_ca40"])
def test_ions_hold_their_fock_state_and_show_the_blockade(judged, name):
    assessment = judged[name]
    prediction = assessment.synchronization
    assert assessment.numerics.converged
    assert assessment.comparison.trace_distance < 0.01
    assert assessment.comparison.supported_convention == "derived"
    assert prediction.contrast > 20
    kerr = assessment.oscillator.ladder.kerr_at(1)
    lines = np.abs([r.detuning for r in prediction.resonances])
    assert np.abs(lines - 2 * kerr).max() < assessment.effective.gamma  # the baths shift levels by less than a line


def test_a_trap_as_built_misses_the_anharmonicity_by_orders_of_magnitude(judged):
    ratio = next(c for c in judged["ion_surface_trap_brown2011"].criteria if c.name == "K/κ")
    assert ratio.margin < 1e-3
    assert "anharmonicity" in ratio.remedy
    assert judged["ion_surface_trap_brown2011"].comparison is None
