"""Where two oscillators can exchange a quantum without paying for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qsb_hw.arguments import index
from qsb_hw.errors import require
from qsb_hw.model.network import Network, Oscillator


@dataclass(frozen=True, slots=True)
class Resonance:
    """|n_i, n_j⟩ ↔ |n_i − 1, n_j + 1⟩ at zero energy cost.

    Attributes
    ----------
    detuning : float
        Δ by which oscillator i must be raised above its present frequency for the exchange to be resonant.
    levels : (int, int)
        (n_i, n_j) before the exchange.
    after : (int, int)
        (n_i − 1, n_j + 1).
    oscillators : (int, int)
        (i, j).
    """

    detuning: float
    levels: tuple[int, int]
    after: tuple[int, int]
    oscillators: tuple[int, int]


def resonances(network: Network, populated: tuple[int, ...] | None = None) -> tuple[Resonance, ...]:
    """Resonances of every coupled pair around the levels it is stabilised to, from the real ladders.

    A quantum passes when E_{n_i} − E_{n_i−1} of one oscillator equals E_{n_j+1} − E_{n_j} of the other;
    for two Kerr ladders with Δ = ω_i − ω_j and Δn = n_i − n_j this is Δ − 2KΔn ± 2K = 0. Lörch 2017 Eq. (7) prints the
    other sign of Δn, which does not follow from its own energies above it; at Δn = 0 the two agree.

    Parameters
    ----------
    network : Network
        The detuning in the answer is on top of the one the network already has.
    populated : tuple of int, optional
        Level of each oscillator; the target levels unless given.

    Returns
    -------
    tuple of Resonance
        Two per coupled pair, fewer where a ladder ends.

    Raises
    ------
    ArgumentError
        If a level is not on its ladder, or an oscillator has no target level and none is given.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=5)
    >>> [(r.detuning, r.levels, r.after) for r in qh.resonances(qh.Network([one, one], [[0, 0.3], [0.3, 0]]))]
    [(-20.0, (1, 1), (0, 2)), (20.0, (1, 1), (2, 0))]
    """
    targets = populated or tuple(_target(o) for o in network.oscillators)
    require(
        len(targets) == network.size,
        f"`populated` must name one level for each of the {network.size} oscillators",
        targets,
        "Leave it out to use the target levels.",
    )
    targets = tuple(
        index("A populated level", level, o.levels, "Levels are counted from 0.")
        for level, o in zip(targets, network.oscillators, strict=True)
    )
    pairs = [(i, j) for i in range(network.size) for j in range(i + 1, network.size) if network.coupling[i, j]]
    found = (_exchange(network, i, j, targets, step) for i, j in pairs for step in (-1, 1))
    return tuple(resonance for resonance in found if resonance is not None)


def _exchange(network: Network, i: int, j: int, levels: tuple[int, ...], step: int) -> Resonance | None:
    """Oscillator i hands a quantum to j (`step` −1), or receives one (+1)."""
    before, after = (levels[i], levels[j]), (levels[i] + step, levels[j] - step)
    one, other = network.oscillators[i].ladder, network.oscillators[j].ladder
    if min(after) < 0 or after[0] >= one.levels or after[1] >= other.levels:
        return None
    lower = np.minimum(before, after)
    detuning = other.transition_frequencies[lower[1]] - one.transition_frequencies[lower[0]]
    return Resonance(float(detuning), before, after, (i, j))


def _target(oscillator: Oscillator) -> int:
    target = oscillator.target or None
    require(
        target is not None,
        "Every oscillator must have a level it is stabilised to",
        "one without an amplifying tone",
        "Pass `populated`.",
    )
    return int(target or 0)
