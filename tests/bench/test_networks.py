"""Networks of eliminated oscillators: rings, sweeps, cost against size, and the peer beside ours where it can.

Public calls from a `Network` to the certified state, in CPU seconds: wall times say nothing on a machine that others
use. Groups are models; each peer's answer is compared with ours to 1e-8 where it is of the same model.
"""

from __future__ import annotations

import time
import warnings

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.sync.solution import synchronizations

pytestmark = pytest.mark.benchmark(timer=time.process_time, disable_gc=True)

ILU = {"solver": "gmres", "use_precond": True, "rtol": 1e-12, "diag_pivot_thresh": 0.0}
PEERS = {
    "QuTiP default": {},
    "QuTiP spsolve, MMD_AT_PLUS_A": {"solver": "spsolve", "permc_spec": "MMD_AT_PLUS_A"},
    "QuTiP GMRES, ILU to 1e-1": {**ILU, "drop_tol": 1e-1},
    "QuTiP GMRES, ILU to 1e-2": {**ILU, "drop_tol": 1e-2},
}


def ring(size, levels, step=20.0):
    """K = 10 γ, σ = 0.2, n0 = 1, V = 0.3 γ, neighbours detuned by 2K unless said otherwise."""
    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=levels)
    coupling = 0.3 * (np.roll(np.eye(size), 1, axis=0) + np.roll(np.eye(size), -1, axis=0))
    return qh.Network([one.detuned(step * (k % 2)) for k in range(size)], coupling)


def pair(levels):
    """The same two oscillators, on resonance."""
    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=levels)
    return qh.Network([one, one], [[0, 0.3], [0.3, 0]])


def solve_with_peer(operators, name):
    import qutip

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return qutip.steadystate(*operators, **PEERS[name]).full()


def counted(benchmark, found):
    solution = found.steady
    assert solution.ok
    benchmark.extra_info |= {
        "gmres_steps": solution.counts.gmres_steps,
        "products": solution.counts.products,
        "single_products": solution.counts.single_products,
        "factorisations": solution.counts.factorisations,
        "elements": solution.space.size,
    }


RINGS = [(4, 3, 20.0, 20), (4, 4, 20.0, 20), (6, 3, 20.0, 3), (7, 3, 0.0, 2), (8, 3, 0.0, 1)]
SLOW_RINGS = [pytest.param(*given, marks=pytest.mark.slow) for given in [(8, 3, 20.0, 1), (9, 3, 0.0, 1)]]


@pytest.mark.parametrize(("size", "levels", "step", "rounds"), RINGS + SLOW_RINGS)
def test_ring(benchmark, size, levels, step, rounds):
    """From six oscillators on by momentum."""
    network = ring(size, levels, step)
    benchmark.group = f"ring of {size} × {levels} levels, neighbours detuned by {step:g}"
    warm = min(size, 5)  # imports, caches, and the structure of a shape where that is quick
    qh.steady_state(ring(warm, levels))
    counted(benchmark, benchmark.pedantic(qh.steady_state, (network,), rounds=rounds))


@pytest.mark.parametrize("name", PEERS)
def test_qutip_ring_of_four_with_three_levels(benchmark, name):
    network = ring(4, 3)
    operators = qh.network_model(network).to_qutip()
    benchmark.group = "ring of 4 × 3 levels"
    rho = benchmark.pedantic(solve_with_peer, (operators, name), rounds=3)
    assert np.abs(rho - qh.steady_state(network).state()).max() < 1e-8


FAST = ["QuTiP GMRES, ILU to 1e-1", "QuTiP GMRES, ILU to 1e-2"]
SLOW = [pytest.param("QuTiP spsolve, MMD_AT_PLUS_A", marks=pytest.mark.slow)]


@pytest.mark.parametrize("name", FAST + SLOW)
def test_qutip_ring_of_four_with_four_levels(benchmark, name):
    network = ring(4, 4)
    operators = qh.network_model(network).to_qutip()
    benchmark.group = "ring of 4 × 4 levels"
    rho = benchmark.pedantic(solve_with_peer, (operators, name), rounds=1)
    assert np.abs(rho - qh.steady_state(network).state()).max() < 1e-8


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
    points = [qh.network_model(first.detuned(0, d)).to_qutip() for d in DETUNINGS[::40]]
    benchmark.group = "pair of 16 levels, one detuning (ours: 101 in one sweep)"
    rhos = benchmark.pedantic(lambda: [solve_with_peer(m, name) for m in points], rounds=1)
    benchmark.extra_info |= {"points": len(points), "per_point": benchmark.stats.stats.min / len(points)}
    for rho, state in zip(rhos, qh.detuning_sweep(first, DETUNINGS[::40]), strict=True):
        assert np.abs(rho - state.state()).max() < 1e-8


def real_pair():
    """Two transmons, eliminated, with their dephasing."""
    device = qh.load_device("device_specs/transmon_squid.toml")
    one, v = qh.eliminate(device.oscillator(levels=8)), device.nearest_coupling
    return qh.Network([one, one], [[0, v], [v, 0]])


