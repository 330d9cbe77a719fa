"""Finite groups: cumulants, linear noise and the exact solution, and what a peer takes for the same.

Peers get the same problem in the same process, and their answer is compared with ours: SciPy's integrator on the same
cumulant equations in plain NumPy, and QuTiP's `mesolve` on the full space of a few three-level oscillators.
"""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.ensemble.stability import onset

GROUP = qh.SpinGroups(gain=0.5, loss=1.0, coupling=1.5)
FIGURE = [100, 200, 300, 400, 500, 600, 800, 1000, 1250, 1500, 1750, 2000]


def lifetime(groups, n, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", qh.ClosureWarning)
        return qh.finite_size(groups, n, **options)


def plain_lifetime(groups, n):
    """The same equations and tolerances in plain NumPy, left to `solve_ivp`."""
    from scipy.integrate import solve_ivp

    ladders, cycle = groups.ladders, qh.limit_cycle(groups)
    d, one = ladders.levels, np.eye(ladders.levels)
    a = ladders.lowering[0]
    step = np.arange(d)
    turning = 1j * cycle.frequency[0] * np.diag((step[:, None] - step[None, :]).ravel())
    local = ladders.superoperators()[0][0] + turning
    left, right = (np.kron(m, one) for m in (a, a.conj().T)), (np.kron(one, m.T) for m in (a, a.conj().T))
    (al, bl), (ar, br) = left, right
    lower, raised = -1j * (al - ar), -1j * (bl - br)
    up, down, trace = a.conj().ravel(), a.T.ravel(), one.ravel()
    coupling = ladders.links[0, 0]

    def slope(_time, flat):
        pair = flat.reshape(d * d, d * d)
        rho = pair @ trace
        x, y = up @ rho, down @ rho
        p, q = pair @ up - rho * x, pair @ down - rho * y
        half = (local + coupling * (n - 2) / n * (x * lower + y * raised)) @ pair
        for matrix, vector in ((lower, p), (raised, q)):
            half = half + coupling * (n - 2) / n * (np.outer(matrix @ rho, vector) + np.outer(matrix @ vector, rho))
        both = al @ pair @ bl.T + bl @ pair @ al.T - ar @ pair @ br.T - br @ pair @ ar.T
        return (half + half.T - 1j * coupling / n * both).ravel()

    start = np.outer(cycle.states[0].ravel(), cycle.states[0].ravel()).ravel()

    def excess(_time, flat):
        return abs(up @ (flat.reshape(d * d, d * d) @ trace)) - cycle.amplitude[0] / math.e

    excess.terminal = True
    run = solve_ivp(slope, (0, 1e6), start, rtol=1e-9, atol=1e-13, events=excess)
    return run.t_events[0][0]


@pytest.mark.parametrize("n", [500, 2000])
@pytest.mark.benchmark(group="cumulants of three levels")
def test_cumulants(benchmark, n):
    run = benchmark.pedantic(lifetime, args=(GROUP, n), rounds=10, warmup_rounds=1)
    benchmark.extra_info["evaluations"] = run.evaluations


@pytest.mark.parametrize("n", [500, 2000])
@pytest.mark.benchmark(group="cumulants of three levels")
def test_cumulants_in_plain_numpy(benchmark, n):
    theirs = benchmark.pedantic(plain_lifetime, args=(GROUP, n), rounds=2)
    assert theirs == pytest.approx(lifetime(GROUP, n).lifetime, rel=1e-6)


@pytest.mark.benchmark(group="cumulants of a device")
def test_cumulants_of_a_device_of_eight_levels(benchmark):
    eff = qh.eliminate(qh.load_device("device_specs/transmon_squid.toml").oscillator())
    groups = qh.LadderGroups.of(eff, 1.0)
    groups = groups.scaled(1.5 * onset(groups, 1e12))
    run = benchmark.pedantic(lifetime, args=(groups, 1000), rounds=2, warmup_rounds=1)
    benchmark.extra_info["evaluations"] = run.evaluations


@pytest.mark.benchmark(group="figure S4")
def test_figure_s4(benchmark):
    def figure():
        lines = [lifetime(GROUP, n, t_final=100.0, samples=400, longest=100.0) for n in (100, 500, 1000, 2000)]
        groups = [qh.SpinGroups(gain=0.5, loss=1.0, coupling=v) for v in (0.75, 1.0, 1.25, 1.5)]
        return lines, [[lifetime(g, n).lifetime for n in FIGURE] for g in groups]

    benchmark.pedantic(figure, rounds=2, warmup_rounds=1)


@pytest.mark.parametrize("n", [3, 4, 5, 12, 16, 20])
@pytest.mark.benchmark(group="exact, three levels")
def test_exact(benchmark, n):
    run = benchmark.pedantic(qh.symmetric_ensemble, args=(GROUP, n), rounds=1 if n == 20 else 3, warmup_rounds=1)
    benchmark.extra_info |= {"occupations": run.occupations, "evaluations": run.evaluations}


@pytest.mark.parametrize("n", [3, 4, 5])
@pytest.mark.benchmark(group="exact, three levels")
def test_exact_on_the_full_space(benchmark, n):
    import qutip as qt

    ladders, state = GROUP.ladders, qh.limit_cycle(GROUP).states[0]
    one = qt.qeye(3)

    def on(matrix, k):
        return qt.tensor([qt.Qobj(matrix) if j == k else one for j in range(n)])

    ours = qh.symmetric_ensemble(GROUP, n, t_final=5.0, samples=50)

    def peer():
        lowering = [on(ladders.lowering[0], k) for k in range(n)]
        hamiltonian = 0 * lowering[0]
        for i in range(n):
            for j in range(i):
                exchange = ladders.links[0, 0] / n * lowering[i].dag() * lowering[j]
                hamiltonian += exchange + exchange.dag()
        jumps = [on(jump, k) for k in range(n) for jump in ladders.jumps[0]]
        options = {"atol": 1e-11, "rtol": 1e-8, "nsteps": 100_000}
        start = qt.tensor([qt.Qobj(state)] * n)
        return qt.mesolve(hamiltonian, start, ours.times, jumps, e_ops=[lowering[0].dag()], options=options).expect[0]

    theirs = benchmark.pedantic(peer, rounds=1 if n == 5 else 2)
    assert np.allclose(theirs, ours.amplitude, atol=1e-6)


@pytest.mark.parametrize("n", [8, 12, 16])
@pytest.mark.benchmark(group="slowest decay, three levels")
def test_slowest_decay(benchmark, n):
    benchmark.pedantic(qh.coherence_decay, args=(GROUP, n), rounds=2)


@pytest.mark.benchmark(group="linear noise")
def test_linear_noise(benchmark):
    benchmark.pedantic(qh.phase_diffusion, args=(GROUP,), rounds=10, warmup_rounds=1)
