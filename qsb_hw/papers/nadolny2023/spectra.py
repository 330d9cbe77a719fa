"""Spectra of two groups integrated in time, beside the phase-locked states found directly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from qsb_hw._typing import Booleans, Floats
from qsb_hw.ensemble.dynamics import ORDER_SHARE
from qsb_hw.ensemble.lanes import Block, integrated
from qsb_hw.ensemble.limit_cycle import searched
from qsb_hw.ensemble.maps import Regime, phase_diagram
from qsb_hw.ensemble.spectra import dominant_frequencies, frequencies, phase_slips
from qsb_hw.ensemble.spectra import spectra as raw_spectra
from qsb_hw.papers.nadolny2023.setup import OWN, two_groups

SIGNIFICANT = 1e-3
"""Order parameter from which on a spectrum has a peak that counts."""
STEADY = 1e-4
"""Spread of |⟨S⁺⟩| below which an integrated run counts as phase-locked."""
CRITERION = "argmax of the two spectra, refined by a parabola; locked where they differ by less than one bin"


class Window(NamedTuple):
    """How runs become spectra."""

    t_final: float  # length of a run, whose last half is used
    samples: int
    span: float  # largest |ω| kept
    bins: int | None = None  # at most so many frequencies are kept, each with the highest of the spectrum around it

    def inside(self, axis: Floats) -> Booleans:
        """Which frequencies are kept."""
        return np.asarray(np.abs(axis) <= self.span)


@dataclass(frozen=True, slots=True, eq=False)
class Spectra:
    """What one column of spectra consists of."""

    frequency: Floats  # (F,) centres of the bins kept
    width: float  # of one bin of the transform
    power: Floats  # (n, 2, F) |FT ⟨S⁺⟩|, in units in which a tone of amplitude a that falls on a bin has height a
    dominant: Floats  # (n, 2) where each spectrum peaks
    order: Floats  # (n, 2)
    slips: Floats  # (n,) turns of the relative phase in the second half
    locked: Floats  # (n, 2) amplitudes of a stable phase-locked state found directly, NaN where there is none
    spread: Floats  # (n,) of |⟨S⁺⟩| in the last tenth

    @property
    def difference(self) -> Floats:
        """ω_A − ω_B."""
        return np.asarray(self.dominant[:, 0] - self.dominant[:, 1])


def spectra(
    detunings: Floats, window: Window, report: Callable[[int], None], *, intergroup: float, asymmetry: float = 0.0
) -> Spectra:
    """Spectra of two groups over their detuning, with the directly found phase-locked states beside them."""
    locked = _locked(detunings, window, intergroup, asymmetry)
    batch = [two_groups(d, intergroup=intergroup, asymmetry=asymmetry) for d in detunings]
    kept: dict[str, Floats] = {}
    axis, done = np.empty(0), 0
    rates, links = np.stack([g.rates for g in batch]), np.stack([g.links for g in batch])
    for block in integrated(rates, links, window.t_final, window.samples):
        axis = frequencies(block.amplitudes.shape[-1], block.interval)
        for name, values in _measured(block, axis, window).items():
            kept.setdefault(name, np.empty((len(batch), *values.shape[1:])))[block.points] = values
        done += block.points.size
        report(done)
    return Spectra(
        frequency=_gathered(axis[window.inside(axis)], window.bins).mean(axis=-1),
        width=float(axis[1] - axis[0]),
        locked=locked,
        **kept,
    )


def _measured(block: Block, axis: Floats, window: Window) -> dict[str, Floats]:
    """The numbers of some runs, back in the frame of the groups."""
    amplitudes = block.amplitudes
    turning = block.frame[:, None] * block.interval * np.arange(amplitudes.shape[-1])
    spectrum = raw_spectra(amplitudes * np.exp(1j * turning)[:, None])
    size = np.abs(amplitudes[..., -int(ORDER_SHARE * window.samples) :])
    tone = amplitudes.shape[-1] / 2
    return {
        "power": _gathered(spectrum[..., window.inside(axis)] / tone, window.bins).max(axis=-1),
        "dominant": dominant_frequencies(spectrum, block.interval),
        "order": size.mean(axis=-1),
        "slips": phase_slips(amplitudes[:, 0], amplitudes[:, 1]),
        "spread": np.ptp(size, axis=-1).max(axis=-1),
    }


def _gathered(values: Floats, bins: int | None) -> Floats:
    """The last axis (…, F) as at most `bins` blocks of equally many, (…, blocks, size)."""
    size = 1 if bins is None else -(-values.shape[-1] // bins)
    whole = values.shape[-1] // size * size
    return values[..., :whole].reshape(*values.shape[:-1], -1, size)


def _locked(detunings: Floats, window: Window, intergroup: float, asymmetry: float) -> Floats:
    """Amplitudes of stable phase-locked states found directly, (n, 2), NaN where there are none."""
    plane: dict[str, Any] = OWN | {"asymmetry": asymmetry, "intergroup": intergroup, "detuning": detunings}
    found = phase_diagram(**plane, t_final=window.t_final, samples=window.samples)
    direct = (found.regime == Regime.LOCKED) & ~found.integrated
    return np.where(direct[:, None], found.order_parameter, np.nan)


EDGE = 1e-6
"""How well the edge of locking is found, in steps."""


def locking_edge(intergroup: float, *, step: float = 0.05) -> float:
    """δ > 0 at which the phase-locked state of two groups at δ = 0 ceases to exist or to be stable, by bisection.

    For α = 0; it is looked for in steps of `step` times V_AB, and then to EDGE times such a step. Newton's method
    alone decides: where the state has gone, no integration shows anything that is needed here.
    """

    def is_locked(detuning: float) -> bool:
        cycle = searched(two_groups(detuning, intergroup=intergroup), integrate=False)
        return cycle.synchronized and cycle.stable

    low = 0.0
    while is_locked(low + step * intergroup):
        low += step * intergroup
    high = low + step * intergroup
    while high - low > EDGE * step * intergroup:
        middle = (low + high) / 2
        low, high = (middle, high) if is_locked(middle) else (low, middle)
    return (low + high) / 2


def derived_quantities(parts: Sequence[Spectra]) -> dict[str, Any]:
    """How integration and directly found states compare.

    A run that has become phase-locked, though not in the state found directly, ended on another attractor.
    """
    order, locked = (np.concatenate([getattr(p, name) for p in parts]) for name in ("order", "locked"))
    spread = np.concatenate([p.spread for p in parts])
    direct, steady = np.isfinite(locked[:, 0]), (spread < STEADY) & (order.max(axis=1) > SIGNIFICANT)
    apart = np.abs(order - locked).max(axis=1)
    both = direct & steady
    elsewhere = both & (apart > 10 * STEADY)
    same = both & ~elsewhere
    return {
        "criterion": CRITERION,
        "frequency_resolution": parts[0].width,
        "integrated_points": int(order.shape[0]),
        "direct_points": int(direct.sum()),
        "compared_points": int(same.sum()),
        "other_attractor_points": int(elsewhere.sum() + (direct & ~steady).sum()),
        "largest_disagreement": float(apart[same].max(initial=0.0)),
    }
