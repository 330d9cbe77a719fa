"""First order in the coupling against the exact steady state."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qsb_hw as qh
from qsb_hw.sync.perturbation import perturbative_phase_distribution


@pytest.mark.parametrize("detuning", [0.0, 3.0, 20.0])
@pytest.mark.parametrize("targets", [(2, 2), (1, 3)])
def test_exact_measure_is_first_order_where_the_coupling_vanishes(lab, targets, detuning):
    # S/S⁽¹⁾ = 1 + O(V) with c_2 and higher orders of c_1: its value extrapolated to V = 0 is 1
    couplings = np.array([2e-4, 4e-4, 8e-4, 1.6e-3])
    ratios = []
    for v in couplings:
        network = lab.pair(lab.effective(targets[0]), lab.effective(targets[1], sigma=0.3), v, detuning)
        ratios.append(lab.synchronization(network) / qh.perturbative_synchronization(network, 0, 1))
    assert np.abs(np.array(ratios) - 1).max() < 0.01
    assert np.polyfit(couplings, ratios, 2)[-1] == pytest.approx(1, abs=2e-5)


@given(phase=st.floats(-3, 3), detuning=st.floats(-25, 25), kerr=st.floats(2, 12))
def test_phase_of_first_order_is_the_phase_of_the_exact_state(lab, phase, detuning, kerr):
    # a complex coupling V e^{iχ} turns the relative phase by χ; both answers must turn the same way
    v = 1e-3 * np.exp(1j * phase)
    one = lab.effective(1, kerr=kerr, levels=4)
    network = qh.Network([one.detuned(detuning), one], [[0, v], [np.conj(v), 0]])
    exact = qh.steady_state(network, estimate_truncation=False).phase_distribution(0, 1).coefficients[1]
    first = perturbative_phase_distribution(network, 0, 1).coefficients[1]
    assert first == pytest.approx(exact, rel=2e-3, abs=1e-9)


def test_complete_oscillators_have_no_such_closed_form(lab):
    with pytest.raises(qh.ArgumentError, match="eliminate"):
        qh.perturbative_synchronization(lab.pair(lab.complete()), 0, 1)
