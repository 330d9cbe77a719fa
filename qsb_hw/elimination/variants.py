"""An oscillator with one piece of physics more or less.

What linearising a pumped cavity left out is put back in its displaced frame, c → α + c with α = √n_c = g/g0 real:
g0 c†c X becomes the linear coupling g X(c + c†), the cubic term g0 c†c X and the static force g0 n_c X, and
−K_c c†²c² becomes −K_c(4n_c c†c + n_c(c² + c†²) + 2√n_c(c†c² + c†²c) + c†²c²). Both are exact: each cavity rotates
with its own pump and c†c does not mind, so nothing depends on time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from qsb_hw.elimination.conventions import KerrFit
from qsb_hw.errors import require
from qsb_hw.model.bath import Bath, BathCoupling, Tone
from qsb_hw.model.ladder import Ladder
from qsb_hw.model.oscillator import SelfOscillator


def cavity_kerr(bath: Bath) -> float | None:
    """K_c in rad/s where it and the photon number it acts with are known; None otherwise."""
    return None if bath.nonlinearity is None or bath.photons is None else bath.nonlinearity.kerr


def drives_light(bath: Bath) -> bool:
    """Whether it meets the oscillator through operators of its own (e^{ikx}) and not through its coordinate."""
    return any(term.oscillator is not None for term in bath.couplings)


def with_cubic_terms(oscillator: SelfOscillator) -> SelfOscillator:
    """The same with g0 c†c X of every cavity, the static force g0 n_c X compensated."""
    return _each_bath(oscillator, _with_cubic_term)


def with_cavity_kerr(oscillator: SelfOscillator) -> SelfOscillator:
    """The same with −K_c c†²c² of every cavity, pumped as if it were not there."""
    return _each_bath(oscillator, _with_kerr)


def under_static_force(oscillator: SelfOscillator) -> SelfOscillator:
    """The same in the eigenbasis of E + F X, F = Σ g0 n_c = Σ g√n_c: the pumps push the oscillator, uncompensated.

    All forces are taken to point the same way, the worst case.
    """
    ladder, force = oscillator.ladder, static_force(oscillator)
    energies, basis = np.linalg.eigh(np.diag(ladder.energies) + force * ladder.coupling)
    turns = np.angle(np.diag(basis.conj().T @ ladder.coupling @ basis, 1))
    basis = basis * np.exp(-1j * np.concatenate([[0.0], np.cumsum(turns)]))  # X between neighbours real and positive
    coordinate = basis.conj().T @ ladder.coupling @ basis
    forced = Ladder(
        energies,
        (coordinate + coordinate.conj().T) / 2,
        np.triu(basis.conj().T @ ladder.exchange @ basis, 1),
    )
    scaled = replace(oscillator, ladder=forced)
    return _each_bath(scaled, lambda bath: _stronger(bath, float(coordinate[0, 1].real)))  # `Ladder` divides by it


def static_force(oscillator: SelfOscillator) -> float:
    """F = Σ g√n_c in rad/s, over the cavities whose photon number is known."""
    known = ((bath, bath.photons) for bath in oscillator.baths)
    return sum(bath.tones[0].coupling * math.sqrt(n) for bath, n in known if n is not None)


def without_recoil(oscillator: SelfOscillator) -> SelfOscillator:
    """The same with photons that do not kick when they are emitted."""
    return _each_bath(oscillator, lambda bath: replace(bath, recoil=()))


def lamb_dicke(oscillator: SelfOscillator) -> SelfOscillator:
    """The same with e^{ikx} → 1 + iηX: carriers stay, Debye–Waller factors and higher sidebands go."""
    return _each_bath(oscillator, lambda bath: _to_first_order(bath, oscillator.ladder))


def on_kerr_ladder(oscillator: SelfOscillator) -> SelfOscillator:
    """The same on the Kerr ladder that touches its own at n0, with matrix elements √n of coordinate and exchange."""
    target = oscillator.target_level or 1
    fit = KerrFit.at(oscillator.ladder, target)
    ladder = Ladder.kerr(fit.frequency, fit.kerr, oscillator.levels)
    moved = replace(oscillator, ladder=ladder)
    return _each_bath(moved, lambda bath: _to_first_order(bath, ladder)) if _light(oscillator) else moved


def shortened(oscillator: SelfOscillator, levels: int, bath_levels: int | None = None) -> SelfOscillator:
    """The same with fewer levels of the ladder and, if asked, at most so many Fock states of each mode."""
    short = oscillator.truncated(min(levels, oscillator.levels))
    return short if bath_levels is None else _each_bath(short, lambda bath: bath.shortened(bath_levels))


def _light(oscillator: SelfOscillator) -> bool:
    return any(drives_light(bath) for bath in oscillator.baths)


def _each_bath(oscillator: SelfOscillator, change: Callable[[Bath], Bath]) -> SelfOscillator:
    return replace(oscillator, baths=tuple(change(bath) for bath in oscillator.baths))


def _stronger(bath: Bath, factor: float) -> Bath:
    couplings = (BathCoupling(factor * c.bath, c.oscillator) if c.oscillator is None else c for c in bath.couplings)
    return replace(bath, couplings=tuple(couplings))


def _with_cubic_term(bath: Bath) -> Bath:
    g0 = bath.nonlinearity.single_photon_coupling if bath.nonlinearity else None
    if g0 is None:
        return bath
    number = np.diag(bath.quanta[0]).astype(complex)
    return replace(bath, couplings=(*bath.couplings, BathCoupling(np.asarray(g0 * number))))


def _with_kerr(bath: Bath) -> Bath:
    n, kerr = bath.photons, cavity_kerr(bath)
    if n is None or kerr is None:
        return bath
    c = np.diag(np.sqrt(np.arange(1.0, bath.levels)), 1).astype(complex)
    number, pair = c.conj().T @ c, c @ c
    squeezing, cubic = n * pair, 2 * math.sqrt(n) * c.conj().T @ pair
    terms = 4 * n * number + squeezing + squeezing.conj().T + cubic + cubic.conj().T + pair.conj().T @ pair
    return replace(bath, hamiltonian=bath.hamiltonian - kerr * terms)


def _to_first_order(bath: Bath, ladder: Ladder) -> Bath:
    """1 + iηX in place of e^{ikx}, 1 − iηX in place of its adjoint; η = 2g/Ω of the tone each belongs to."""
    return replace(bath, couplings=tuple(_linear(bath, term, ladder) for term in bath.couplings))


def _linear(bath: Bath, term: BathCoupling, ladder: Ladder) -> BathCoupling:
    if term.oscillator is None:
        return term
    strength, raises = float(np.abs(term.bath).max()), bool(np.any(np.tril(term.bath, -1)))
    eta = _tone(bath, term).coupling / strength if strength else 0.0
    phase = 1j if raises else -1j
    return BathCoupling(term.bath, np.asarray(np.eye(ladder.levels) + phase * eta * ladder.coupling, dtype=complex))


def _tone(bath: Bath, term: BathCoupling) -> Tone:
    """The tone whose quanta a coupling changes."""
    known = zip(bath.tones, bath.quanta, strict=False)
    found = [tone for tone, quanta in known if np.any(term.bath[quanta[:, None] != quanta[None, :]])]
    require(
        len(found) == 1,
        f"A coupling of bath {bath.name!r} must belong to one tone to be linearised",
        f"{len(found)} of them",
        "Give the bath the quanta of each tone.",
    )
    return found[0]
