"""Certificates of what stands alone: a comparison, a prediction, or the reason why there is neither."""

import math
from dataclasses import replace

import qsb_hw as qh
from qsb_hw.questions.numerics import numerics_of


def test_a_comparison_is_certified_by_its_worst_solve(analysis, assessment):
    numerics = numerics_of(analysis, comparison=True)
    assert numerics.converged
    assert numerics.residual >= assessment.comparison.full.residual
    assert numerics.bath_edge_population == max(assessment.comparison.full.edge_populations[1:])
    assert 0 < numerics.truncation_error < 1


def test_a_prediction_with_one_failed_solve_is_not_converged(analysis, monkeypatch):
    prediction = analysis.prediction
    assert numerics_of(analysis, prediction=True).converged
    spoilt = replace(prediction, statuses=(*prediction.statuses, qh.Status.NOT_CONVERGED))
    monkeypatch.setitem(analysis.pair.__dict__, "prediction", spoilt)
    assert numerics_of(analysis, prediction=True).status is qh.Status.NOT_CONVERGED


def test_the_edge_of_the_baths_leaves_the_oscillators_out(analysis):
    numerics = numerics_of(analysis, prediction=True)
    edges = [s.steady.edge_populations for s in analysis.prediction.full]
    assert numerics.bath_edge_population == max(max(e[[1, 2, 4, 5]]) for e in edges)


def test_a_skipped_part_says_what_was_found(hopeless):
    assert math.isnan(hopeless.numerics.bath_edge_population)
    assert "σ = 5000" in hopeless.numerics.skipped[0]
