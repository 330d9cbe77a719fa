"""The budget of a device: what the whole takes, its certified differences beside QuTiP, quadrature beside sampling."""

import warnings

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.model.noise import Noise, SlowLaw, SlowNoise
from qsb_hw.questions.observe import certified_pair, observe, pair_detunings
from qsb_hw.questions.slow_noise import slow_average, standing_at

GMRES = {"solver": "gmres", "use_precond": True, "rtol": 1e-12, "diag_pivot_thresh": 0.0, "drop_tol": 1e-1}
"""QuTiP's best settings for these pairs of 256 states among drop_tol 1e-1, 1e-2 and 1e-3."""
FEASIBLE = ["transmon_squid", "kerr_squid_array", "ion_lattice_be9", "ion_lattice_ca40"]


@pytest.mark.parametrize("name", FEASIBLE)
def test_whole_budget(benchmark, name):
    device = qh.load_device(name)
    benchmark.group = "whole budget"
    budget = benchmark.pedantic(qh.device_budget, (device,), rounds=1)
    assert budget.numerics.converged
    benchmark.extra_info |= {"steady states": budget.solves, "residual": budget.numerics.residual}


def test_one_row(benchmark):
    """P(n0) of the device and S of the complete pair at two detunings: what a row needs once more."""
    device = qh.load_device("kerr_squid_array")
    oscillator = device.oscillator(8)
    analysis = qh.analyse(device, levels=8, pair_levels=4)
    benchmark.group = "one row"
    assert benchmark.pedantic(observe, (oscillator, analysis), rounds=5, warmup_rounds=1).solves == 3


def test_one_row_with_qutip(benchmark):
    import qutip

    device = qh.load_device("kerr_squid_array")
    oscillator = device.oscillator(8)
    analysis = qh.analyse(device, levels=8, pair_levels=4)
    mine = observe(oscillator, analysis)
    short, v = analysis.pair_size.of(oscillator), analysis.coupling
    pairs = [
        qh.network_model(qh.Network([short.detuned(d), short], [[0, v], [v, 0]])).to_qutip()
        for d in pair_detunings(oscillator, analysis)
    ]
    alone = qh.full_model(oscillator).to_qutip()
    benchmark.group = "one row"

    def solve():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            single = qutip.steadystate(*alone, solver="spsolve", permc_spec="MMD_AT_PLUS_A")
            return single, [qutip.steadystate(*pair, **GMRES) for pair in pairs]

    single, doubles = benchmark.pedantic(solve, rounds=1)
    assert float(single.ptrace(0).diag()[1].real) == pytest.approx(mine.fidelity, abs=1e-8)
    rho = doubles[1].ptrace([0, 3]).full().reshape((4,) * 4)
    c1 = sum(rho[i, j, i + 1, j - 1] for i in range(3) for j in range(1, 4))
    assert abs(c1) == pytest.approx(abs(mine.coefficients[1][1]), abs=1e-7)


def test_quadrature_beside_sampling(benchmark):
    """Solves for S(resonance) under 1/f noise of half a linewidth, to the error of the quadrature."""
    device = qh.load_device("kerr_squid_array")
    oscillator = device.oscillator(4)
    analysis = qh.analyse(device, levels=4, pair_levels=3)
    noise = SlowNoise(
        Noise.FREQUENCY, "oscillator", SlowLaw.FLICKER, 0.3 * oscillator.baths[0].tones[0].gamma * np.arange(4)
    )
    benchmark.group = "slow noise"
    average = benchmark.pedantic(slow_average, (noise, 1.0, analysis), rounds=1)
    rng, detunings = np.random.default_rng(0), pair_detunings(oscillator, analysis)
    draws = [
        abs(certified_pair(*(standing_at(oscillator, noise, x) for x in rng.standard_normal(2)), detunings, analysis)
            .coefficients[1][1])
        for _ in range(40)
    ]  # fmt: skip
    error = max(average.contrast_error / average.seen.contrast, 1e-4)
    needed = (np.std(draws) / np.mean(draws) / error) ** 2
    benchmark.extra_info |= {
        "nodes": average.nodes, "pairs solved": average.nodes**2, "relative error": error, "draws needed": needed,
    }  # fmt: skip
    assert needed > average.nodes**2
