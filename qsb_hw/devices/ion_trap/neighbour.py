"""Two like ions in wells of their own: exchange, shift and static force along the line."""

from __future__ import annotations

from dataclasses import dataclass

from qsb_hw.devices.ion_trap.coulomb import Direction, Site, couple, static_forces
from qsb_hw.devices.ion_trap.spec import IonPair
from qsb_hw.devices.ion_trap.wells import TrappedIon
from qsb_hw.spec.quantity import value


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Neighbour:
    """What the other ion does to an ion; None where the spec does not tell.

    V (with its sign) and the `shift` of the frequency in rad/s; the static `force` along the motion in N, none across
    it, and where it would move the ion in a harmonic well, in m; orbits of both ions over their distance.
    """

    exchange: float | None = None
    shift: float = 0.0
    force: float | None = None
    displacement: float | None = None
    orbit_ratio: float | None = None
    separation: float | None = None


def neighbour(pair: IonPair | None, ion: TrappedIon, target: int) -> Neighbour:
    """The other ion of a spec; none where it has no pair. Refused as in `couple`."""
    if pair is None:
        return Neighbour()
    if pair.coupling:
        return Neighbour(exchange=pair.coupling.value)
    mass, omega, direction = ion.species.mass, ion.motion.frequency, Direction(pair.direction or "axial")
    positions = [0.0, value(pair.separation)]
    found = couple([Site(x, mass, omega, ion.lamb_dicke_length) for x in positions], direction, target + 1)
    force = float(static_forces(positions)[1]) if direction is Direction.AXIAL else None
    return Neighbour(
        exchange=float(found.exchange[0, 1]),
        shift=float(found.shifts[0]),
        force=force,
        displacement=None if force is None else force / (mass * omega**2),
        orbit_ratio=found.orbit_ratio,
        separation=positions[1],
    )