@pytest.mark.parametrize("points", [41, 81, 201])
@pytest.mark.parametrize("build", [lambda: pair(8), real_pair], ids=["model", "transmon_squid"])
def test_synchronization_against_detuning(benchmark, build, points):
    """S(Δ) of an eliminated pair of 8 levels, as one follows a slider."""
    network = build()
    width = 1.25 * max(abs(r.detuning) for r in qh.resonances(network))
    detunings = np.linspace(-width, width, points)
    benchmark.group = f"S(Δ), pair of 8 levels, {points} detunings"
    S = benchmark.pedantic(lambda: synchronizations(qh.detuning_sweep(network, detunings)), rounds=10, warmup_rounds=1)
    assert max(S) > 3 * S[points // 2]


def device(levels, photons):
    """Kerr ladder, K/κ = 3.3, g/κ = 0.05, n0 = 1, with its two cavities."""
    ladder = qh.Ladder.kerr(50.0, 1.0, levels)
    spacing = ladder.transition_frequencies
    baths = [qh.Bath.cavity(delta, 0.3, 0.015, photons) for delta in (-spacing[1], spacing[0])]
    return qh.SelfOscillator(ladder, baths)


def test_populations_of_one_device(benchmark):
    one = device(8, 3)
    benchmark.group = "one oscillator of 8 levels with two cavities of 3 Fock states"
    found = benchmark.pedantic(lambda: qh.steady_state(qh.full_model(one)).populations(0), rounds=20, warmup_rounds=1)
    assert found.sum() == pytest.approx(1)


@pytest.mark.parametrize("name", ["QuTiP default", "QuTiP spsolve, MMD_AT_PLUS_A"])
def test_qutip_one_device(benchmark, name):
    model = qh.full_model(device(8, 3))
    benchmark.group = "one oscillator of 8 levels with two cavities of 3 Fock states"
    rho = benchmark.pedantic(solve_with_peer, (model.to_qutip(), name), rounds=2)
    assert np.abs(rho - qh.steady_state(model).state()).max() < 1e-8


@pytest.mark.parametrize("levels", [(3, 2), (4, 2), (4, 3)], ids=["144", "256", "1296"])
def test_complete_pair(benchmark, levels):
    one, v = device(*levels), 0.3 * 4 * 0.05**2 * 0.3
    network = qh.Network([one.detuned(2.0), one], [[0, v], [v, 0]])
    benchmark.group = "complete pairs"
    counted(benchmark, benchmark.pedantic(qh.steady_state, (network,), rounds=3, warmup_rounds=1))


def test_what_the_truncation_error_costs(benchmark):
    """Of the same pair, asked for; the state itself does not pay for it."""
    network = pair(8)
    benchmark.group = "truncation error, pair of 8 levels"
    error = benchmark.pedantic(lambda: qh.steady_state(network).truncation_error, rounds=5, warmup_rounds=1)
    assert error > 0


def seconds(function, rounds=3):
    """Least CPU time of a call, warm."""
    function()
    best = np.inf
    for _ in range(rounds):
        start = time.process_time()
        function()
        best = min(best, time.process_time() - start)
    return best


GROWTH = {
    "points of a sweep (pair of 8 levels)": (
        (50, 100, 200, 400, 800),
        lambda n: lambda: qh.detuning_sweep(pair(8), np.linspace(-25, 25, n)),
    ),
    "levels (pair, 51 detunings)": (
        (8, 12, 16, 24),
        lambda n: lambda: qh.detuning_sweep(pair(n), np.linspace(-25, 25, 51)),
    ),
    "nodes (ring of 3 levels)": ((3, 4, 5), lambda n: lambda: qh.steady_state(ring(n, 3))),
    "nodes (equal ring, by momentum)": ((6, 7, 8), lambda n: lambda: qh.steady_state(ring(n, 3, 0.0))),
    "levels (ring of four)": ((3, 4, 5), lambda n: lambda: qh.steady_state(ring(4, n))),
}


@pytest.mark.parametrize("name", GROWTH)
def test_how_the_cost_grows(benchmark, name):
    """The power with which CPU time grows; for nodes against the number of states."""
    sizes, build = GROWTH[name]
    took = [seconds(build(n)) for n in sizes]
    against = [3.0**n for n in sizes] if name.startswith("nodes") else sizes
    benchmark.group = f"growth with {name}"
    benchmark.extra_info |= {
        "sizes": list(sizes),
        "seconds": took,
        "power": float(np.polyfit(np.log(against), np.log(took), 1)[0]),
    }
    benchmark.pedantic(build(sizes[0]), rounds=1)


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
    from qsb_hw.lindblad.blocks import BlockGenerator
    from qsb_hw.lindblad.capacity import threads_for
    from qsb_hw.lindblad.iterative import FluxIteration
    from qsb_hw.lindblad.sectors import find_sectors
    from qsb_hw.lindblad.space import BlockSpace

    rows = []
    for size in (5, 6, 7, 8):
        model = qh.network_model(ring(size, 3))
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
