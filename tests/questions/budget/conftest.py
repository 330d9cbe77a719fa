"""Devices to budget, and periodic steady states by harmonics, independent of the package's solvers.

dρ/dt = Σ_p L_p e^{ipΩt} ρ with ρ(t) = Σ_q ρ_q e^{iqΩt} gives iqΩ ρ_q = Σ_p L_p ρ_{q−p}: one sparse linear system.
"""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.sparse.linalg import spsolve

import qsb_hw as qh
from qsb_hw.model.noise import SlowLaw
from qsb_hw.spec.load import read_toml


def periodic_state(hamiltonians, jumps, frequency, charge, harmonics=6):
    """Harmonics ρ_q, shape (2·harmonics + 1, D, D), of H(t) = Σ_p H_p e^{ipΩt} and jumps L(t) = Σ_p L_p e^{ipΩt}.

    `hamiltonians` maps p to H_p; `jumps` is a list of such maps. Only elements between equal charges are kept.
    """
    size = charge.size
    kept = np.nonzero((charge[:, None] == charge[None, :]).ravel())[0]
    generators = generator_harmonics(hamiltonians, jumps, size)
    generators = {p: g.tocsr()[kept][:, kept] for p, g in generators.items()}
    count, orders = kept.size, np.arange(-harmonics, harmonics + 1)
    blocks = [[None] * orders.size for _ in orders]
    for row, q in enumerate(orders):
        for p, generator in generators.items():
            if 0 <= row - p < orders.size:
                blocks[row][row - p] = generator
        blocks[row][row] = generators[0] - 1j * q * frequency * sp.eye_array(count)
    matrix = sp.block_array(blocks, format="lil")
    diagonal = np.nonzero(kept % (size + 1) == 0)[0]
    pinned = harmonics * count + diagonal[0]  # the trace of ρ_0 in place of one of its equations
    matrix[pinned] = 0
    matrix[pinned, harmonics * count + diagonal] = 1
    source = np.zeros(count * orders.size, dtype=complex)
    source[pinned] = 1
    found = spsolve(matrix.tocsc(), source).reshape(orders.size, count)
    rho = np.zeros((orders.size, size * size), dtype=complex)
    rho[:, kept] = found
    return rho.reshape(orders.size, size, size)


def generator_harmonics(hamiltonians, jumps, size):
    """L_p on row-major vectors: AρB is (A ⊗ Bᵀ)."""
    one, total = sp.eye_array(size, format="csr"), {0: sp.csr_array((size * size, size * size), dtype=complex)}

    def add(p, term):
        total[p] = total.get(p, 0) + term

    for p, h in hamiltonians.items():
        add(p, -1j * sp.kron(sp.csr_array(h), one) + 1j * sp.kron(one, sp.csr_array(h).T))
    for parts in jumps:
        sparse = {p: sp.csr_array(part) for p, part in parts.items()}
        for p, left in sparse.items():
            for q, right in sparse.items():  # L_p ρ L_q† e^{i(p−q)Ωt}
                add(p - q, sp.kron(left, right.conj()))
                product = sp.csr_array(right.conj().T @ left)  # L_q†L_p
                add(p - q, -0.5 * sp.kron(product, one) - 0.5 * sp.kron(one, product.T))
    return {p: g for p, g in total.items() if abs(g).max() > 0 or p == 0}


def embedded(dims, **operators):
    """Product operator; keys like `s0` name the subsystem."""
    parts = [sp.csr_array(operators.get(f"s{k}", np.eye(d))) for k, d in enumerate(dims)]
    product = parts[0]
    for part in parts[1:]:
        product = sp.kron(product, part, format="csr")
    return product


def one_cavity_a_side(levels, quanta, up, down, linewidth, loss):
    """Hamiltonian harmonics, jumps and charge of a Kerr ladder with one cavity a side and several tones on each.

    Interaction picture of the ladder and of both cavities, rotating waves only; `up` and `down` map a transition
    m − 1 ↔ m to the coupling g of the tone tuned to it. Subsystems: oscillator, damping c, amplifying b; Ω = 2K. A
    cavity's own jump stands still, that of T1 (rate `loss`) turns: a = Σ √m |m−1⟩⟨m| e^{i2Kmt}.
    """
    dims = (levels, quanta, quanta)
    lower = np.diag(np.sqrt(np.arange(1, quanta)), 1)
    hamiltonians = {0: sp.csr_array((np.prod(dims),) * 2, dtype=complex)}

    def add(p, term):
        for harmonic, part in ((p, term), (-p, term.conj().T)):
            hamiltonians[harmonic] = hamiltonians.get(harmonic, 0) + part

    for m in range(1, levels):
        step = np.zeros((levels, levels))
        step[m - 1, m] = np.sqrt(m)  # |m−1⟩⟨m|
        for tuned, g in down.items():
            add(m - tuned, g * embedded(dims, s0=step, s1=lower.T))
        for tuned, g in up.items():
            add(tuned - m, g * embedded(dims, s0=step.T, s2=lower.T))
    decay = np.sqrt(linewidth) * lower
    own = {m: np.sqrt(loss * m) * embedded(dims, s0=np.diag(np.eye(levels - 1)[m - 1], 1)) for m in range(1, levels)}
    jumps = [{0: embedded(dims, s1=decay)}, {0: embedded(dims, s2=decay)}, own]
    n, c, b = np.indices(dims).reshape(3, -1)
    return hamiltonians, jumps, n + c - b, dims


