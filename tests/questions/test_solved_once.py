"""No command solves a model twice, counted by the elements of Hamiltonian and jumps of everything that is solved."""

import hashlib
from collections import Counter

import numpy as np
import pytest
import scipy.sparse as sp

import qsb_hw as qh
from qsb_hw.lindblad import steady
from qsb_hw.questions.linewidth import optimal_linewidth


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
    """How often every model was solved."""
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


@pytest.mark.parametrize("ask", [
    qh.device_budget,
    qh.error_budget,
    lambda device: qh.compare(device.oscillator(5)),
    qh.assess,
], ids=["budget", "hierarchy", "compare", "assess"])  # fmt: skip
def test_no_model_is_solved_twice(solved, ask):
    ask(qh.load_device("ion_lattice_be9"))
    assert len(solved) > 3
    assert {name: count for name, count in solved.items() if count > 1} == {}


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
