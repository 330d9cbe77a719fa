"""Periodic steady states by harmonics, independent of the package's solvers: several tones on one cavity.

dρ/dt = Σ_p L_p e^{ipΩt} ρ with ρ(t) = Σ_q ρ_q e^{iqΩt} gives iqΩ ρ_q = Σ_p L_p ρ_{q−p}: one sparse linear system.
"""

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import spsolve


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


def one_cavity_a_side(kerr, levels, quanta, up, down, linewidth):
    """Hamiltonian harmonics, jumps and charge of a Kerr ladder with one cavity a side and several tones on each.

    Interaction picture of the ladder and of both cavities, rotating waves only; `up` and `down` map a transition
    m − 1 ↔ m to the coupling g of the tone tuned to it. Subsystems: oscillator, damping c, amplifying b; Ω = 2K.
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
    jumps = [{0: embedded(dims, s1=decay)}, {0: embedded(dims, s2=decay)}]
    n, c, b = np.indices(dims).reshape(3, -1)
    return hamiltonians, jumps, n + c - b, dims
