"""The paper's oscillators and networks, in units of γ."""

from __future__ import annotations

from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.network import Network

GAMMA = 1.0
SIGMA = 0.2
"""Width of the Lorentzians wherever the paper does not vary it."""


def oscillator(
    *, kerr: float, n_plus: float, levels: int, sigma: float = SIGMA, secular: bool = True
) -> EffectiveOscillator:
    """Self-oscillator with γ± = 1, σ± = σ and n₋ = n₊ + 1; with separate dissipators, or collective ones."""
    return EffectiveOscillator.lorentzian(
        kerr=kerr, gamma=GAMMA, sigma=sigma, n_plus=n_plus, n_minus=n_plus + 1, levels=levels, secular=secular
    )


def pair(first: EffectiveOscillator, second: EffectiveOscillator, coupling: float) -> Network:
    """Two oscillators coupled by V."""
    return Network([first, second], [[0, coupling], [coupling, 0]])


def triangle(kerr: float, detuning: float, v1: float, v2: float, levels: int) -> Network:
    """A and B identical, C raised by `detuning`; V1 between C and either, V2 between A and B. Order A, B, C."""
    a = oscillator(kerr=kerr, n_plus=1, levels=levels)
    return Network([a, a, a.detuned(detuning)], [[0, v2, v1], [v2, 0, v1], [v1, v1, 0]])


def ring(kerr: float, coupling: float, levels: int) -> Network:
    """Ring A–B–D–C of four identical oscillators; order A, B, C, D."""
    v = coupling
    one = oscillator(kerr=kerr, n_plus=1, levels=levels)
    return Network([one] * 4, [[0, v, v, 0], [v, 0, 0, v], [v, 0, 0, v], [0, v, v, 0]])
