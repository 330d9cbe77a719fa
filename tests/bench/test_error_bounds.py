"""What the error bound costs beside the solve it certifies; both inside one call of `qh.steady_state`."""

import time

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.lindblad import chain, direct, iterative

PARTS = (
    (iterative.RefinedGmres, "least_image"),
    (iterative, "probe"),
    (iterative.FluxIteration, "sensitivity"),
    (iterative, "bound_and_residual"),
    (direct, "bound_and_residual"),
    (direct.Factors, "sensitivity"),
    (chain._Chain, "sensitivity"),
)


def complete_pair(name):
    device = qh.load_device(name)
    one, v = device.oscillator(device.target + 3), device.nearest_coupling
    return qh.network_model(qh.Network([one, one], [[0, v], [v, 0]]))


def eliminated_pair(name):
    device = qh.load_device(name)
    one, v = qh.eliminate(device.oscillator(min(device.complete.levels, 8))), device.nearest_coupling
    return qh.network_model(qh.Network([one, one], [[0, v], [v, 0]]))


def bistable(_):
    a = np.diag(np.sqrt(np.arange(1.0, 40)), 1).astype(complex)
    number = a.conj().T @ a
    return qh.LindbladModel(-3 * number + 0.1 * (number @ number - number) + 3.3 * (a + a.conj().T), (a,))


MODELS = [
    (complete_pair, "transmon_squid"),
    (complete_pair, "kerr_squid_array"),
    (complete_pair, "ion_lattice_be9"),
    (eliminated_pair, "transmon_squid"),
    (eliminated_pair, "ion_lattice_be9"),
    (bistable, "driven Kerr oscillator"),
]


@pytest.mark.parametrize(("build", "name"), MODELS, ids=lambda x: getattr(x, "__name__", x))
def test_bound_beside_the_solve(benchmark, monkeypatch, build, name):
    model, spent, inside = build(name), [0.0], [0]

    def timed(function):
        def measured(*args, **kwargs):
            begun, inside[0] = time.perf_counter(), inside[0] + 1
            try:
                return function(*args, **kwargs)
            finally:
                inside[0] -= 1
                if not inside[0]:
                    spent[0] += time.perf_counter() - begun

        return measured

    for owner, part in PARTS:
        monkeypatch.setattr(owner, part, timed(getattr(owner, part)))
    shares = []

    def solve():
        spent[0], begun = 0.0, time.perf_counter()
        solution = qh.steady_state(model)
        shares.append(spent[0] / (time.perf_counter() - begun - spent[0]))
        return solution

    solution = benchmark.pedantic(solve, rounds=5, warmup_rounds=1)
    assert solution.ok
    benchmark.extra_info |= {"bound over solve": float(np.median(shares)), "error bound": solution.error_bound}
    assert np.median(shares) < 1
