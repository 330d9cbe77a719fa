"""The oscillator after its baths are eliminated: levels and rates."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from qsb_hw._typing import Complexes, Floats
from qsb_hw.arguments import real, real_array, square, whole
from qsb_hw.errors import require
from qsb_hw.lindblad.operators import altered, frozen
from qsb_hw.model.ladder import Ladder


@dataclass(frozen=True, slots=True)
class Lorentzian:
    """Nonlinear damping or amplification γ n σ²/((n − centre)² + σ²) (Lörch 2017 Eq. 3)."""

    gamma: float  # γ in 1/s
    sigma: float  # σ in levels
    centre: float  # n₊ or n₋ in levels

    def __post_init__(self) -> None:
        real("γ", self.gamma, "Give the peak rate of one quantum.", least=0.0)
        real("σ", self.sigma, "Give the width in levels.", above=0.0)
        real("The centre of a Lorentzian", self.centre, "Give n± in levels.")

    def rates(self, levels: int) -> Floats:
        """Rates of the transitions n−1 ↔ n, n = 1 … levels−1, in 1/s, shape (levels−1,)."""
        n = np.arange(1, levels)
        return self.gamma * n * self.sigma**2 / ((n - self.centre) ** 2 + self.sigma**2)

    def amplitudes(self, levels: int) -> Complexes:
        """Amplitudes √γ √n σ/(σ − i(n − centre)) whose squares are the rates, n = 1 … levels−1."""
        n = np.arange(1, levels)
        return math.sqrt(self.gamma) * np.sqrt(n) * self.sigma / (self.sigma - 1j * (n - self.centre))


@dataclass(frozen=True, slots=True, eq=False)
class EffectiveOscillator:
    """Ladder with incoherent jumps between its levels (Lörch 2017 Eqs. 1–3, secular).

    Attributes
    ----------
    ladder : Ladder
        Levels, shifted by the eliminated baths where there are any.
    rates : (n, n) float
        ``rates[m, n]`` is the rate of n → m in 1/s; each is its own dissipator √rate |m⟩⟨n|.
    dephasing_rate : float
        1/Tφ in 1/s; jump √(2/Tφ) a†a.
    collective : tuple of (n, n) complex
        Jumps that keep the coherence between the transitions they drive, in √(1/s). Their |element|² is part of
        `rates` and then no dissipator of its own (Lörch 2017, note [41]); none in the secular model.
    amplification, damping : Lorentzian or None
        The closed form of each side in the named convention; None where a side has no single tone.
    target : int or None
        n0, the level the tones stabilise.
    convention : str
        Which dictionary γ, σ, n± follow: "derived", "published", or "given".

    Examples
    --------
    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=4)
    >>> one.up_rates.round(3), one.down_rates.round(3)
    (array([1.   , 0.077, 0.03 ]), array([0.038, 2.   , 0.115]))
    >>> round(float(qh.steady_state(qh.effective_model(one)).populations()[1]), 2)
    0.92
    """

    ladder: Ladder
    rates: Floats
    dephasing_rate: float = 0.0
    collective: tuple[Complexes, ...] = ()
    amplification: Lorentzian | None = None
    damping: Lorentzian | None = None
    target: int | None = None
    convention: str = "given"
    name: str = "oscillator"

    def __post_init__(self) -> None:
        hint = "Check linewidths and couplings."
        size = self.ladder.levels
        rates = real_array("Rates", self.rates, hint).copy()  # (n, n)
        square("`rates`", rates, size, "Give rates[m, n] for n → m, one row per level.")
        valid = bool(np.all(rates >= 0))
        require(valid, "Rates must be finite and not negative", f"a smallest rate of {np.min(rates)} 1/s", hint)
        real("The dephasing rate", self.dephasing_rate, "Use 0 for none.", least=0.0)
        if self.target is not None:
            hint = f"Give n0, at most {size - 1} here, or None where nothing is stabilised."
            whole("A target level", self.target, hint, least=0, most=size - 1)
        hint = "Give one row per level."
        collective = tuple(frozen(square("A collective jump", c, size, hint)) for c in self.collective)
        np.fill_diagonal(rates, 0.0)
        contained = bool(np.all(self._incoherent(rates) >= -1e-9 * max(float(rates.max(initial=0.0)), 1e-300)))
        must = "The |element|² of the collective jumps must be contained in `rates`"
        require(contained, must, "a transition with more", "Add them to the rates.")
        object.__setattr__(self, "collective", collective)
        object.__setattr__(self, "rates", frozen(rates))

    @classmethod
    def lorentzian(
        cls,
        *,
        kerr: float,
        gamma: float,
        sigma: float,
        n_plus: float,
        n_minus: float,
        levels: int,
        frequency: float = 0.0,
        secular: bool = True,
    ) -> EffectiveOscillator:
        """The oscillator of Lörch 2017, Eqs. (1)–(3), from its five numbers.

        Parameters
        ----------
        kerr, gamma, frequency : float
            K, γ ≥ 0 and ω in one common unit of rate.
        sigma, n_plus, n_minus : float
            Width σ > 0 and centres of the two Lorentzians, in levels.
        levels : int
            Fock states kept, at least 2.
        secular : bool
            True gives every transition a dissipator of its own (Eq. 2). False keeps the coherence between
            neighbouring transitions: one jump per side, √γ Σ √n σ/(σ ± i(n − n∓)) |n∓1⟩⟨n| as an eliminated mode
            gives it, with the same rates (note [41]).

        Raises
        ------
        ArgumentError
            If a number is not in its range.
        """
        ladder = Ladder.kerr(frequency, kerr, levels)
        up, down = Lorentzian(gamma, sigma, n_plus), Lorentzian(gamma, sigma, n_minus)
        collective: tuple[Complexes, ...] = ()
        if not secular:
            jumps = (np.diag(up.amplitudes(levels), -1), np.diag(down.amplitudes(levels).conj(), 1))
            # with K < 0 levels pass the tone the other way, and the phase of the response turns with them
            collective = jumps if kerr >= 0 else tuple(jump.conj() for jump in jumps)
        return cls(
            ladder=ladder,
            rates=neighbour_rates(up.rates(levels), down.rates(levels)),
            collective=collective,
            amplification=up,
            damping=down,
            target=round(n_plus) if 0 <= round(n_plus) < ladder.levels else None,
        )

    def __repr__(self) -> str:
        forms = f"γ={self.gamma:.4g}, σ={self.sigma:.4g}, n₊={self.n_plus:.4g}, n₋={self.n_minus:.4g}"
        return f"EffectiveOscillator({self.name!r}, {self.levels} levels, {forms}, K={self.kerr:.4g})"

    @property
    def levels(self) -> int:
        """Levels kept."""
        return self.ladder.levels

    @property
    def up_rates(self) -> Floats:
        """Rates of n−1 → n for n = 1 … levels−1 in 1/s, shape (levels−1,)."""
        return np.diag(self.rates, -1).copy()

    @property
    def down_rates(self) -> Floats:
        """Rates of n → n−1 for n = 1 … levels−1 in 1/s, shape (levels−1,)."""
        return np.diag(self.rates, 1).copy()

    @property
    def gamma(self) -> float:
        """γ in 1/s, the geometric mean of the two sides; NaN where a side has no closed form."""
        up, down = self.amplification, self.damping
        return math.sqrt(up.gamma * down.gamma) if up and down else math.nan

    @property
    def sigma(self) -> float:
        """σ in levels, the mean of the two sides; NaN where a side has no closed form."""
        up, down = self.amplification, self.damping
        return (up.sigma + down.sigma) / 2 if up and down else math.nan

    @property
    def n_plus(self) -> float:
        """Centre of the amplification in levels; NaN where it has no closed form."""
        return self.amplification.centre if self.amplification else math.nan

    @property
    def n_minus(self) -> float:
        """Centre of the damping in levels; NaN where it has no closed form."""
        return self.damping.centre if self.damping else math.nan

    @property
    def kerr(self) -> float:
        """K at the target level in the unit of the energies; at level 1 without a target, NaN below 3 levels."""
        level = min(max(self.target or 1, 1), self.levels - 2)
        return self.ladder.kerr_at(level) if level >= 1 else math.nan

    @property
    def secular_rates(self) -> Floats:
        """The part of `rates` that has a dissipator per transition, (n, n)."""
        return np.maximum(self._incoherent(self.rates), 0.0)

    def _incoherent(self, rates: Floats) -> Floats:
        driven = sum((np.abs(c) ** 2 for c in self.collective), np.zeros_like(rates))
        rest: Floats = rates - driven
        np.fill_diagonal(rest, 0.0)  # a jump's diagonal is dephasing, not a rate
        return np.where(np.abs(rest) < 1e-12 * driven, 0.0, rest)

    def truncated(self, levels: int) -> EffectiveOscillator:
        """The same oscillator with only its lowest `levels` levels; without a target where that is cut away."""
        ladder = self.ladder.truncated(levels)
        return replace(
            self,
            ladder=ladder,
            target=self.target if self.target is not None and self.target < ladder.levels else None,
            rates=self.rates[:levels, :levels],
            collective=tuple(c[:levels, :levels] for c in self.collective),
        )

    def _law(self, levels: int) -> Floats:
        """Rates by the two Lorentzians; none for a side without."""
        up, down = (np.zeros(levels - 1) if s is None else s.rates(levels) for s in (self.amplification, self.damping))
        return neighbour_rates(up, down)

    @property
    def extendable(self) -> bool:
        """Whether ladder and rates follow closed forms, so that it can be `extended`."""
        if not (self.amplification and self.damping and self.ladder.is_kerr) or self.collective:
            return False
        law = self._law(self.levels)
        return np.allclose(self.rates, law, rtol=1e-9, atol=1e-12 * float(law.max()))

    def extended(self, levels: int) -> EffectiveOscillator:
        """The same oscillator with more levels, by the laws of its ladder and of its two Lorentzians."""
        levels = whole("`levels`", levels, "Give a number of levels.")
        must = "Levels can be added to a Kerr ladder with two Lorentzians only"
        found = f"{levels} of {self.levels} levels, other rates or other spacings"
        hint = "Eliminate the device again with more levels."
        require(self.extendable and levels >= self.levels, must, found, hint)
        return replace(self, ladder=self.ladder.extended(levels), rates=self._law(levels))

    def detuned(self, detuning: float) -> EffectiveOscillator:
        """Every spacing raised by `detuning`, the rates following."""
        return altered(self, ladder=self.ladder.detuned(detuning))


def neighbour_rates(up: Floats, down: Floats) -> Floats:
    """Rate matrix (n, n) from the rates of n−1 → n and n → n−1, each (n−1,)."""
    return np.diag(up, -1) + np.diag(down, 1)
