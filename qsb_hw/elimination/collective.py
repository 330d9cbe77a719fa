"""Eliminated baths without the secular approximation: one jump drives several transitions at once.

Only what moves the oscillator by a different number of levels is kept apart, not every transition as by Lörch 2017
Eq. 2. In the blockaded S(Δ = 0) of a pair the secular error is of relative order σ², the one left here σ⁴.
"""

from __future__ import annotations

import math

import numpy as np

from qsb_hw._typing import Complexes
from qsb_hw.errors import require
from qsb_hw.model.bath import Bath
from qsb_hw.model.ladder import Ladder
from qsb_hw.model.oscillator import SelfOscillator


def collective_jumps(oscillator: SelfOscillator, rwa: bool = False) -> tuple[Complexes, ...]:
    """Jumps of all baths and of the intrinsic losses, each with amplitudes for the transitions it drives together.

    To first order in the coupling, a tone excites its bath out of the vacuum while the oscillator goes n → m, and the
    jump √κ c that follows has the amplitude √κ g A_mn / (E_n − E_m + δ + iκ/2), whose square is the golden-rule rate.
    Each is (n, n) in √(1/s). A bath that does not rest in its vacuum, as a mode with its Kerr effect, is refused.
    """
    jumps = [jump for bath in oscillator.baths for jump in _bath_jumps(bath, oscillator.ladder, rwa)]
    intrinsic, lowering = oscillator.decoherence, oscillator.ladder.lowering
    jumps += [math.sqrt(intrinsic.down_rate) * lowering, math.sqrt(intrinsic.up_rate) * lowering.conj().T]
    return tuple(jump for jump in jumps if np.any(jump))


def _bath_jumps(bath: Bath, ladder: Ladder, rwa: bool) -> list[Complexes]:
    must = f"Bath {bath.name!r} must rest in its vacuum to be eliminated with its coherences"
    found = "a Hamiltonian that leaves it"
    require(not np.any(bath.hamiltonian[:, 0]), must, found, "Use the secular elimination.")
    target, source = np.indices((ladder.levels, ladder.levels))
    released = ladder.energies[source] - ladder.energies[target]
    jumps = []
    for number, tone in enumerate(bath.tones):
        raising = bath.couplings_of(number)[0]  # with the part that excites the bath first
        coordinate = ladder.coupling if raising.oscillator is None else raising.oscillator
        strength = np.abs(raising.bath[:, 0]).max()
        amplitudes = math.sqrt(tone.linewidth) * strength * coordinate
        amplitudes = amplitudes / (released + tone.detuning + 0.5j * tone.linewidth)
        kicks = tone.light.recoil if tone.light else ()
        climbs = [-tone.role.sign] if rwa else range(1 - ladder.levels, ladder.levels)
        for climb in climbs:
            together = np.diag(np.diag(amplitudes, -climb), -climb)
            jumps += [kick @ together for kick in kicks] or [together]
    return jumps
