"""Networks of eliminated oscillators: rings, sweeps, cost against size, and the peer beside ours where it can.

Groups are models; each peer's answer is compared with ours to 1e-8 where it is of the same model.
"""

from __future__ import annotations

import time
import warnings

import numpy as np
import pytest

import qsb_hw as qh

ILU = {"solver": "gmres", "use_precond": True, "rtol": 1e-12, "diag_pivot_thresh": 0.0}
PEERS = {
    "QuTiP default": {},
    "QuTiP spsolve, MMD_AT_PLUS_A": {"solver": "spsolve", "permc_spec": "MMD_AT_PLUS_A"},
    "QuTiP GMRES, ILU to 1e-1": {**ILU, "drop_tol": 1e-1},
    "QuTiP GMRES, ILU to 1e-2": {**ILU, "drop_tol": 1e-2},
}


def ring(size, levels):
    """K = 10 γ, σ = 0.2, n0 = 1, V = 0.3 γ, neighbours detuned by 2K."""
    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=levels)
    coupling = 0.3 * (np.roll(np.eye(size), 1, axis=0) + np.roll(np.eye(size), -1, axis=0))
    return qh.network_model(qh.Network([one.detuned(20.0 * (k % 2)) for k in range(size)], coupling))


def pair(levels):
    """The same two oscillators, on resonance."""
    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=levels)
    return qh.Network([one, one], [[0, 0.3], [0.3, 0]])


def solve_with_peer(model, name):
    import qutip

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return qutip.steadystate(*model.to_qutip(), **PEERS[name]).full()


def counted(benchmark, solution):
    assert solution.ok
    benchmark.extra_info |= {
        "gmres_steps": solution.counts.gmres_steps,
        "products": solution.counts.products,
        "single_products": solution.counts.single_products,
        "factorisations": solution.counts.factorisations,
        "elements": solution.space.size,
    }


RINGS = [(4, 3, 20), (4, 4, 20), (6, 3, 3), (7, 3, 1), pytest.param(8, 3, 1, marks=pytest.mark.slow)]


@pytest.mark.parametrize(("size", "levels", "rounds"), RINGS)
def test_ring(benchmark, size, levels, rounds):
    model = ring(size, levels)
    benchmark.group = f"ring of {size} × {levels} levels"
    qh.steady_state(ring(4, 3))  # imports and caches, for everyone
    counted(benchmark, benchmark.pedantic(qh.steady_state, (model,), rounds=rounds))


@pytest.mark.parametrize("name", PEERS)
def test_qutip_ring_of_four_with_three_levels(benchmark, name):
    model = ring(4, 3)
    benchmark.group = "ring of 4 × 3 levels"
    rho = benchmark.pedantic(solve_with_peer, (model, name), rounds=2)
    assert np.abs(rho - qh.steady_state(model).state()).max() < 1e-8


FAST = ["QuTiP GMRES, ILU to 1e-1", "QuTiP GMRES, ILU to 1e-2"]
SLOW = [pytest.param("QuTiP spsolve, MMD_AT_PLUS_A", marks=pytest.mark.slow)]


@pytest.mark.parametrize("name", FAST + SLOW)
def test_qutip_ring_of_four_with_four_levels(benchmark, name):
    model = ring(4, 4)
    benchmark.group = "ring of 4 × 4 levels"
    rho = benchmark.pedantic(solve_with_peer, (model, name), rounds=1)
    assert np.abs(rho - qh.steady_state(model).state()).max() < 1e-8


DETUNINGS = np.linspace(-25, 25, 101)


def test_sweep_of_a_pair(benchmark):
    network = pair(16)
    benchmark.group = "pair of 16 levels, one detuning (ours: 101 in one sweep)"
    states = benchmark.pedantic(qh.detuning_sweep, (network, DETUNINGS), rounds=3, warmup_rounds=1)
    assert all(state.steady.ok for state in states)
    benchmark.extra_info |= {"points": len(states), "per_point": benchmark.stats.stats.min / len(states)}


@pytest.mark.parametrize("name", PEERS)
def test_qutip_sweep_of_a_pair(benchmark, name):
    first = pair(16)
    points = [
        qh.network_model(qh.Network([o.detuned(d), p], first.coupling))
        for o, p in [first.oscillators]
        for d in DETUNINGS[::40]
    ]
    benchmark.group = "pair of 16 levels, one detuning (ours: 101 in one sweep)"
    rhos = benchmark.pedantic(lambda: [solve_with_peer(m, name) for m in points], rounds=1)
    benchmark.extra_info |= {"points": len(points), "per_point": benchmark.stats.stats.min / len(points)}
    for rho, state in zip(rhos, qh.detuning_sweep(first, DETUNINGS[::40]), strict=True):
        assert np.abs(rho - state.state()).max() < 1e-8


def multiply_adds(space):
    """Σ D_b³ over the sectors; a product with J L0⁻¹ takes ten real products of that size, 20 flops each unit."""
    return sum(batch.count * batch.size**3 for batch in space.batches)


def peak(dtype, size=1000):
    """Flops per second of a plain matrix product."""
    a = np.ones((size, size), dtype=dtype)
    best = np.inf
    for _ in range(5):
        start = time.perf_counter()
        a @ a
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best


def test_cost_against_size_and_against_the_matrix_product(benchmark):
    """Time of one product with J L0⁻¹ in single precision, rings of 5 to 8, against Σ D³ and the peak of sgemm."""
    from qsb_hw.lindblad.blocks import BlockGenerator, BlockSpace
    from qsb_hw.lindblad.capacity import threads_for
    from qsb_hw.lindblad.iterative import FluxIteration
    from qsb_hw.lindblad.sectors import find_sectors

    rows = []
    for size in (5, 6, 7, 8):
        model = ring(size, 3)
        space = BlockSpace.over(find_sectors(model.hamiltonian, model.jumps))
        generator = BlockGenerator.of(model.hamiltonian, model.jumps, space)
        with threads_for(space.largest_block):
            iteration = FluxIteration.of(generator).single()
            vector = np.random.default_rng(1).standard_normal(space.size).astype(np.float32)
            seconds = []
            for _ in range(4):
                start = time.perf_counter()
                iteration.apply(vector)
                seconds.append(time.perf_counter() - start)
        rows.append((multiply_adds(space), min(seconds)))
    benchmark.group = "one product, ring of 8 × 3 levels"
    benchmark.pedantic(iteration.apply, (vector,), rounds=2)
    work, seconds = np.array(rows).T
    slope = np.polyfit(np.log(work[1:]), np.log(seconds[1:]), 1)[0]
    benchmark.extra_info |= {
        "cubes": work.tolist(),
        "seconds": seconds.tolist(),
        "slope": float(slope),
        "fraction_of_sgemm": (20 * work / seconds / peak(np.float32)).tolist(),
    }
