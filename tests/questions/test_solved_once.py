"""No command solves a model twice, counted by the elements of Hamiltonian and jumps of everything that is solved."""

import hashlib
from collections import Counter

import numpy as np
import pytest
import scipy.sparse as sp

import qsb_hw as qh
from qsb_hw.analysis.pair import _tried_before
from qsb_hw.lindblad import steady
from qsb_hw.questions.lines import emission_of
from qsb_hw.questions.linewidth import optimal_linewidth
from qsb_hw.questions.turn_on import turned_on


def fingerprint(hamiltonian, jumps):
    """Hash of every element of a model."""
    digest = hashlib.sha256()
    for operator in (hamiltonian, *jumps):
        matrix = sp.csr_array(operator, copy=True)
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        for part in (matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data.astype(complex)):
            digest.update(part.tobytes())
    return digest.hexdigest()


@pytest.fixture
def solved(monkeypatch):
    """How often every model was solved, with nothing known from before."""
    _tried_before.cache_clear()
    counts = Counter()
    prepare, along = steady._prepare, steady.steady_states_along

    def one(model, directions, solver):
        if not directions:
            counts[fingerprint(model.hamiltonian, model.jumps)] += 1
        return prepare(model, directions, solver)

    def many(model, direction, values, *more, **named):
        counts.update(fingerprint(model.hamiltonian + float(v) * direction, model.jumps) for v in values)
        return along(model, direction, values, *more, **named)

    monkeypatch.setattr(steady, "_prepare", one)
    monkeypatch.setattr(steady, "steady_states_along", many)
    return counts


def small(name="kerr_squid_array", **asked):
    """What is asked of a shipped device, with as few levels as a pair may have."""
    return qh.analyse(qh.load_device(name), levels=4, pair_levels=3, bath_levels=2, **asked)


def there_and_back(_):
    """A protocol whose third stage is its first."""
    on, off = qh.Stage(duration=1e-6), qh.Stage(duration=1e-6, pumps=0.5)
    device = qh.load_device("kerr_squid_array")
    qh.run_protocol(device.oscillator(4).with_bath_levels(2), qh.Protocol([on, off, on]))


PLANE = {"model": "kerr_cavities", "kerr_to_linewidth": 1, "coupling_to_linewidth": 0.05, "fock_state": 1}
TWO = {"$.kerr_to_linewidth": "5 %", "$.coupling_to_linewidth": "5 %"}
ASKED = {
    "budget": lambda device: qh.device_budget(device, levels=5),
    "hierarchy": lambda device: qh.error_budget(device, levels=5, most_states=150),
    "compare": lambda device: qh.compare(device.oscillator(5)),
    "check": qh.assess,
    "check a chip": lambda _: qh.assess_chip(qh.load_chip("ion_pair_mixed")),
    "evolve": lambda _: turned_on(small()),
    "evolve --alone": lambda _: turned_on(small(), pair=False),
    "evolve with a protocol": there_and_back,
    "spectrum": lambda _: emission_of(small("ion_lattice_be9")),
    "tolerance": lambda _: qh.tolerance(PLANE, TWO, samples=64, indices=False, settings={"levels": 3}),
    "map": lambda _: qh.feasibility_map("kerr_squid_array", points=2),
    "sweep": lambda _: qh.sweep("kerr_squid_array", {"detuning": "-1, 0, 1 MHz", "$.oscillator.t2": "5, 6 us"}, "S"),
    "design": lambda _: qh.design(
        PLANE, {"$.kerr_to_linewidth": "0.5..3"}, maximise="contrast", evaluations=20, settings={"levels": 3}
    ),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED.keys())
def test_no_model_is_solved_twice(solved, ask, monkeypatch):
    monkeypatch.setattr("qsb_hw.questions.lines.BETWEEN", 3)  # detunings between the places where lines meet
    ask(qh.load_device("ion_lattice_be9"))
    assert {name: count for name, count in solved.items() if count > 1} == {}


def test_a_pair_tried_for_one_question_is_not_solved_again_for_the_next(solved):
    error = small().pair.size.bath_error
    before = len(solved)
    solved.clear()
    assert small().pair.size.bath_error == error > 0
    assert before - len(solved) == 4  # two sizes, each at the blockade point and at one of the resonances


def test_the_best_linewidth_keeps_its_steady_state():
    oscillator = qh.load_device("kerr_squid_array").oscillator(4).with_bath_levels(2)
    best = optimal_linewidth(oscillator)
    assert best.alone.populations(0)[1] == best.fidelity
    assert qh.steady_state(qh.full_model(best.oscillator)).populations(0)[1] == pytest.approx(best.fidelity, abs=1e-9)


def test_a_bath_is_solved_once_however_often_it_is_eliminated(solved):
    device = qh.load_device("ion_lattice_be9")
    solved.clear()
    first = qh.eliminate(device.complete)
    times = sum(solved.values())
    again = qh.eliminate(device.oscillator())
    assert sum(solved.values()) == times
    assert np.array_equal(first.rates, again.rates)
