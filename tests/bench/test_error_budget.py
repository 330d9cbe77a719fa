"""The whole error budget of every shipped device, and where its time would go without what is ours.

The relaxation rate by Arnoldi on our preconditioned inverse against shift-and-invert with a sparse factorisation of the
same generator, and the topmost description against QuTiP.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.elimination.hierarchy import build_description
from qsb_hw.lindblad.spectrum import population_relaxation_rate

SHIPPED = ["transmon_squid", "kerr_squid_array", "ion_lattice_be9", "ion_lattice_ca40"]
PEERS = {
    "QuTiP default": {},
    "QuTiP spsolve, MMD_AT_PLUS_A": {"solver": "spsolve", "permc_spec": "MMD_AT_PLUS_A"},
    "QuTiP GMRES, ILU to 1e-3": {
        "solver": "gmres", "use_precond": True, "rtol": 1e-12, "diag_pivot_thresh": 0.0, "drop_tol": 1e-3,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", SHIPPED)
def test_whole_budget(benchmark, name):
    device = qh.load_device(name)
    benchmark.group = "whole error budget of a device"
    budget = benchmark.pedantic(qh.error_budget, (device,), rounds=2)
    assert budget.converged
    benchmark.extra_info |= {
        "gmres_steps": budget.counts.gmres_steps,
        "products": budget.counts.products,
        "factorisations": budget.counts.factorisations,
        "costs": {row.below: row.cost for row in budget.rows},
    }


def top_rung(levels, bath_levels=3):
    """The transmon with real levels, counter-rotating and cubic terms, force and cavity Kerr: no symmetry left."""
    description = build_description(qh.load_device("transmon_squid").complete, "circuit")
    return qh.full_model(description.shortened(levels, bath_levels), description.rwa)


@pytest.mark.parametrize("levels", [5, 8])
def test_relaxation_rate_by_iteration(benchmark, levels):
    model = top_rung(levels)
    steady = qh.steady_state(model)
    benchmark.group = f"relaxation rate, {9 * levels} states without symmetry"
    found = benchmark.pedantic(population_relaxation_rate, (model, steady), rounds=3)
    benchmark.extra_info |= {"elements": steady.space.size, "rate": found}


@pytest.mark.parametrize("levels", [5, 8])
def test_relaxation_rate_by_a_sparse_factorisation(benchmark, levels):
    model = top_rung(levels)
    benchmark.group = f"relaxation rate, {9 * levels} states without symmetry"
    found = benchmark.pedantic(qh.relaxation_rate, (model,), rounds=1)
    assert found == pytest.approx(population_relaxation_rate(model, qh.steady_state(model)), rel=1e-5)


def test_top_rung(benchmark):
    model = top_rung(8)
    benchmark.group = "top description of the transmon, 72 states without symmetry"
    solution = benchmark.pedantic(qh.steady_state, (model,), rounds=5, warmup_rounds=1)
    assert solution.ok
    benchmark.extra_info |= {"gmres_steps": solution.counts.gmres_steps, "elements": solution.space.size}


@pytest.mark.parametrize("name", PEERS)
def test_qutip_top_rung(benchmark, name):
    import qutip

    model = top_rung(8)
    hamiltonian, jumps = model.to_qutip()
    benchmark.group = "top description of the transmon, 72 states without symmetry"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rho = benchmark.pedantic(lambda: qutip.steadystate(hamiltonian, jumps, **PEERS[name]), rounds=1).full()
    benchmark.extra_info |= {"largest_difference": float(np.abs(rho - qh.steady_state(model).state()).max())}
