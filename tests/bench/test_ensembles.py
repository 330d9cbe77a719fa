"""Phase diagrams of large groups at the paper's resolution, and tiles of them by the roads others would take.

γ₋ = 1, γ₊ = 1/2 unless varied. A tile is a handful of points of the same plane; every peer's order parameters are
compared with ours, so what is timed is the same thing. `extra_info["per_point"]` is what ratios are made of.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import qsb_hw as qh

POINTS = 255
AXIS = np.linspace(-15, 15, POINTS)
FOUR = {"gain": 0.5, "loss": 1.0, "coupling": 1.0, "intergroup": 1.0}
TILE = [(-6.0, 1.0), (-6.0, 5.0), (-3.0, 8.0), (2.0, 6.0)]
"""(K, δ): locked, drifting, drifting, unsynchronized."""
T_FINAL = 500.0


def warm(**given):
    """Compile, so that no one pays for it here; the cache on disk does that from the second process on."""
    qh.phase_diagram(**{**FOUR, **given, "asymmetry": [-6.0, -6.0], "detuning": [1.0, 5.0]}, t_final=2.0, samples=40)


def per_point(benchmark, points, **derived_quantities):
    benchmark.extra_info |= {"points": points, "per_point": benchmark.stats.stats.min / points, **derived_quantities}


def test_figure_2c_at_255_by_255(benchmark):
    ratios, couplings = np.linspace(1e-3, 2, POINTS)[:, None], np.linspace(0, 2, POINTS)[None, :]
    given = {"gain": ratios, "loss": 1.0, "coupling": couplings * (1 + ratios)}
    qh.phase_diagram(gain=0.5, loss=1.0, coupling=[0.1, 1.0])
    benchmark.group = "Fig. 2c, one point of 255 × 255"
    plane = benchmark.pedantic(qh.phase_diagram, kwargs=given, rounds=3)
    per_point(benchmark, plane.regime.size, integrated=int(plane.integrated.sum()))


@pytest.mark.parametrize("integrate", [False, True], ids=["searched", "integrated everywhere"])
def test_figure_4_at_255_by_255(benchmark, integrate):
    given = {**FOUR, "asymmetry": AXIS[:, None], "detuning": AXIS[None, :], "integrate": integrate}
    warm(integrate=integrate)
    benchmark.group = "Fig. 4, one point of 255 × 255"
    plane = benchmark.pedantic(qh.phase_diagram, kwargs=given, rounds=2)
    per_point(benchmark, plane.regime.size, integrated=int(plane.integrated.sum()),
              regimes=np.bincount(plane.regime.ravel(), minlength=4).tolist())  # fmt: skip


def slope_in_numpy(asymmetry, detuning):
    """dy/dt of two density matrices, written with matrices as one would in an afternoon."""
    raising = np.diag([math.sqrt(2)] * 2, -1).astype(complex)
    spin, level = np.diag([-1.0, 0, 1]), np.diag([0.0, 0, asymmetry])
    jumps = [np.zeros((3, 3)), np.zeros((3, 3))]
    jumps[0][1, 0], jumps[1][1, 2] = math.sqrt(0.5), 1.0
    kept = sum(jump.T @ jump for jump in jumps)

    def slope(_t, y):
        rhos = y.reshape(2, 3, 3)
        amplitudes = [np.trace(rho @ raising) for rho in rhos]
        out = np.empty_like(rhos)
        for k, rho in enumerate(rhos):
            field = amplitudes[0] + amplitudes[1]
            h = (1 - 2 * k) * detuning / 2 * spin + level + raising * np.conj(field) + raising.T * field
            out[k] = -1j * (h @ rho - rho @ h) + sum(j @ rho @ j.T for j in jumps) - (kept @ rho + rho @ kept) / 2
        return out.ravel()

    return slope


def paper_start():
    states = np.array([np.eye(3) / 3] * 2, dtype=complex)
    states[0, 1, 2] = states[0, 2, 1] = 0.1
    return states


def order_parameters(run):
    return np.abs(run[:, -run.shape[1] // 10 :]).mean(axis=1)


def test_tile_with_scipy(benchmark):
    from scipy.integrate import solve_ivp

    times = np.linspace(0.9 * T_FINAL, T_FINAL, 201)

    def tile():
        found = []
        for asymmetry, detuning in TILE:
            run = solve_ivp(slope_in_numpy(asymmetry, detuning), (0, T_FINAL), paper_start().ravel(), t_eval=times)
            rhos = run.y.T.reshape(-1, 2, 3, 3)
            found.append(np.abs(math.sqrt(2) * (rhos[..., 0, 1] + rhos[..., 1, 2])).mean(axis=0))
        return np.array(found)

    benchmark.group = "Fig. 4, one point of 255 × 255"
    agree(benchmark.pedantic(tile, rounds=1))
    per_point(benchmark, len(TILE))


def test_tile_with_qutip(benchmark):
    import qutip

    raising = qutip.Qobj(np.diag([math.sqrt(2)] * 2, -1))
    spin, one = qutip.Qobj(np.diag([-1.0, 0, 1])), qutip.qeye(3)
    jumps = [math.sqrt(0.5) * qutip.basis(3, 1) * qutip.basis(3, 0).dag(), qutip.basis(3, 1) * qutip.basis(3, 2).dag()]
    sides = [lambda x: qutip.tensor(x, one), lambda x: qutip.tensor(one, x)]
    short = T_FINAL / 10  # a tenth of the run, counted ten times
    times = np.linspace(0, short, 201)

    def tile():
        found = []
        for asymmetry, detuning in TILE:
            level = qutip.Qobj(np.diag([0.0, 0, asymmetry]))
            still = sum(s(level + (1 - 2 * k) * detuning / 2 * spin) for k, s in enumerate(sides))
            up = sum(s(raising) for s in sides)
            hamiltonian = qutip.QobjEvo(
                [still, [up, lambda _, a, b: np.conj(a + b)], [up.dag(), lambda _, a, b: a + b]],
                args={name: qutip.MESolver.ExpectFeedback(s(raising), default=0)
                      for name, s in zip("ab", sides, strict=True)},
            )  # fmt: skip
            start = qutip.tensor(*(qutip.Qobj(rho) for rho in paper_start()))
            solver = qutip.MESolver(hamiltonian, [s(jump) for s in sides for jump in jumps], options={"nsteps": 10**6})
            found.append(solver.run(start, times, e_ops=[s(raising) for s in sides]).expect)
        return np.array(found)

    benchmark.group = "Fig. 4, one point of 255 × 255"
    found = benchmark.pedantic(tile, rounds=1)
    for (asymmetry, detuning), run in zip(TILE, found, strict=True):
        groups = qh.SpinGroups(**FOUR, asymmetry=asymmetry, detuning=detuning)
        ours = qh.mean_field(groups, short, samples=200).amplitudes
        assert np.abs(ours - run).max() < 2e-3
    per_point(benchmark, len(TILE) / 10)


def test_tile_one_by_one(benchmark):
    """Straightforward compiled Runge–Kutta steps, one pair after the other."""
    warm()

    def tile():
        return [
            qh.mean_field(qh.SpinGroups(**FOUR, asymmetry=k, detuning=d), T_FINAL, samples=2000, step=0.025)
            for k, d in TILE
        ]

    benchmark.group = "Fig. 4, one point of 255 × 255"
    agree(np.array([order_parameters(run.amplitudes) for run in benchmark.pedantic(tile, rounds=2)]))
    per_point(benchmark, len(TILE))


def agree(found):
    """With the plane, where the run has settled; drifting pairs beat, and are averaged over one tenth of it."""
    asymmetry, detuning = np.array(TILE).T
    plane = qh.phase_diagram(**FOUR, asymmetry=asymmetry, detuning=detuning)
    tolerance = np.where(plane.regime == qh.Regime.DRIFTING, 0.03, 2e-3)
    assert np.all(np.abs(found - plane.order_parameter) < tolerance[:, None])
