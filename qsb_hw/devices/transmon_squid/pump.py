"""A cavity with its pump: where the tone sits, how strong it is, and what follows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from qsb_hw.devices.transmon_squid.oscillator import Anharmonic
from qsb_hw.devices.transmon_squid.spec import Cavity
from qsb_hw.devices.transmon_squid.squid_cavity import SquidCavity, power_per_photon
from qsb_hw.devices.tuning import level_problem, tone_detuning
from qsb_hw.errors import Problem
from qsb_hw.model.bath import Bath, Nonlinearity, Role
from qsb_hw.spec.quantity import Quantity, value
from qsb_hw.units import FREQUENCY, POWER, show_frequency, written

BATH_LEVELS = 3
"""Fock states of a displaced cavity: with g ≪ κ it hardly leaves its vacuum."""


@dataclass(frozen=True, slots=True)
class PumpedCavity:
    """Everything known of one auxiliary cavity; None where the spec does not tell.

    Frequencies and rates in rad/s, `power` in W at the chip, `detuning` = ω_pump − ω_c.
    """

    role: Role
    linewidth: float
    external_linewidth: float
    detuning: float
    coupling: float
    single_photon_coupling: float | None = None
    photons: float | None = None
    frequency: float | None = None
    power: float | None = None
    kerr: float | None = None
    screening: float | None = None
    participation: float | None = None
    flux_slope: float | None = None
    zero_point_flux: float | None = None

    @property
    def name(self) -> str:
        """Name of its section in the file."""
        return self.role.value

    @property
    def pump_frequency(self) -> float | None:
        """ω_pump in rad/s."""
        return None if self.frequency is None else self.frequency + self.detuning

    @property
    def gamma(self) -> float:
        """γ = 4g²/κ in 1/s."""
        return 4 * self.coupling**2 / self.linewidth

    @property
    def force(self) -> float | None:
        """Static force g0 n_c = g √n_c on the coordinate X, in rad/s."""
        return None if self.photons is None else self.coupling * math.sqrt(self.photons)

    def bath(self) -> Bath:
        """Linearise it into a bath of the oscillator; what that leaves out goes with it."""
        left_out = Nonlinearity(self.single_photon_coupling, self.kerr)
        bath = Bath.cavity(self.detuning, self.linewidth, self.coupling, BATH_LEVELS, self.name, left_out)
        return replace(bath, origin=f"$.{self.name}")


def pump_problems(spec: Cavity, oscillator: Anharmonic, target: int) -> Iterator[Problem]:
    """Find what shows only with the ladder at hand: n± off the ladder, a pump below zero frequency."""
    if off := level_problem(spec.level, spec.role.value, oscillator.ladder):
        yield off
        return
    detuning = tone_detuning(spec.detuning, spec.level, spec.role, oscillator.ladder, target)
    circuit = _circuit(spec)
    frequency = circuit.frequency if circuit else value(spec.frequency, None)
    if frequency is not None and frequency + detuning <= 0:
        key = ".frequency" if spec.frequency else ""
        message = (
            f"must lie above |δ| = {show_frequency(abs(detuning))} so that there is a pump at ω_c + δ, "
            f"but found ω_c/2π = {show_frequency(frequency)}. Raise ω_c."
        )
        yield Problem(f"$.{spec.role.value}{key}", message)


def pumped_cavity(spec: Cavity, oscillator: Anharmonic, target: int) -> PumpedCavity:
    """Set the pump of a cavity.

    Where the spec leaves it open the tone is tuned to the real ladder, δ₋ = −(E_{n0+1} − E_{n0}) for
    damping and δ₊ = E_{n0} − E_{n0−1} for amplification, and the photon number and power follow from g.
    """
    circuit, kappa, current = _circuit(spec), spec.linewidth.value, oscillator.zero_point_current
    delta = tone_detuning(spec.detuning, spec.level, spec.role, oscillator.ladder, target)
    frequency = circuit.frequency if circuit else value(spec.frequency, None)
    external = value(spec.external_linewidth, kappa)
    per_photon = None if frequency is None else power_per_photon(frequency + delta, delta, kappa, external)
    flux = None if spec.mutual_inductance is None or current is None else spec.mutual_inductance.value * current
    g0 = abs(circuit.flux_slope) * flux if circuit and flux else value(spec.single_photon_coupling, None)
    g, photons = _strength(spec, g0, per_photon)
    power = None if photons is None or per_photon is None else photons * per_photon
    return PumpedCavity(
        spec.role, kappa, external, delta, g, g0, photons, frequency,
        power=spec.pump_power.value if spec.pump_power else power,
        kerr=circuit.kerr if circuit else value(spec.kerr, None),
        screening=circuit.screening(spec.loop_inductance.value) if circuit and spec.loop_inductance else None,
        participation=circuit.participation if circuit else None,
        flux_slope=circuit.flux_slope if circuit else None,
        zero_point_flux=flux,
    )  # fmt: skip


def left_pump(spec: Cavity, before: PumpedCavity) -> dict[str, Quantity]:
    """Keys that leave a pump at the frequency and the power it had, whatever the cavity of `spec` has become."""
    circuit = _circuit(spec)
    frequency = circuit.frequency if circuit else value(spec.frequency, None)
    detuning = before.detuning
    if before.frequency is not None and frequency is not None:
        detuning += before.frequency - frequency
    kept = {"detuning": Quantity(detuning, written(detuning, FREQUENCY))}
    if before.power is not None:
        return kept | {"pump_power": Quantity(before.power, written(before.power, POWER))}
    if before.photons is not None:
        return kept | {"photon_number": Quantity(before.photons, f"{before.photons:.6g}")}
    return kept | {"coupling": Quantity(before.coupling, written(before.coupling, FREQUENCY))}


def _circuit(spec: Cavity) -> SquidCavity | None:
    if spec.capacitance is None:
        return None
    numbers = (spec.inductance, spec.squid_critical_current, spec.flux_bias, spec.squid_asymmetry)
    return SquidCavity(spec.capacitance.value, *(value(number) for number in numbers))


def _strength(spec: Cavity, g0: float | None, power_per_photon: float | None) -> tuple[float, float | None]:
    """(g, n_c) from whichever of pump power, n_c, g and g/κ is given."""
    if spec.coupling or spec.coupling_to_linewidth:
        g = value(spec.coupling) or value(spec.coupling_to_linewidth) * spec.linewidth.value
        return g, None if g0 is None else (g / g0) ** 2
    assert g0 is not None
    photons = value(spec.photon_number)
    if spec.pump_power:
        assert power_per_photon is not None
        photons = spec.pump_power.value / power_per_photon
    return g0 * math.sqrt(photons), photons
