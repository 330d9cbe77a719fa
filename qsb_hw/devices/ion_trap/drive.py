"""A transition with its light: where the tone sits, how strong it is, how it decays and kicks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from qsb_hw._typing import Complexes
from qsb_hw.devices.ion_trap.constants import HBAR, SPEED_OF_LIGHT
from qsb_hw.devices.ion_trap.motion import Motion
from qsb_hw.devices.ion_trap.spec import Drive
from qsb_hw.devices.ion_trap.species import Transition
from qsb_hw.devices.ion_trap.wells import TrappedIon
from qsb_hw.devices.tuning import level_problem, tone_detuning
from qsb_hw.errors import Problem
from qsb_hw.lindblad.operators import frozen
from qsb_hw.model.bath import Light, Tone
from qsb_hw.model.device import Device
from qsb_hw.model.instrument import Instrument
from qsb_hw.model.ladder import Ladder
from qsb_hw.spec.quantity import Quantity, value
from qsb_hw.units import FREQUENCY, TWO_PI, to_hertz, written

LARGEST_LAMB_DICKE = 1.0
"""Beyond it no sideband stands out: carrier and all sidebands are alike."""
KICKS = 5
"""Directions of the emitted photon in the quadrature over u = cosθ: exact up to (ηu)⁹, the next term of relative
weight (2η√n)¹⁰/10!, below 1e-6 for η√n ≤ 0.5 and below 1e-3 for η√n ≤ 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Sideband:
    """Everything known of one driven transition; None where the spec does not tell.

    Frequencies and rates in rad/s, lengths in m, `power` in W, `detuning` = ω_laser − ω_transition,
    `quench` = (Ω_q, Γ_f, Δ_q); `name` is that of its section in the file.
    """

    name: str
    wavelength: float
    wavenumber: float
    decay_wavelength: float
    detuning: float
    linewidth: float
    rabi_frequency: float
    lamb_dicke: float
    decay_lamb_dicke: float
    origin: str
    quench: tuple[float, float, float] | None = None
    power: float | None = None

    @property
    def coupling(self) -> float:
        """Sideband coupling g = ηΩ/2 in rad/s."""
        return self.lamb_dicke * self.rabi_frequency / 2

    @property
    def gamma(self) -> float:
        """Peak rate γ = 4g²/κ in 1/s."""
        return 4 * self.coupling**2 / self.linewidth

    @property
    def light_shift(self) -> float:
        """Ω²/4|δ| of the carrier in rad/s, by which the ground level moves."""
        return self.rabi_frequency**2 / (4 * abs(self.detuning))

    @property
    def carrier_scattering(self) -> float:
        """Photons per second scattered on the carrier, κ(Ω/2δ)²."""
        return self.linewidth * (self.rabi_frequency / (2 * self.detuning)) ** 2

    @property
    def carrier_heating(self) -> float:
        """Quanta per second from scattering on the carrier: (η² + η_d²/3) a photon, absorbed and emitted."""
        return self.carrier_scattering * (self.lamb_dicke**2 + self.decay_lamb_dicke**2 / 3)

    @property
    def instrument(self) -> Instrument:
        """What is set for its laser: δ from the carrier, and Ω, or the power of a beam of known waist."""
        return Instrument(
            section=self.name,
            mode=f"{self.name} transition",
            detuning=self.detuning,
            linewidth=self.linewidth,
            wavelength=self.wavelength,
            strength=float(to_hertz(self.rabi_frequency)),
            strength_name="Rabi frequency Ω/2π",
            strength_unit="Hz",
            power=self.power,
        )

    def tone(self, motion: Motion, levels: int) -> Tone:
        """As a bath has it, on the lowest `levels` levels."""
        displacement = motion.displacement(self.wavenumber)[:levels, :levels]
        light = Light(displacement, self.lamb_dicke, recoil_kicks(motion, TWO_PI / self.decay_wavelength, levels))
        return Tone.sideband(self.detuning, self.linewidth, self.rabi_frequency, light, self.name == "cooling")


@lru_cache(maxsize=32)
def recoil_kicks(motion: Motion, wavenumber: float, levels: int, directions: int = KICKS) -> tuple[Complexes, ...]:
    """Kraus operators of the kick by a photon (k in 1/m) emitted into all directions alike, each (levels, levels).

    √w_i ⟨m|exp(ik u_i x)|n⟩ with the nodes u_i = cosθ_i of Gauss and Legendre and weights that sum to one:
    Σ A_i†A_i = 1 as far as the levels are complete, and ⟨u²⟩ = 1/3.
    """
    nodes, weights = np.polynomial.legendre.leggauss(directions)
    forth = {u: motion.displacement(wavenumber * u)[:levels, :levels] for u in nodes if u >= 0}
    return tuple(
        frozen(math.sqrt(w / 2) * (forth[u] if u >= 0 else forth[-u].conj()))  # states are real, nodes symmetric
        for u, w in zip(nodes, weights, strict=True)
    )


