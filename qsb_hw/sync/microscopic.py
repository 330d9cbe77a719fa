"""Phases of one driven and of two coupled three-level oscillators (Nadolny & Bruder 2023, supplement 1).

Levels 0, 1, 2 with gain |0⟩ → |1⟩ at γ₊, loss |2⟩ → |1⟩ at γ₋ and level 2 raised by α; uncoupled they are in |1⟩⟨1|.
Spin 1: S⁺ = √2(|2⟩⟨1| + |1⟩⟨0|), S^z = |2⟩⟨2| − |0⟩⟨0|.

The phase of a state is that of its Husimi function Q = (3/4π)⟨θ, φ|ρ|θ, φ⟩ over the spin-coherent states
|θ, φ⟩ = e^{−iφS^z} e^{−iθS^y}|2⟩ = (cos²(θ/2) e^{−iφ}, sin θ/√2, sin²(θ/2) e^{iφ}) in (|2⟩, |1⟩, |0⟩). With
∫dθ sin θ ⟨θ, φ|m⟩⟨m′|θ, φ⟩ = e^{i(m−m′)φ}·{2/3, π/(4√2), 1/3} for |m − m′| = 0, 1, 2, P(φ) = (1/2π) Σ_k c_k e^{ikφ} has

    one oscillator:  c_1 = (3π/16)⟨S⁻⟩ = (3π/8√2)(ρ_21 + ρ_10),  c_2 = ⟨(S⁻)²⟩/4 = ρ_20/2
    relative phase:  c_1 = (3π/16)²⟨S⁻_A S⁺_B⟩,                  c_2 = ⟨(S⁻_A S⁺_B)²⟩/16 = ρ_{20,02}/4

where φ = φ_A − φ_B. The state |θ, φ₀⟩ has its maximum at φ = φ₀.
"""

from __future__ import annotations

import math
import sys

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from qsb_hw._typing import Complexes, Floats
from qsb_hw.arguments import is_index, is_real, real
from qsb_hw.errors import require
from qsb_hw.lindblad.operators import embed
from qsb_hw.lindblad.steady import steady_state
from qsb_hw.model.lindblad import LindbladModel
from qsb_hw.sync.phase import PhaseDistribution

FIRST, SECOND = 3 * math.pi / 16, 1 / 4
"""Weights of ⟨S⁻⟩ and ⟨(S⁻)²⟩ in c_1 and c_2; their squares are those of ⟨S⁻_A S⁺_B⟩ and ⟨(S⁻_A S⁺_B)²⟩."""


def _projector(row: int, column: int) -> Floats:
    """|row⟩⟨column|, shape (3, 3)."""
    matrix = np.zeros((3, 3))
    matrix[row, column] = 1
    return matrix


RAISING = math.sqrt(2) * (_projector(2, 1) + _projector(1, 0))
"""S⁺."""
SPIN = _projector(2, 2) - _projector(0, 0)
"""S^z."""


def driven_phase_distribution(
    *, gain: float, loss: float, asymmetry: float = 0.0, drive: float, order: int | None = None
) -> PhaseDistribution:
    """Phase of one oscillator in a resonant drive, relative to that of the drive.

    H = α|2⟩⟨2| + Ω(S⁺ + S⁻) (Nadolny & Bruder 2023 Eqs. S3–S6). To first order in Ω only |2⟩⟨1| and |1⟩⟨0| matter:
    c_1 = (3π/8)iΩ[2/γ₊ − 1/(γ₋/2 + iα)], whose real part has the sign of −α for Ω > 0. What is left out is of
    order Ω² in c_2 and of order Ω³ in c_1.

    Parameters
    ----------
    gain, loss, asymmetry, drive : float
        γ₊, γ₋, α and Ω, in any one unit of rate.
    order : {None, 1}
        Of the exact steady state, or of first order in the drive.

    Returns
    -------
    PhaseDistribution
        Two harmonics, or one to first order.

    Raises
    ------
    ArgumentError
        If rates are not positive, numbers are not finite, or the order is another.
    ConvergenceError
        If there is no certified steady state.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> found = qh.driven_phase_distribution(gain=0.5, loss=1.0, asymmetry=-0.5, drive=0.1)
    >>> print(f"{found.S:.4f} at {found.argmax:.2f}")
    0.4351 at -0.80
    """
    _check(gain, loss, {"asymmetry": asymmetry, "drive": drive}, order)
    if order is not None:
        lowered = 2j * drive * (2 / gain - 1 / (loss / 2 + 1j * asymmetry))
        return PhaseDistribution(np.array([1.0, FIRST * lowered]))
    hamiltonian = asymmetry * _projector(2, 2) + drive * (RAISING + RAISING.T)
    model = LindbladModel(sp.csr_array(hamiltonian), _jumps(gain, loss, 0, 1), (3,))
    return _distribution(model, sp.csr_array(RAISING.T), FIRST, SECOND)


