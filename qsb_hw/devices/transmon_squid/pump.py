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
from qsb_hw.model.ladder import Ladder
from qsb_hw.units import show_frequency

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


def pump_problems(spec: Cavity, role: Role, oscillator: Anharmonic, target: int) -> Iterator[Problem]:
    """Find what shows only with the ladder at hand: n± off the ladder, a pump below zero frequency."""
    if off := level_problem(spec.level, role.value, oscillator.ladder):
        yield off
        return
    detuning = pump_detuning(spec, role, oscillator.ladder, target)
    frequency = _frequency(spec, _circuit(spec))
    if frequency is not None and frequency + detuning <= 0:
        key = ".frequency" if spec.frequency else ""
        message = (
            f"must lie above |δ| = {show_frequency(abs(detuning))} so that there is a pump at ω_c + δ, "
            f"but found ω_c/2π = {show_frequency(frequency)}. Raise ω_c."
        )
        yield Problem(f"$.{role.value}{key}", message)


def pumped_cavity(spec: Cavity, role: Role, oscillator: Anharmonic, target: int) -> PumpedCavity:
    """Set the pump of a cavity.

    Where the spec leaves it open the tone is tuned to the real ladder, δ₋ = −(E_{n0+1} − E_{n0}) for
    damping and δ₊ = E_{n0} − E_{n0−1} for amplification, and the photon number and power follow from g.
    """
    circuit, kappa = _circuit(spec), spec.linewidth.value
    delta, frequency = pump_detuning(spec, role, oscillator.ladder, target), _frequency(spec, circuit)
    external = (spec.external_linewidth or spec.linewidth).value
    per_photon = None if frequency is None else power_per_photon(frequency + delta, delta, kappa, external)
    flux = _zero_point_flux(spec, oscillator)
    g0 = spec.single_photon_coupling.value if spec.single_photon_coupling else None
    g0 = abs(circuit.flux_slope) * flux if circuit and flux else g0
    g, photons = _strength(spec, g0, per_photon)
    power = None if photons is None or per_photon is None else photons * per_photon
    return PumpedCavity(
        role, kappa, external, delta, g, g0, photons, frequency,
        power=spec.pump_power.value if spec.pump_power else power,
        kerr=circuit.kerr if circuit else (spec.kerr.value if spec.kerr else None),
        screening=circuit.screening(spec.loop_inductance.value) if circuit and spec.loop_inductance else None,
        participation=circuit.participation if circuit else None,
        flux_slope=circuit.flux_slope if circuit else None,
        zero_point_flux=flux,
    )  # fmt: skip


def pump_detuning(spec: Cavity, role: Role, ladder: Ladder, target: int) -> float:
    """δ in rad/s: as given, at the ladder position n± (linear between transitions), or tuned to n0."""
    return tone_detuning(spec.detuning, spec.level, role, ladder, target)


def _circuit(spec: Cavity) -> SquidCavity | None:
    if not (spec.capacitance and spec.inductance and spec.squid_critical_current and spec.flux_bias):
        return None
    return SquidCavity(
        spec.capacitance.value,
        spec.inductance.value,
        spec.squid_critical_current.value,
        spec.flux_bias.value,
        spec.squid_asymmetry.value if spec.squid_asymmetry else 0.0,
    )


def _frequency(spec: Cavity, circuit: SquidCavity | None) -> float | None:
    if circuit:
        return circuit.frequency
    return spec.frequency.value if spec.frequency else None


def _zero_point_flux(spec: Cavity, oscillator: Anharmonic) -> float | None:
    if spec.mutual_inductance is None or oscillator.zero_point_current is None:
        return None
    return spec.mutual_inductance.value * oscillator.zero_point_current


def _strength(spec: Cavity, g0: float | None, power_per_photon: float | None) -> tuple[float, float | None]:
    """(g, n_c) from whichever of pump power, n_c, g and g/κ is given."""
    if spec.coupling or spec.coupling_to_linewidth:
        g = spec.coupling.value if spec.coupling else 0.0
        g = spec.coupling_to_linewidth.value * spec.linewidth.value if spec.coupling_to_linewidth else g
        return g, None if g0 is None else (g / g0) ** 2
    assert g0 is not None
    if spec.photon_number:
        photons = spec.photon_number.value
    else:
        assert spec.pump_power is not None
        assert power_per_photon is not None
        photons = spec.pump_power.value / power_per_photon
    return g0 * math.sqrt(photons), photons