def quenched_linewidth(rabi: float, linewidth: float, detuning: float = 0.0) -> float:
    """κ = Ω_q²Γ_f/(Γ_f² + 4Δ_q²) of a level that a weak laser couples to a fast one; all in rad/s, Ω_q ≪ Γ_f."""
    return rabi**2 * linewidth / (linewidth**2 + 4 * detuning**2)


def beam_power(rabi: float, line: Transition, waist: float) -> float:
    """Power in W of a Gaussian beam that drives `line` with Ω (rad/s) at its centre, waist in m.

    s = 2Ω²/A² = I/I_sat with I_sat = πhcA/3λ³, for the strongest Zeeman component and the best polarisation;
    P = πw²I/2.
    """
    saturation = TWO_PI * math.pi * HBAR * SPEED_OF_LIGHT * line.linewidth / (3 * line.wavelength**3)
    return math.pi * waist**2 / 2 * saturation * 2 * rabi**2 / line.linewidth**2


def sideband_problems(spec: Drive, found: Sideband, ladder: Ladder) -> Iterator[Problem]:
    """Find what shows only with the levels at hand: n± off the ladder, a Lamb–Dicke parameter above one."""
    if off := level_problem(spec.level, found.name, ladder):
        yield off
    own = "transition" if spec.transition else "wavelength"
    parameters = [
        ("projection" if spec.projection else own, found.lamb_dicke),
        ("decay_wavelength" if spec.decay_wavelength else own, found.decay_lamb_dicke),
    ]
    for key, eta in parameters:
        if eta > LARGEST_LAMB_DICKE:
            message = (
                f"must give a Lamb–Dicke parameter η = k⟨1|x|0⟩ of at most {LARGEST_LAMB_DICKE:g}, or no sideband "
                f"stands out, but found η = {eta:.3g}. Stiffen the well or use longer waves."
            )
            yield Problem(f"$.{found.name}.{key}", message)


def sideband(spec: Drive, section: str, ion: TrappedIon, ladder: Ladder, target: int) -> Sideband:
    """Set the light on a transition, described in a section of the file.

    Where the spec leaves it open the tone is tuned to `ladder`, the levels with the neighbours' shift in
    them: the red sideband of n0 ↔ n0 + 1 for damping, the blue one of n0 − 1 ↔ n0 for amplification.
    """
    line = ion.species.transition(spec.transition) if spec.transition else None
    wavelength = line.wavelength if line else value(spec.wavelength)
    wavenumber = value(spec.projection, 1.0) * TWO_PI / wavelength
    eta = wavenumber * ion.lamb_dicke_length
    kappa, quench, origin = _linewidth(spec, line, ion)
    rabi = _rabi_frequency(spec, kappa, eta)
    decay = TWO_PI / value(spec.decay_wavelength, wavelength)
    return Sideband(
        section, wavelength, wavenumber, TWO_PI / decay,
        detuning=tone_detuning(spec.detuning, spec.level, spec.role, ladder, target),
        linewidth=kappa,
        rabi_frequency=rabi,
        lamb_dicke=eta,
        decay_lamb_dicke=decay * ion.lamb_dicke_length,
        origin=origin,
        quench=quench,
        power=beam_power(rabi, line, spec.beam_waist.value) if line and spec.beam_waist else None,
    )  # fmt: skip


def left_tones(spec: Any, before: Device) -> dict[str, dict[str, Quantity]]:
    """Keys by section that leave the light on `before` as it is, on an ion, or a node, of another spec.

    Its frequency and power stay: δ, because the well does not move the transition, and Ω, which falls as 1/w where the
    beam is widened. g = ηΩ/2 follows the well through η.
    """
    names = [name for name in ("damping", "amplification", "cooling") if getattr(before.spec, name)]
    found = {}
    for name, tone in zip(names, before.complete.baths[0].tones, strict=True):
        own, drive = getattr(before.spec, name), getattr(spec, name)
        if drive is None or tone.light is None:
            continue
        rabi = 2 * tone.coupling / tone.light.lamb_dicke
        if own.beam_waist and drive.beam_waist:
            rabi *= own.beam_waist.value / drive.beam_waist.value
        numbers = {"detuning": tone.detuning, "rabi_frequency": rabi}
        found[name] = {key: Quantity(number, written(number, FREQUENCY)) for key, number in numbers.items()}
    return found


def _linewidth(
    spec: Drive, line: Transition | None, ion: TrappedIon
) -> tuple[float, tuple[float, float, float] | None, str]:
    """κ in rad/s, the quench it comes from, and how to say so."""
    if spec.linewidth:
        return spec.linewidth.value, None, "as given"
    if spec.quench_rabi_frequency:
        quench = (spec.quench_rabi_frequency.value, value(spec.quench_linewidth), value(spec.quench_detuning))
        return quenched_linewidth(*quench), quench, "quenched: Ω_q²Γ_f/(Γ_f² + 4Δ_q²)"
    assert line
    return ion.species.natural_linewidth(line.upper), None, f"natural width of {line.upper}"


def _rabi_frequency(spec: Drive, kappa: float, eta: float) -> float:
    if spec.rabi_frequency:
        return spec.rabi_frequency.value
    return 2 * (value(spec.coupling) or value(spec.coupling_to_linewidth) * kappa) / eta