def one_jump_a_side(effective, coupling, detuning):
    """Hamiltonian, jumps and charge of an eliminated pair in which all tones of a side share one cavity; Ω = 2K.

    The quanta of all tones leave at one frequency, so the jumps of a side are one coherent sum that rotates by 2K from
    step to step: L(t) = Σ_n √Γ_n |n⟩⟨n−1| e^{2iKnt}. The ladder's frequency is left out, both oscillators share it.
    """
    levels = effective.levels
    dims = (levels, levels)
    n = np.arange(levels)
    own = effective.ladder.energies - effective.ladder.transition_frequencies[0] * n
    lower = np.diag(np.sqrt(n[1:]), 1)
    hop = coupling * embedded(dims, s0=lower.T, s1=lower)
    hamiltonian = embedded(dims, s0=np.diag(own + detuning * n)) + embedded(dims, s1=np.diag(own)) + hop + hop.T
    jumps = []
    for site in ("s0", "s1"):
        up, down = {}, {}
        for k in range(1, levels):
            step = np.zeros((levels, levels))
            step[k, k - 1] = 1
            up[k] = math.sqrt(effective.up_rates[k - 1]) * embedded(dims, **{site: step})
            down[-k] = math.sqrt(effective.down_rates[k - 1]) * embedded(dims, **{site: step.T})
        jumps += [up, down]
    first, second = np.indices(dims).reshape(2, -1)
    return {0: hamiltonian}, jumps, first + second


def averaged_synchronization(harmonics, levels):
    """S of the relative phase averaged over a beat, from ρ_0."""
    rho = harmonics[harmonics.shape[0] // 2].reshape((levels,) * 4)
    c = [sum(rho[i, j, i + k, j - k] for i in range(levels - k) for j in range(k, levels)) for k in range(1, levels)]
    return qh.PhaseDistribution(np.array([1.0, *c])).S


@pytest.fixture(scope="session")
def floquet():
    return SimpleNamespace(
        periodic_state=periodic_state,
        embedded=embedded,
        one_cavity_a_side=one_cavity_a_side,
        one_jump_a_side=one_jump_a_side,
        averaged_synchronization=averaged_synchronization,
    )


def kerr_oscillator(*, sigma=0.05, ratio=0.07, levels=5, target=1, quanta=3, loss=100.0, **intrinsic):
    """Kerr ladder, K = 1: one tone a side at n0, κ = 4σ, g = ratio·κ, T1 = loss/γ."""
    kappa = 4 * sigma
    ladder = qh.Ladder.kerr(50.0, 1.0, levels)
    lines = ladder.transition_frequencies
    baths = [qh.Bath.cavity(delta, kappa, ratio * kappa, quanta) for delta in (-lines[target], lines[target - 1])]
    return qh.SelfOscillator(ladder, baths, qh.Decoherence(t1=loss / (4 * ratio**2 * kappa), **intrinsic))


@pytest.fixture(scope="session")
def make_oscillator():
    return kerr_oscillator


@pytest.fixture(scope="session")
def make_device():
    """Device around an oscillator, with V = 0.3 γ and whatever noise is given."""

    def make(oscillator, **noise):
        target = oscillator.target
        v = 0.3 * min(t.gamma for b in oscillator.baths for t in b.tones)
        return qh.Device("by hand", "test", "", None, oscillator, target, np.array([[0.0, v], [v, 0.0]]), **noise)

    return make


@pytest.fixture(scope="session")
def two_level_transmon():
    """The shipped transmon stabilised to n0 = 2 with T1 = T2 = 50 µs."""
    spec = read_toml(qh.shipped_specs()["transmon_squid"])
    spec["target"]["fock_state"] = 2
    spec["oscillator"] |= {"t1": "50 us", "t2": "50 us"}
    return qh.device_from_spec(spec)


@pytest.fixture(scope="session")
def laws():
    return SlowLaw