def pair_phase_distribution(
    *,
    gain: float,
    loss: float,
    asymmetry: float = 0.0,
    detuning: float = 0.0,
    coupling: float,
    order: int | None = None,
) -> PhaseDistribution:
    """Relative phase φ_A − φ_B of two coupled oscillators.

    H = (δ/2)(S^z_A − S^z_B) + α(|2⟩⟨2|_A + |2⟩⟨2|_B) + V(S⁺_A S⁻_B + S⁻_A S⁺_B) (Nadolny & Bruder 2023
    Eqs. S7–S10). To first order in V only |20⟩⟨11| and |02⟩⟨11| appear, with Γ = (γ₊ + γ₋)/2:
    ρ_{20,11} = −2iV/[Γ + i(α + δ)], ρ_{02,11} = −2iV/[Γ + i(α − δ)] and c_1 = −(9π²/32) Vα/[(Γ + iδ)² + α²].
    At fixed |α| > Γ the maximum of s is highest at δ² = α² − Γ², 9π|V|/(64Γ) for every α, and for |α| < Γ at δ = 0;
    the phase is ±π/2 at δ² = α² + Γ².
    What is left out is of order V² in c_2 and of order V³ in c_1; at α = 0 the exact c_1 vanishes too.

    Parameters
    ----------
    gain, loss, asymmetry, detuning, coupling : float
        γ₊, γ₋, α, δ = ω_A − ω_B and V, in any one unit of rate.
    order : {None, 1}
        Of the exact steady state, or of first order in the coupling.

    Returns
    -------
    PhaseDistribution
        Two harmonics, or one to first order.

    Raises
    ------
    ArgumentError
        If rates are not positive, numbers are not finite, or the order is another.
    ConvergenceError
        If there is no certified steady state.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> found = qh.pair_phase_distribution(gain=0.5, loss=1.0, asymmetry=-0.5, coupling=0.1, detuning=1.0)
    >>> print(f"{found.S:.4f} at {found.argmax:.2f}")
    0.1370 at 1.41
    """
    _check(gain, loss, {"asymmetry": asymmetry, "detuning": detuning, "coupling": coupling}, order)
    if order is not None:
        first = pair_first_harmonic(gain=gain, loss=loss, asymmetry=asymmetry, detuning=detuning, coupling=coupling)
        return PhaseDistribution(np.array([1.0, first]))
    exchange = embed({0: RAISING.T, 1: RAISING}, (3, 3))
    rotation, level = detuning / 2 * SPIN, asymmetry * _projector(2, 2)
    own = embed({0: level + rotation}, (3, 3)) + embed({1: level - rotation}, (3, 3))
    hamiltonian = own + coupling * (exchange + exchange.T)
    jumps = (*_jumps(gain, loss, 0, 2), *_jumps(gain, loss, 1, 2))
    model = LindbladModel(sp.csr_array(hamiltonian), jumps, (3, 3))
    return _distribution(model, exchange, FIRST**2, SECOND**2)


def pair_first_harmonic(
    *, gain: float, loss: float, asymmetry: ArrayLike, detuning: ArrayLike, coupling: ArrayLike
) -> Complexes:
    """c_1 of the relative phase to first order in the coupling, over arrays that are broadcast together.

    See `pair_phase_distribution`: s(φ) = Re(c_1 e^{iφ})/π has its maximum |c_1|/π at φ = −arg c_1. Computed as
    ⟨S⁻_A S⁺_B⟩ = 2(ρ_{20,11} + ρ_{11,02}) = −8Vα/{[Γ + i(δ + α)][Γ + i(δ − α)]}, in two factors of order one.
    """
    alpha, delta, V = (np.asarray(value, dtype=float) for value in (asymmetry, detuning, coupling))
    decay = (gain + loss) / 2
    exchanged = -8 * (V / (decay + 1j * (delta - alpha))) * (alpha / (decay + 1j * (delta + alpha)))
    return np.asarray(FIRST**2 * exchanged)


def _distribution(model: LindbladModel, lowering: sp.csr_array, first: float, second: float) -> PhaseDistribution:
    """c_1 = first·⟨X⟩ and c_2 = second·⟨X²⟩ in the steady state, X = `lowering`."""
    steady = steady_state(model).require()
    harmonics = [first * steady.expectation(lowering), second * steady.expectation(lowering @ lowering)]
    return PhaseDistribution(np.array([1.0, *harmonics]))


def _jumps(gain: float, loss: float, which: int, count: int) -> tuple[sp.csr_array, ...]:
    """√γ₊|1⟩⟨0| and √γ₋|1⟩⟨2| of one of `count` oscillators."""
    one = [math.sqrt(gain) * _projector(1, 0), math.sqrt(loss) * _projector(1, 2)]
    return tuple(embed({which: jump}, (3,) * count) for jump in one)


def _check(gain: float, loss: float, others: dict[str, float], order: int | None) -> None:
    require(
        all(is_real(rate) and 0 < rate <= sys.float_info.max for rate in (gain, loss)),
        "Gain and loss must be positive and finite",
        f"gain {gain}, loss {loss}",
        "Without either, level 1 is not stabilised from both sides.",
    )
    for name, value in others.items():
        real(f"The {name}", value, "Give a number in the unit of the rates.")
    require(
        order is None or (is_index(order) and order == 1),
        "The order must be None or 1",
        repr(order),
        "Leave it out for the exact steady state, or take 1 for the first order.",
    )
