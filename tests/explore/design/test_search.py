"""The search against optima that are known in closed form, and against chance."""

import math
from dataclasses import replace

import numpy as np
import pytest

from qsb_hw.errors import ArgumentError
from qsb_hw.explore.design import search as module
from qsb_hw.explore.design.problem import DesignProblem, Goal, Limit, Trial, choices_of
from qsb_hw.explore.design.search import Search, pareto_front
from qsb_hw.explore.sweep.pool import pool_of
from qsb_hw.explore.sweep.subject import subject_of
from qsb_hw.model.criterion import Criterion, CriterionKind, Sense
from qsb_hw.questions.criteria import Verdict
from qsb_hw.result import Status

PATHS = (
    "$.kerr_to_linewidth",
    "$.coupling_to_linewidth",
    "$.relaxation_to_linewidth",
    "$.dephasing_to_linewidth",
    "$.neighbour_to_gamma",
)
PEAK = np.array([0.8, 0.3, 0.6, 0.75, 0.5])
ROOM = 2.2


def hill(problem, numbers):
    """A ridge with side peaks, cut by Σx ≤ 2.2 below its top: the best point is the projection of the peak."""
    x = np.array(numbers)
    away = x - PEAK
    value = 100 * math.exp(-away @ away / 0.1) + 20 * math.exp(-np.sum((x - 0.1) ** 2) / 0.05)
    return Trial(
        numbers=tuple(numbers),
        measures={"contrast": value, "fidelity": 1 / (1 + x.sum())},
        margins={"room": Criterion(
            "room", CriterionKind.REQUIREMENT, ROOM / max(x.sum(), 1e-9), 1.0, Sense.AT_LEAST, "", "",
            required_margin=1.0, key="room",
        )},
        verdict=Verdict.FEASIBLE,
    )  # fmt: skip


@pytest.fixture
def problem():
    table = {"model": "kerr_cavities", "kerr_to_linewidth": 1, "coupling_to_linewidth": 0.05, "fock_state": 1}
    subject = subject_of(table)
    choices = choices_of(subject, dict.fromkeys(PATHS, "0.001..1"))
    choices = tuple(type(c)(c.paths, type(c.span)(0.0, 1.0, "")) for c in choices)  # linear from 0
    return DesignProblem(subject=subject, choices=choices, goal=Goal("contrast"), also=("contrast", "fidelity"))


@pytest.fixture
def optimum():
    projected = PEAK - (PEAK.sum() - ROOM) / PEAK.size
    return hill(None, projected).measures["contrast"]


@pytest.fixture
def searching(monkeypatch):
    monkeypatch.setattr(module, "try_out", hill)
    with pool_of(workers=1) as pool:
        yield Search(pool, 1000)


def test_a_tenth_of_the_evaluations_beats_random_search(problem, searching, optimum):
    chance = np.random.default_rng(0)
    random = [hill(problem, x) for x in chance.random((10_000, PEAK.size))]
    best_by_chance = min(random, key=problem.merit)
    found = searching.best(problem, np.full(PEAK.size, 0.05), 1000, seed=4)
    assert searching.spent <= 1000
    assert problem.holds(found)
    assert found.measures["contrast"] > best_by_chance.measures["contrast"]
    assert found.measures["contrast"] == pytest.approx(optimum, rel=1e-3)
    assert problem.slacks(found)["room"] < 1e-3  # the active constraint


@pytest.mark.parametrize("seed", [1, 2])
def test_the_seed_decides_everything(problem, optimum, monkeypatch, seed):
    monkeypatch.setattr(module, "try_out", hill)
    runs = []
    for _ in range(2):
        with pool_of(workers=1) as pool:
            search = Search(pool, 300)
            runs.append((search.best(problem, np.full(PEAK.size, 0.05), 300, seed), list(search.trials)))
    assert runs[0] == runs[1]


def test_what_cannot_hold_is_missed_by_the_least(problem, searching):
    """Contrast ≥ 90 and Σx ≤ 2.2 exclude each other: the compromise is where the sum of logarithms is least."""
    limit = Limit("contrast", False, 99.0, "contrast ≥ 99")
    impossible = replace(problem, limits=(limit,), also=("fidelity",))
    found = searching.best(impossible, np.full(PEAK.size, 0.05), 1000, seed=4)

    def missing(shift):
        return impossible.violation(hill(None, PEAK - shift / PEAK.size))

    along = min(missing(shift) for shift in np.linspace(0, PEAK.sum() - ROOM, 4001))
    assert 0 < impossible.violation(found) < 1.05 * along


def test_a_front_holds_only_what_nothing_beats(problem):
    chance = np.random.default_rng(5)
    trials = [hill(problem, x) for x in chance.random((500, PEAK.size))]
    second = Goal("fidelity")
    front = pareto_front(trials, problem, second)
    pairs = [(t.measures["contrast"], t.measures["fidelity"]) for t in front]
    assert pairs == sorted(pairs, reverse=True)
    assert [p[1] for p in pairs] == sorted(p[1] for p in pairs)
    for trial in (t for t in trials if problem.holds(t) and t not in front):
        assert any(a >= trial.measures["contrast"] and b >= trial.measures["fidelity"] for a, b in pairs)


def test_workers_change_nothing(problem):
    """Real trials, in this process and in two others."""
    table = {"model": "kerr_cavities", "kerr_to_linewidth": 1, "coupling_to_linewidth": 0.05, "fock_state": 1}
    subject = subject_of(table | {"levels": 4, "relaxation_to_linewidth": 1e-4})
    choices = choices_of(subject, {"$.kerr_to_linewidth": "0.5..3", "$.coupling_to_linewidth": "0.02..0.12"})
    real = DesignProblem(subject=subject, choices=choices, goal=Goal("contrast"))
    found = []
    for workers in (1, 2):
        with pool_of(workers=workers) as pool:
            found.append(Search(pool, 40).best(real, np.array([0.2, 0.3]), 40, seed=1))
    assert found[0] == found[1]


def test_where_nothing_is_a_device_the_reason_is_told(problem, monkeypatch):
    def refused(_, numbers):
        return Trial(numbers=tuple(numbers), status=Status.FAILED, message="no such SQUID")

    monkeypatch.setattr(module, "try_out", refused)
    with pool_of(workers=1) as pool, pytest.raises(ArgumentError, match=r"found none.*no such SQUID"):
        Search(pool, 40).best(problem, np.full(PEAK.size, 0.5), 40, seed=1)


def test_trials_are_made_once(problem, monkeypatch):
    calls = []
    monkeypatch.setattr(module, "try_out", lambda p, n: calls.append(n) or hill(p, n))
    with pool_of(workers=1) as pool:
        search = Search(pool, 100)
        search.of(problem, [np.full(PEAK.size, 0.5)] * 3)
        search.of(problem, [np.full(PEAK.size, 0.5)])
    assert len(calls) == 1
