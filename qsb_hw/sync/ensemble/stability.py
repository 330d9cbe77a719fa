"""When the unsynchronized state gives way (Nadolny & Bruder 2023, stability analysis)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from qsb_hw.errors import require
from qsb_hw.sync.ensemble.groups import SpinGroups

Complexes = NDArray[np.complex128]


def critical_coupling(*, gain: float, loss: float, asymmetry: float = 0.0) -> float:
    """Smallest V > 0 at which one group synchronizes; ∞ where the interference blockade holds for every V.

    V_c = (γ₊γ₋/Δ²)[K + √(K² + Δ²(g² + K²)/(4γ₊γ₋))] with Δ = γ₋ − γ₊ and g = (γ₊ + γ₋)/2; for γ₊ = γ₋ it is
    (g² + K²)/(8|K|) where K < 0 and infinite where K ≥ 0.

    Raises
    ------
    ArgumentError
        Rates that are not positive, or numbers that are not finite.
    """
    require(
        gain > 0 and loss > 0 and math.isfinite(gain + loss + asymmetry),
        "Gain and loss must be positive, and all numbers finite",
        f"gain {gain}, loss {loss}, asymmetry {asymmetry}",
        "Without either, level 1 is not stabilised from both sides.",
    )
    mean, difference, product = (gain + loss) / 2, loss - gain, gain * loss
    scale = mean**2 + asymmetry**2
    root = math.sqrt(asymmetry**2 + difference**2 * scale / (4 * product))
    # K + root written so that nothing cancels for K < 0: (root² − K²)/(root − K) = Δ²(g² + K²)/4γ₊γ₋/(root − K)
    if asymmetry < 0:
        return scale / (4 * (root - asymmetry))
    return math.inf if difference == 0 else product / difference**2 * (asymmetry + root)


def stability_matrix(groups: SpinGroups) -> Complexes:
    """Linearisation about |1⟩⟨1| in all groups, (2G, 2G), acting on (ρ_12, ρ_01) of each group in turn.

    d/dt ρ_12 = [i(ω + K) − γ₋/2]ρ_12 + i√2 h, d/dt ρ_01 = [iω − γ₊/2]ρ_01 − i√2 h with
    h_σ = Σ_τ links[σ, τ] √2(ρ_01 + ρ_12)_τ.
    """
    size = 2 * groups.count
    diagonal = np.empty(size, dtype=complex)
    diagonal[0::2] = 1j * (groups.frequency + groups.asymmetry) - groups.loss / 2
    diagonal[1::2] = 1j * groups.frequency - groups.gain / 2
    field = 2j * np.kron(groups.links, np.ones((1, 2)))  # (G, 2G)
    matrix = np.diag(diagonal)
    matrix[0::2] += field
    matrix[1::2] -= field
    return matrix


def growth(groups: SpinGroups) -> complex:
    """Fastest growing eigenvalue of `stability_matrix`: growth rate, and i times the frequency it starts with.

    The unsynchronized state is stable where the real part is negative.
    """
    values = np.linalg.eigvals(stability_matrix(groups))
    return complex(values[np.argmax(values.real)])
