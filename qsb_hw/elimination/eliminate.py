"""Adiabatic elimination of the engineered baths (g ≪ κ)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from qsb_hw._typing import Complexes, Floats
from qsb_hw.elimination.collective import collective_jumps
from qsb_hw.elimination.conventions import Convention, closed_forms
from qsb_hw.elimination.correlation import correlation_spectrum
from qsb_hw.errors import ArgumentError, require
from qsb_hw.lindblad.operators import frozen
from qsb_hw.model.bath import Bath, BathCoupling
from qsb_hw.model.effective import EffectiveOscillator, neighbour_rates
from qsb_hw.model.ladder import Ladder
from qsb_hw.model.oscillator import Decoherence, SelfOscillator


def eliminate(
    oscillator: SelfOscillator,
    convention: str | Convention = "derived",
    rwa: bool = False,
    secular: bool = True,
    saturation: bool = False,
) -> EffectiveOscillator:
    """Oscillator with its baths replaced by the rates and level shifts they cause (g ≪ κ).

    `derived`: golden-rule rate of every transition n → m of the real ladder from each bath's correlation
    spectrum, counter-rotating terms included: Γ = g²|X_nm|²κ/[(κ/2)² + (δ + E_n − E_m)²] for a mode, and the
    dispersive shift that belongs to it. `published`: the Lorentzians of Lörch 2017 Eqs. (2)–(3) with the
    printed σ = κ/8K and n±. T1, heating and Tφ are added in both.

    Parameters
    ----------
    oscillator : SelfOscillator
    convention : str
        "derived" or "published"; the latter is secular and without saturation.
    rwa : bool
        Keep only the transitions a rotating-wave approximation keeps: down through damping, up through amplifying
        bath states.
    secular : bool
        True gives every transition a dissipator of its own (Lörch 2017 Eq. 2). False keeps the coherences
        between neighbouring transitions (its note [41]).
    saturation : bool
        Rates out of a level with total Γ fall by 1/(1 + 2Γ/κ), the time a bath takes to release its quantum: that
        accounts for most of the error of order (g/κ)² of the populations.

    Returns
    -------
    EffectiveOscillator
        Rates in 1/s; `amplification` and `damping` carry γ, σ, n± in the convention asked for.

    Raises
    ------
    ArgumentError
        If the convention is unknown, or the published one is asked for coherences or saturation, or of an oscillator
        without closed forms; if coherences are asked of a bath that does not rest in its vacuum.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> baths = [qh.Bath.cavity(-48, 0.8, 0.02), qh.Bath.cavity(50, 0.8, 0.02)]
    >>> eff = qh.eliminate(qh.SelfOscillator(qh.Ladder.kerr(frequency=50, kerr=1, levels=4), baths))
    >>> round(eff.gamma, 4), round(eff.sigma, 2), eff.n_plus, eff.n_minus
    (0.002, 0.2, 1.0, 2.0)
    """
    chosen = Convention.of(convention)
    if chosen is Convention.PUBLISHED:
        only_rates = "The published closed forms have rates of second order only."
        require(secular, "Coherences between transitions need the derived convention", "'published'", only_rates)
        require(not saturation, "Saturation needs the derived convention", "'published'", only_rates)
        return closed_form(oscillator, chosen)
    return _derived(oscillator, rwa, secular, saturation)


@lru_cache(maxsize=32)
def _derived(oscillator: SelfOscillator, rwa: bool, secular: bool, saturation: bool) -> EffectiveOscillator:
    rates, shifts = bath_rates(oscillator, rwa, saturation)
    collective = () if secular else collective_jumps(oscillator, rwa)
    return _effective(oscillator, Convention.DERIVED, rates, shifts, collective)


def closed_form(oscillator: SelfOscillator, convention: str | Convention = "derived") -> EffectiveOscillator:
    """Lörch 2017 Eqs. (2)–(3) with the γ, σ, n± of a convention: two Lorentzians and the intrinsic losses, no more.

    Level shifts by the baths, matrix elements other than √n and the recoil of emitted photons are neglected. Tones that
    only cool have no part in the closed forms: their rates are added as they are.
    """
    chosen = Convention.of(convention)
    up, down = closed_forms(oscillator, chosen)
    if up is None or down is None:
        raise ArgumentError(
            f"The {chosen.value} closed forms need one tone per side and K > 0 at a target level, but found "
            f"{len(oscillator.baths)} baths and target level {oscillator.target}. Use convention='derived' of "
            "`eliminate`, which takes the rate of every transition."
        )
    rates = neighbour_rates(up.rates(oscillator.levels), down.rates(oscillator.levels))
    if cooling := oscillator.cooling_baths:
        rates = rates + bath_rates(replace(oscillator, baths=cooling))[0]
    return _effective(oscillator, chosen, rates, np.zeros(oscillator.levels))


def _effective(
    oscillator: SelfOscillator,
    convention: Convention,
    rates: Floats,
    shifts: Floats,
    collective: tuple[Complexes, ...] = (),
) -> EffectiveOscillator:
    """With the rates and shifts of the baths, and the intrinsic losses added."""
    ladder, (up, down) = oscillator.ladder, closed_forms(oscillator, convention)
    return EffectiveOscillator(
        ladder=replace(ladder, energies=ladder.energies + shifts),
        rates=rates + intrinsic_rates(ladder, oscillator.decoherence),
        dephasing_rate=oscillator.decoherence.dephasing_rate,
        collective=collective,
        amplification=up,
        damping=down,
        target=oscillator.target,
        convention=convention.value,
        name=oscillator.name,
    )


def both_conventions(oscillator: SelfOscillator) -> tuple[EffectiveOscillator, EffectiveOscillator | None]:
    """Eliminated in the derived and in the published convention; None where the latter has no closed form."""
    derived = eliminate(oscillator)
    printed = derived.amplification and derived.damping
    return derived, closed_form(oscillator, Convention.PUBLISHED) if printed else None


@lru_cache(maxsize=32)
def bath_rates(oscillator: SelfOscillator, rwa: bool = False, saturation: bool = False) -> tuple[Floats, Floats]:
    """Rates (n, n), ``[m, n]`` for n → m, and level shifts (n,) from all baths of an oscillator, rad/s."""
    size = oscillator.levels
    rates, shifts, delay = np.zeros((size, size)), np.zeros(size), np.zeros(size)
    for bath in oscillator.baths:
        for number, tone in enumerate(bath.tones):
            response = transition_response(bath, number, oscillator.ladder, rwa)
            excited = np.maximum(2 * response.real, 0.0)
            kicks = tone.light.recoil if tone.light else ()  # the emitted photon may move the oscillator once more
            rates += sum((np.abs(kick) ** 2 for kick in kicks), np.zeros_like(excited)) @ excited if kicks else excited
            shifts += response.imag.sum(axis=0)
            delay += 2 * (excited.sum(axis=0) - np.diag(excited)) / tone.linewidth
    np.fill_diagonal(rates, 0.0)
    return frozen(rates / (1 + delay) if saturation else rates), frozen(shifts)


def intrinsic_rates(ladder: Ladder, decoherence: Decoherence) -> Floats:
    """Rates (n, n) of T1, temperature and heating: level n decays |X_{n−1,n}|² = n times faster than 1."""
    strength = np.abs(np.diag(ladder.lowering, 1)) ** 2
    return neighbour_rates(decoherence.up_rate * strength, decoherence.down_rate * strength)


@lru_cache(maxsize=64)
def transition_response(bath: Bath, tone: int, ladder: Ladder, rwa: bool) -> Complexes:
    """Half-sided response of n → m through one tone of a bath, element [m, n] in rad/s.

    Twice its real part is the rate, its imaginary part the shift of n. With `rwa` only what conserves the charge.
    """
    target, source = np.indices((ladder.levels, ladder.levels))
    released = ladder.energies[source] - ladder.energies[target]
    terms = bath.couplings_of(tone)
    if not rwa:
        return frozen(_golden_rule(bath, terms, ladder, released))
    changes = bath.charge[:, None] - bath.charge[None, :]
    total = np.zeros(released.shape, dtype=complex)
    for change in np.unique(changes):
        kept = [replace(term, bath=np.where(changes == change, term.bath, 0)) for term in terms]
        if any(np.any(term.bath) for term in kept):
            total += np.where(source - target == change, _golden_rule(bath, kept, ladder, released), 0)
    return frozen(total)


def _golden_rule(bath: Bath, terms: Sequence[BathCoupling], ladder: Ladder, released: Floats) -> Complexes:
    """Σ_ab G_ab(E_n − E_m) A_a,mn* A_b,mn."""
    coordinates = [ladder.coupling if term.oscillator is None else term.oscillator for term in terms]
    relevant = np.any(coordinates, axis=0)
    frequencies, position = np.unique(released[relevant], return_inverse=True)
    on_bath = [term.bath for term in terms]
    spectrum = correlation_spectrum(bath.hamiltonian, bath.jumps, on_bath, frequencies, bath.title)  # (w, k, k)
    response = np.zeros(released.shape, dtype=complex)
    amplitudes = np.array(coordinates)[:, relevant]
    response[relevant] = np.einsum("wab,aw,bw->w", spectrum[position.ravel()], amplitudes.conj(), amplitudes)
    return response
