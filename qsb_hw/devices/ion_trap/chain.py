"""Several ions in wells of their own: exchange, shifts and push along the line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.devices.ion_trap.coulomb import Direction, Site, couple, static_forces
from qsb_hw.devices.ion_trap.spec import IonPair
from qsb_hw.devices.ion_trap.wells import TrappedIon
from qsb_hw.lindblad.operators import frozen


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """What the neighbours do to an ion; None where the spec does not tell.

    Attributes
    ----------
    exchange : (N, N) float
        V_jk in rad/s.
    shift : float
        Of the frequency, mean over the chain, in rad/s.
    shift_spread : float or None
        Largest deviation of an ion from that mean, in rad/s.
    push : float or None
        Largest force of the neighbours along the motion in N; none across it.
    displacement : float or None
        Where it would push the ion in a harmonic well, in m.
    orbit_ratio : float or None
        Orbits of two neighbours over their distance.
    separation : float or None
        Between neighbours in m.
    """

    exchange: Floats
    shift: float = 0.0
    shift_spread: float | None = None
    push: float | None = None
    displacement: float | None = None
    orbit_ratio: float | None = None
    separation: float | None = None


def chain(pair: IonPair | None, ion: TrappedIon, target: int) -> Chain:
    """Chain of a spec, all pairs included; a single ion where it has none.

    Raises
    ------
    ArgumentError
        Ions closer than ten times their orbits, a repulsion as stiff as the wells.
    """
    if pair is None:
        return Chain(np.zeros((1, 1)))
    count = int(pair.count.value) if pair.count else 2
    if pair.coupling:
        return Chain(frozen(pair.coupling.value * _inverse_cubes(count)))
    assert pair.separation
    return _coulomb_chain(pair.separation.value, Direction(pair.direction or "axial"), count, ion, target)


def _coulomb_chain(separation: float, direction: Direction, count: int, ion: TrappedIon, target: int) -> Chain:
    mass, omega = ion.species.mass, ion.motion.frequency
    positions = [separation * j for j in range(count)]
    sites = [Site(x, mass, omega, ion.lamb_dicke_length) for x in positions]
    found = couple(sites, direction, target + 1)
    shift = float(found.shifts.mean())
    push = float(np.abs(static_forces(positions)).max()) if direction is Direction.AXIAL else None
    return Chain(
        exchange=found.exchange,
        shift=shift,
        shift_spread=float(np.abs(found.shifts - shift).max()),
        push=push,
        displacement=None if push is None else push / (mass * omega**2),
        orbit_ratio=found.orbit_ratio,
        separation=separation,
    )


def _inverse_cubes(count: int) -> Floats:
    """1/|j − k|³ off the diagonal, as every dipole–dipole coupling falls."""
    distance = np.abs(np.subtract.outer(np.arange(count), np.arange(count))).astype(float)
    np.fill_diagonal(distance, np.inf)
    return np.asarray(distance**-3.0)
