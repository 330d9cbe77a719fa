"""Certificates of what stands alone: a comparison, a prediction, or the reason why there is neither."""

import math
from dataclasses import replace

import qsb_hw as qh
from qsb_hw.questions.numerics import comparison_numerics, prediction_numerics, skipped_numerics


def test_a_comparison_is_certified_by_its_worst_solve(assessment):
    numerics = comparison_numerics(assessment.oscillator, assessment.comparison)
    assert numerics.converged
    assert numerics.residual >= assessment.comparison.full.residual
    assert numerics.bath_edge_population == max(assessment.comparison.full.edge_populations[1:])
    assert 0 < numerics.truncation_error < 1


def test_a_prediction_with_one_failed_solve_is_not_converged(assessment):
    prediction = assessment.synchronization
    assert prediction_numerics(assessment.oscillator, prediction).converged
    spoilt = replace(prediction, statuses=(*prediction.statuses, qh.Status.NOT_CONVERGED))
    assert prediction_numerics(assessment.oscillator, spoilt).status == "not converged"


def test_the_edge_of_the_baths_leaves_the_oscillators_out(assessment):
    numerics = prediction_numerics(assessment.oscillator, assessment.synchronization)
    edges = [s.steady.edge_populations for s in assessment.synchronization.full]
    assert numerics.bath_edge_population == max(max(e[[1, 2, 4, 5]]) for e in edges)


def test_a_skipped_part_says_what_was_found(hopeless):
    numerics = skipped_numerics(hopeless.oscillator, "comparison")
    assert math.isnan(numerics.bath_edge_population)
    assert "σ = 5e+03" in numerics.skipped[0]
