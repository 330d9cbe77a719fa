"""An oscillator with one piece of physics more or less.

What linearising a pumped cavity left out is put back in its displaced frame, c → α + c with α = √n_c = g/g0 real:
g0 c†c X becomes the linear coupling g X(c + c†), the cubic term g0 c†c X and the static force g0 n_c X, and
−K_c c†²c² becomes −K_c(4n_c c†c + n_c(c² + c†²) + 2√n_c(c†c² + c†²c) + c†²c²). Both are exact: each cavity rotates
with its own pump and c†c does not change, so nothing depends on time.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from qsb_hw.elimination.conventions import KerrFit
from qsb_hw.model.bath import Bath, Light
from qsb_hw.model.ladder import Ladder
from qsb_hw.model.oscillator import SelfOscillator


def drives_light(oscillator: SelfOscillator) -> bool:
    """Whether a bath couples to it through operators of its own (e^{ikx}) and not through its coordinate."""
    return any(not bath.is_mode for bath in oscillator.baths)


def with_cubic_terms(oscillator: SelfOscillator) -> SelfOscillator:
    """The same with g0 c†c X of every cavity, the static force g0 n_c X compensated."""
    return oscillator.with_baths(lambda bath: replace(bath, has_cubic_term=True))


def with_mode_kerr(oscillator: SelfOscillator, retuned: bool = False) -> SelfOscillator:
    """The same with −K_c c†²c² of every mode where K_c and its photon number are known.

    The drives are those of linear modes; `retuned` lowers each by 4K_c n_c, after the resonance that its own photons
    pull. In a rotating-wave approximation only −4K_c n_c c†c − K_c c†²c² is left of it: the squeezing is off resonance
    by 2δ and costs of order (K_c n_c/δ)².
    """

    def change(bath: Bath) -> Bath:
        pull = bath.kerr_pull if retuned else None
        moved = bath.with_tones(lambda tone: replace(tone, detuning=tone.detuning - pull)) if pull else bath
        return replace(moved, has_kerr=True)

    return oscillator.with_baths(change)


def under_static_force(oscillator: SelfOscillator) -> SelfOscillator:
    """The same in the eigenbasis of E + F X, F = Σ g0 n_c = Σ g√n_c: the pumps push the oscillator, uncompensated.

    All forces are taken to point the same way, the worst case.
    """
    ladder, force = oscillator.ladder, static_force(oscillator)
    energies, basis = np.linalg.eigh(np.diag(ladder.energies) + force * ladder.coupling)
    turns = np.angle(np.diag(basis.conj().T @ ladder.coupling @ basis, 1))
    basis = basis * np.exp(-1j * np.concatenate([[0.0], np.cumsum(turns)]))  # X between neighbours real and positive
    coordinate = basis.conj().T @ ladder.coupling @ basis
    exchange = np.triu(basis.conj().T @ ladder.exchange @ basis, 1)
    forced = replace(oscillator, ladder=Ladder(energies, (coordinate + coordinate.conj().T) / 2, exchange))
    return forced.with_baths(lambda bath: _stronger(bath, float(coordinate[0, 1].real)))  # `Ladder` divides by it


def static_force(oscillator: SelfOscillator) -> float:
    """F = Σ g√n_c in rad/s, over the cavities whose photon number is known."""
    known = ((bath, bath.photons) for bath in oscillator.baths)
    return sum(bath.tones[0].coupling * math.sqrt(n) for bath, n in known if n is not None)


def without_recoil(oscillator: SelfOscillator) -> SelfOscillator:
    """The same with photons that do not kick when they are emitted."""
    return oscillator.with_baths(lambda bath: bath.with_light(lambda light: replace(light, recoil=())))


def lamb_dicke(oscillator: SelfOscillator) -> SelfOscillator:
    """The same with e^{ikx} → 1 + iηX: carriers stay, Debye–Waller factors and higher sidebands go."""
    return oscillator.with_baths(lambda bath: _to_first_order(bath, oscillator.ladder))


def on_kerr_ladder(oscillator: SelfOscillator) -> SelfOscillator:
    """The same on the Kerr ladder matched to its own at n0, with matrix elements √n of coordinate and exchange."""
    target = oscillator.target or 1
    fit = KerrFit.at(oscillator.ladder, target)
    ladder = Ladder.kerr(fit.frequency, fit.kerr, oscillator.levels)
    return replace(oscillator, ladder=ladder).with_baths(lambda bath: _to_first_order(bath, ladder))


def shortened(oscillator: SelfOscillator, levels: int, bath_levels: int | None = None) -> SelfOscillator:
    """The same with fewer levels of the ladder and, if asked, at most so many Fock states of each mode."""
    short = oscillator.truncated(min(levels, oscillator.levels))
    return short if bath_levels is None else short.with_baths(lambda bath: bath.with_at_most(bath_levels - 1))


def _stronger(bath: Bath, factor: float) -> Bath:
    """A mode with g and g0 multiplied, and so as many photons."""
    if not bath.is_mode:
        return bath
    left_out = bath.nonlinearity
    if left_out is not None and left_out.single_photon_coupling is not None:
        left_out = replace(left_out, single_photon_coupling=factor * left_out.single_photon_coupling)
    return replace(bath.scaled(coupling=factor), nonlinearity=left_out)


def _to_first_order(bath: Bath, ladder: Ladder) -> Bath:
    """1 + iηX in place of e^{ikx}."""

    def linear(light: Light) -> Light:
        return replace(light, displacement=np.eye(ladder.levels) + 1j * light.lamb_dicke * ladder.coupling)

    return bath.with_light(linear)
