"""Device file of the ion-trap platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from qsb_hw.devices.ion_trap import rules
from qsb_hw.devices.tuning import tone_side
from qsb_hw.model.bath import Role
from qsb_hw.spec.base import DeviceSpec, Given, Line, Section, one_of, one_replaces, optional
from qsb_hw.spec.conditions import Conditions, LadderLevels, Target
from qsb_hw.spec.mistakes import Mistake
from qsb_hw.spec.protocol import ProtocolSection
from qsb_hw.spec.quantity import (
    POSITIVE,
    Cubic,
    Curvature,
    Energy,
    FieldNoise,
    Frequency,
    FrequencyNoise,
    Length,
    PositiveFrequency,
    PositiveNumber,
    Projection,
    Quantity,
    Quartic,
    Range,
    Rate,
    Reads,
    SiteCount,
    Time,
)
from qsb_hw.units import LENGTH, NUMBER

NoiseExponent = Annotated[Quantity, Reads(NUMBER, Range("between −10 and 10", -10.0, 10.0), written="1")]


Wavelength = Annotated[Quantity, Reads(LENGTH, POSITIVE, written="532 nm", sizes=(1e-9, 1e-2))]


QUENCH = ("quench_rabi_frequency", "quench_linewidth", "quench_detuning")


class Ion(Section):
    """The ion and what disturbs its motion."""

    replaces: ClassVar = {
        "heating_rate": ("electric_field_noise", "noise_frequency", "noise_exponent"),
        "electric_field_noise": ("heating_rate",),
    }

    species: Line = Field(description="isotope and charge, as in the species table", examples=["9Be+"])
    heating_rate: Rate | None = optional(
        "ṅ in quanta per second out of the ground state; an event rate, no 2π, so in 1/s and never in Hz", "5 1/s"
    )
    electric_field_noise: FieldNoise | None = optional(
        "S_E instead of ṅ, single-sided, at noise_frequency; ṅ = e²S_E(ω)/4mħω"
    )
    noise_frequency: PositiveFrequency | None = optional(
        "ω/2π, cyclic, at which S_E was measured; the ion's own unless given", "1 MHz"
    )
    noise_exponent: NoiseExponent | None = optional(
        "α of S_E ∝ ω^−α; 1 unless given, and of use only with noise_frequency", 1
    )
    motional_coherence_time: Time | None = optional(
        "Tφ of the motion, heating not included; no dephasing unless given", "10 ms"
    )
    frequency_noise: FrequencyNoise | None = optional(
        "A/2π, cyclic, of the 1/f noise of ω (stray fields, intensity), S = A²/f (one-sided), √S at 1 Hz; not part of"
        " the coherence time; not in the budget unless given",
        "1 Hz",
    )
    levels: LadderLevels | None = optional(
        "motional levels kept; as many of the bound ones as the populations need unless given"
    )

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """A species that is in the table; heating one way."""
        yield from rules.species_rules(given)
        yield from one_of(given, "heating_rate", "electric_field_noise")
        yield from rules.noise_rules(given)


class Well(Section):
    """The well the ion sits in."""

    replaces: ClassVar = one_replaces("depth", "depth_in_recoils")

    kind: Literal["lattice", "tweezer", "electrodes", "polynomial", "double_well", "table"] = Field(
        description="which form the well has; it decides which of the other keys there are", examples=["lattice"]
    )
    wavelength: Wavelength | None = optional(
        "lattice: λ of the light in vacuum; V = U sin²(2πx/λ), wells λ/2 apart", "532 nm"
    )
    depth: Energy | None = optional(
        "lattice, tweezer: U as an energy, a temperature (U/k_B) or a frequency (U/h)", "4 mK"
    )
    depth_in_recoils: PositiveNumber | None = optional("lattice: U/E_R instead, with E_R = h²/2mλ²", 1000)
    waist: Length | None = optional("tweezer: 1/e² radius of the intensity", "1 um")
    frequency: PositiveFrequency | None = optional(
        "electrodes, polynomial: ω/2π of small oscillations, cyclic", "4 MHz"
    )
    distance: Length | None = optional("electrodes: ion to electrode", "40 um")
    anharmonicity: Literal["softening", "hardening"] | None = optional(
        "electrodes: sign of c4 = ∓c2/d²; softening, which makes K > 0, unless given"
    )
    cubic: Cubic | None = optional("polynomial: c3 of c3x³; none unless given")
    quartic: Quartic | None = optional("polynomial: c4 of c4x⁴, none unless given; double_well: b of −ax² + bx⁴")
    quadratic: Curvature | None = optional("double_well: a of −ax² + bx⁴; 0, the quartic point, unless given")
    file: Line | None = optional('table: CSV with a header like "x [um], V [meV]", beside the device file', "well.csv")

    @classmethod
    def merged(cls, own: Mapping[str, Any], inherited: Mapping[str, Any]) -> dict[str, Any]:
        """A well of another kind inherits nothing."""
        same = own.get("kind", inherited.get("kind")) == inherited.get("kind")
        return super().merged(own, inherited) if same else dict(own)

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """Exactly the keys of its kind."""
        yield from rules.kind_rules(cls, given)


class Drive(Section):
    """An internal transition, the light that drives it on a motional sideband, and its decay."""

    role: ClassVar[Role]
    replaces: ClassVar = {
        "transition": ("wavelength",),
        "wavelength": ("transition", "beam_waist"),
        "linewidth": QUENCH,
        **dict.fromkeys(QUENCH, ("linewidth",)),
        **one_replaces("rabi_frequency", "coupling", "coupling_to_linewidth"),
        **one_replaces("detuning", "level"),
    }

    transition: Line | None = optional("line of the species table, driven by one beam", "S1/2-D5/2")
    wavelength: Wavelength | None = optional(
        "instead of a line: λ of the light in vacuum (each beam of a Raman pair)", "313 nm"
    )
    projection: Projection | None = optional(
        "|k_eff·x̂|λ/2π, along the motion: 1, unless given, for a beam along it, √2 for a Raman pair at right angles,"
        " 2 for counter-propagating beams",
    )
    linewidth: PositiveFrequency | None = optional(
        "κ/2π, cyclic: effective full width, the energy decay rate of the excited level; from the quench laser where "
        "one is given, else the line's own natural width",
        "10 kHz",
    )
    quench_rabi_frequency: PositiveFrequency | None = optional(
        "Ω_q/2π, cyclic, of the quench laser: κ = Ω_q²Γ_f/(Γ_f² + 4Δ_q²)", "200 kHz"
    )
    quench_linewidth: PositiveFrequency | None = optional(
        "Γ_f/2π, cyclic: of the fast level the quench laser leads to", "24 MHz"
    )
    quench_detuning: Frequency | None = optional(
        "Δ_q/2π, cyclic, of the quench laser; on resonance unless given", "0 MHz"
    )
    decay_wavelength: Wavelength | None = optional(
        "λ of the photon emitted at the end, for its recoil; the transition's own unless given", "393 nm"
    )
    rabi_frequency: PositiveFrequency | None = optional(
        "strength: Ω/2π of the carrier of an ion at rest, cyclic", "5 kHz"
    )
    coupling: PositiveFrequency | None = optional("strength: g/2π = ηΩ/4π of the sideband, cyclic", "700 Hz")
    coupling_to_linewidth: PositiveNumber | None = optional("strength: g/κ; Ω and the laser power follow", 0.07)
    detuning: Frequency | None = optional(
        "δ/2π = (ω_laser − ω_transition)/2π, cyclic; negative damps, positive amplifies", "-4.9 MHz"
    )
    level: PositiveNumber | None = optional(
        "n± instead of δ, the ladder transition n−1 ↔ n it addresses (need not be whole); tuned to the real ladder "
        "unless either is given: damping n0 + 1, amplification n0",
        2,
    )
    beam_waist: Length | None = optional("1/e² radius of the beam at the ion, for its power; with transition", "20 um")

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """One transition, one width, one strength, one placement on the right side."""
        yield from one_of(given, "transition", "wavelength")
        yield from one_of(given, "rabi_frequency", "coupling", "coupling_to_linewidth")
        yield from one_of(given, "detuning", "level", needed=False)
        yield from rules.width_rules(cls, given)
        yield from rules.beam_rules(given)
        yield from tone_side(given, cls.role, "4.9 MHz")


class IonDamping(Drive):
    """The transition that is driven on the red sideband, δ < 0."""

    role: ClassVar[Role] = Role.DAMPING


class IonAmplification(Drive):
    """The transition that is driven on the blue sideband, δ > 0."""

    role: ClassVar[Role] = Role.AMPLIFICATION


class IonCooling(IonDamping):
    """A broad red sideband that cools levels far above n0, which the narrow tones reach too weakly."""

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """As `IonDamping`, and one placement."""
        yield from super().rules(given)
        if not given.among("detuning", "level"):
            yield from one_of(given, "detuning", "level")


class IonPair(Section):
    """Two such ions, each in a well of its own."""

    count: SiteCount | None = optional("how many wells: 2, the ion's and its twin's", 2)
    separation: Length | None = optional("between the ions; V follows from the Coulomb force", "40 um")
    direction: Literal["axial", "transverse"] | None = optional(
        "of the motion against the line of the wells; axial unless given"
    )
    coupling: Frequency | None = optional("V/2π between the two instead, cyclic, as measured, with its sign", "100 Hz")

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """Exactly one way to couple."""
        yield from one_of(given, "separation", "coupling")
        yield from rules.direction_rules(given)


class IonTrapSpec(DeviceSpec):
    """An ion in an anharmonic well, two of its transitions driven on motional sidebands."""

    platform: Literal["ion_trap"] = Field(description="tag of the platform")
    ion: Ion = Field(description="the ion and what disturbs its motion")
    potential: Well = Field(description="the well the ion sits in")
    target: Target = Field(description="the state to stabilise")
    damping: IonDamping = Field(description="the transition driven on the red sideband")
    amplification: IonAmplification = Field(description="the transition driven on the blue sideband")
    cooling: IonCooling | None = optional("a further transition that cools the levels far above n0; none unless given")
    pair: IonPair | None = optional("the ion and its twin; a single one unless given")
    conditions: Conditions | None = optional("how it is computed and used; chosen unless given")
    protocol: ProtocolSection | None = optional("what `evolve` turns on when; pumps, then the coupling, unless given")

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """Lines that the species has."""
        yield from rules.transition_rules(given)
