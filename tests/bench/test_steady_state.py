"""Steady state of two complete devices, every cavity kept: this package against the settings of QuTiP that work.

Groups are sizes; pytest-benchmark prints each time with its ratio to the fastest of the group in brackets. What QuTiP
is given is the same model in the same process. Every answer is compared with ours to 1e-8.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import qsb_hw as qh

DIRECT = {"solver": "spsolve", "permc_spec": "MMD_AT_PLUS_A"}
ILU = {"solver": "gmres", "use_precond": True, "rtol": 1e-12, "diag_pivot_thresh": 0.0}
PEERS = {
    "QuTiP default": {},
    "QuTiP spsolve, MMD_AT_PLUS_A": DIRECT,
    "QuTiP spsolve, reverse Cuthill-McKee": {"solver": "spsolve", "use_rcm": True, "permc_spec": "NATURAL"},
    "QuTiP GMRES, ILU to 1e-3": {**ILU, "drop_tol": 1e-3},
    "QuTiP GMRES, ILU to 1e-2": {**ILU, "drop_tol": 1e-2},
}


def two_complete_devices(levels, photons):
    """(levels·photons²)² states: Kerr ladders, K/κ = 3.3, g/κ = 0.05, n0 = 1, V = 0.3 γ, at the resonance Δ = 2K."""
    kappa, ratio = 0.3, 0.05
    ladder = qh.Ladder.kerr(50.0, 1.0, levels)
    first, second = ladder.transition_frequencies[:2]
    one = qh.SelfOscillator(
        ladder, [qh.Bath.cavity(delta, kappa, ratio * kappa, photons) for delta in (-second, first)]
    )
    v = 0.3 * 4 * ratio**2 * kappa
    return qh.network_model(qh.Network([one.detuned(2.0), one], [[0, v], [v, 0]]))


def ours(benchmark, levels, photons, rounds):
    model = two_complete_devices(levels, photons)
    benchmark.group = f"{model.size:4d} states"
    qh.steady_state(two_complete_devices(3, 2))  # imports and caches, for everyone
    solution = benchmark.pedantic(qh.steady_state, (model,), rounds=rounds)
    assert solution.ok
    benchmark.extra_info |= {
        "gmres_steps": solution.counts.gmres_steps,
        "factorisations": solution.counts.factorisations,
        "residual": solution.residual,
    }


def peer(benchmark, name, levels, photons, rounds):
    import qutip

    model = two_complete_devices(levels, photons)
    benchmark.group = f"{model.size:4d} states"
    hamiltonian, jumps = model.to_qutip()
    qutip.steadystate(*two_complete_devices(3, 2).to_qutip(), **PEERS["QuTiP GMRES, ILU to 1e-3"])

    def solve():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return qutip.steadystate(hamiltonian, jumps, **PEERS[name])

    rho = benchmark.pedantic(solve, rounds=rounds).full()
    assert np.abs(rho - qh.steady_state(model).state()).max() < 1e-8


@pytest.mark.parametrize(
    ("levels", "photons", "rounds"),
    [(3, 2, 20), (4, 2, 20), (5, 2, 10), (4, 3, 3), pytest.param(6, 3, 1, marks=pytest.mark.slow)],
)
def test_qsb_hw(benchmark, levels, photons, rounds):
    ours(benchmark, levels, photons, rounds)


@pytest.mark.parametrize("name", PEERS)
def test_qutip_with_144_states(benchmark, name):
    peer(benchmark, name, 3, 2, rounds=2)


@pytest.mark.parametrize("name", ["QuTiP GMRES, ILU to 1e-3", "QuTiP GMRES, ILU to 1e-2"])
def test_qutip_with_256_states(benchmark, name):
    peer(benchmark, name, 4, 2, rounds=3)


@pytest.mark.parametrize("name", ["QuTiP GMRES, ILU to 1e-3"])
def test_qutip_with_400_states(benchmark, name):
    peer(benchmark, name, 5, 2, rounds=1)


@pytest.mark.slow
def test_qutip_direct_with_256_states(benchmark):
    peer(benchmark, "QuTiP spsolve, MMD_AT_PLUS_A", 4, 2, rounds=1)
