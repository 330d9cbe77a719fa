"""No answer is further from the truth than its certificate says: random models of twelve kinds.

``pytest tests/lindblad/test_error_bounds.py --models 5000`` draws more.
"""

import importlib.util
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.lindblad.blocks import BlockGenerator

_spec = importlib.util.spec_from_file_location("families", Path(__file__).with_name("families.py"))
families = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(families)

SOLVERS = {
    "auto": qh.Auto(),
    "direct": qh.SparseDirect(),
    "gmres": qh.SylvesterGMRES(),
    "single": qh.SylvesterGMRES(single_above=0),
}


class Drawn(NamedTuple):
    """A model, its reference solution, and the answer of each solver."""

    kind: str
    number: int
    model: qh.LindbladModel
    truth: Any
    nulls: int
    answers: dict[str, qh.SteadyState]


@pytest.fixture(scope="module")
def drawn(request):
    seed, found = 20, []
    for number in range(request.config.getoption("--models")):
        kind = families.KINDS[number % len(families.KINDS)]
        rng = np.random.default_rng([seed, number])
        hamiltonian, jumps = kind(rng, int(rng.integers(3, 8)))
        model = qh.LindbladModel(hamiltonian, tuple(jumps))
        answers = {name: qh.steady_state(model, solver) for name, solver in SOLVERS.items()}
        truth = families.reference(hamiltonian, jumps)
        nulls = families.null_vectors(hamiltonian, jumps)
        found.append(Drawn(kind.__name__, number, model, truth, nulls, answers))
    return found


def distance(answer, truth):
    return float(np.linalg.norm(answer.state().astype(np.clongdouble) - truth.state))


def test_every_error_is_within_its_bound(drawn):
    wrong = [
        (kind, number, name, distance(answer, truth), answer)
        for kind, number, _, truth, _, answers in drawn
        for name, answer in answers.items()
        if answer.ok and truth.error < 1e-3 and distance(answer, truth) > answer.error_bound + truth.error
    ]
    assert not wrong


def test_bounds_are_within_a_factor_of_a_hundred_in_the_median(drawn):
    for name in SOLVERS:
        ratios = [
            answers[name].error_bound / distance(answers[name], truth)
            for _, _, _, truth, _, answers in drawn
            if answers[name].ok and truth.error < 0.1 * distance(answers[name], truth)
        ]
        assert len(ratios) > len(drawn) / 5
        assert 1 < np.median(ratios) < 100, name


def test_several_steady_states_are_said_exactly_where_there_are_several(drawn):
    for kind, number, _, _, nulls, answers in drawn:
        said = {name: answer.status is qh.Status.NOT_UNIQUE for name, answer in answers.items()}
        if kind == "conserved_quantity":
            assert all(said.values()), (number, answers)
        elif nulls == 1:
            assert not any(said.values()), (kind, number, answers)


def test_the_default_solver_answers_every_model_with_one_steady_state(drawn):
    unanswered = [
        (kind, number, answers["auto"])
        for kind, number, _, truth, nulls, answers in drawn
        if nulls == 1 and truth.error < 1e-6 and not answers["auto"].ok
    ]
    assert not unanswered


def test_answers_agree_with_qutip(drawn):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # QuTiP's import warns about what it finds installed
        import qutip
    compared = 0
    for model in drawn[: len(drawn) // 2]:
        answer = model.answers["auto"]
        if answer.ok and model.truth.error < 1e-12:  # else QuTiP has no eight digits itself
            H, *jumps = (qutip.Qobj(m.toarray()) for m in (model.model.hamiltonian, *model.model.jumps))
            assert np.abs(answer.state() - qutip.steadystate(H, jumps).full()).max() < 1e-8, model
            compared += 1
    assert compared > len(drawn) / 6


def test_models_cover_gaps_over_many_decades(drawn):
    # guards the tests above: without slow models they would show nothing
    gaps = [answers["auto"].gap / np.abs(answers["auto"].flat).max() for *_, answers in drawn if answers["auto"].ok]
    assert np.min(gaps) < 1e-7
    assert np.max(gaps) > 0.1


def test_the_gap_is_the_decay_rate_of_the_mode_nearest_zero(drawn):
    seen = 0
    for model in drawn:
        answer = model.answers["direct"]
        if answer.ok and model.kind in ("dense", "conserving_charge", "conserving_parity", "weakly_linked"):
            generator = BlockGenerator.of(model.model.hamiltonian, model.model.jumps, answer.space).matrix()
            values = np.linalg.eigvals(generator.toarray())
            nearest = values[np.argsort(np.abs(values))[1]]
            if abs(nearest) > 1e-9 * np.abs(values).max():  # LAPACK knows it no better
                assert answer.gap == pytest.approx(-nearest.real, rel=0.3), model
                seen += 1
    assert seen > len(drawn) / 5
