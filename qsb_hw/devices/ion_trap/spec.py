"""Device file of the ion-trap platform."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from qsb_hw.devices.ion_trap import rules
from qsb_hw.devices.tuning import tone_side
from qsb_hw.model.bath import Role
from qsb_hw.spec.base import DeviceSpec, Given, Line, Section, one_of
from qsb_hw.spec.conditions import Conditions, LadderLevels, Target
from qsb_hw.spec.mistakes import Mistake
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


class Ion(Section):
    """The ion and what disturbs its motion."""

    species: Line = Field(description="isotope and charge, as in the species table", examples=["9Be+"])
    heating_rate: Rate | None = Field(
        None,
        description="ṅ in quanta per second out of the ground state; an event rate, no 2π, so in 1/s and never in Hz",
        examples=["5 1/s"],
    )
    electric_field_noise: FieldNoise | None = Field(
        None, description="S_E instead of ṅ, single-sided, at noise_frequency; ṅ = e²S_E(ω)/4mħω"
    )
    noise_frequency: PositiveFrequency | None = Field(
        None, description="ω/2π, cyclic, at which S_E was measured; the ion's own unless given", examples=["1 MHz"]
    )
    noise_exponent: NoiseExponent | None = Field(
        None, description="α of S_E ∝ ω^−α; 1 unless given, and of use only with noise_frequency", examples=[1]
    )
    motional_coherence_time: Time | None = Field(
        None, description="Tφ of the motion, heating not included; no dephasing unless given", examples=["10 ms"]
    )
    frequency_noise: FrequencyNoise | None = Field(
        None,
        description="A/2π, cyclic, of the 1/f noise of ω (stray fields, intensity), S = A²/f (one-sided), √S at 1 Hz; "
        "not part of the coherence time; not in the budget unless given",
        examples=["1 Hz"],
    )
    levels: LadderLevels | None = Field(
        None, description="motional levels kept; as many of the bound ones as the populations need unless given"
    )

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """A species that is in the table; heating one way."""
        yield from rules.species_rules(given)
        yield from one_of(given, "heating_rate", "electric_field_noise")
        yield from rules.noise_rules(given)


class Well(Section):
    """The well the ion sits in."""

    kind: Literal["lattice", "tweezer", "electrodes", "polynomial", "double_well", "table"] = Field(
        description="which form the well has; it decides which of the other keys there are", examples=["lattice"]
    )
    wavelength: Wavelength | None = Field(
        None,
        description="lattice: λ of the light in vacuum; V = U sin²(2πx/λ), wells λ/2 apart",
        examples=["532 nm"],
    )
    depth: Energy | None = Field(
        None, description="lattice, tweezer: U as an energy, a temperature (U/k_B) or a frequency (U/h)",
        examples=["4 mK"],
    )  # fmt: skip
    depth_in_recoils: PositiveNumber | None = Field(
        None, description="lattice: U/E_R instead, with E_R = h²/2mλ²", examples=[1000]
    )
    waist: Length | None = Field(None, description="tweezer: 1/e² radius of the intensity", examples=["1 um"])
    frequency: PositiveFrequency | None = Field(
        None, description="electrodes, polynomial: ω/2π of small oscillations, cyclic", examples=["4 MHz"]
    )
    distance: Length | None = Field(None, description="electrodes: ion to electrode", examples=["40 um"])
    anharmonicity: Literal["softening", "hardening"] | None = Field(
        None, description="electrodes: sign of c4 = ∓c2/d²; softening, which makes K > 0, unless given"
    )
    cubic: Cubic | None = Field(None, description="polynomial: c3 of c3x³; none unless given")
    quartic: Quartic | None = Field(
        None, description="polynomial: c4 of c4x⁴, none unless given; double_well: b of −ax² + bx⁴"
    )
    quadratic: Curvature | None = Field(
        None, description="double_well: a of −ax² + bx⁴; 0, the quartic point, unless given"
    )
    file: Line | None = Field(
        None, description='table: CSV with a header like "x [um], V [meV]", beside the device file',
        examples=["well.csv"],
    )  # fmt: skip

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """Exactly the keys of its kind."""
        yield from rules.kind_rules(cls, given)


class Drive(Section):
    """An internal transition, the light that drives it on a motional sideband, and its decay."""

    role: ClassVar[Role]
    transition: Line | None = Field(
        None, description="line of the species table, driven by one beam", examples=["S1/2-D5/2"]
    )
    wavelength: Wavelength | None = Field(
        None, description="instead of a line: λ of the light in vacuum (each beam of a Raman pair)", examples=["313 nm"]
    )
    projection: Projection | None = Field(
        None,
        description="|k_eff·x̂|λ/2π, along the motion: 1, unless given, for a beam along it, √2 for a "
        "Raman pair at right angles, 2 for counter-propagating beams",
    )
    linewidth: PositiveFrequency | None = Field(
        None,
        description="κ/2π, cyclic: effective full width, the energy decay rate of the excited level; from the quench "
        "laser where one is given, else the line's own natural width",
        examples=["10 kHz"],
    )
    quench_rabi_frequency: PositiveFrequency | None = Field(
        None, description="Ω_q/2π, cyclic, of the quench laser: κ = Ω_q²Γ_f/(Γ_f² + 4Δ_q²)", examples=["200 kHz"]
    )
    quench_linewidth: PositiveFrequency | None = Field(
        None, description="Γ_f/2π, cyclic: of the fast level the quench laser leads to", examples=["24 MHz"]
    )
    quench_detuning: Frequency | None = Field(
        None, description="Δ_q/2π, cyclic, of the quench laser; on resonance unless given", examples=["0 MHz"]
    )
    decay_wavelength: Wavelength | None = Field(
        None,
        description="λ of the photon emitted at the end, for its recoil; the transition's own unless given",
        examples=["393 nm"],
    )
    rabi_frequency: PositiveFrequency | None = Field(
        None, description="strength: Ω/2π of the carrier of an ion at rest, cyclic", examples=["5 kHz"]
    )
    coupling: PositiveFrequency | None = Field(
        None, description="strength: g/2π = ηΩ/4π of the sideband, cyclic", examples=["700 Hz"]
    )
    coupling_to_linewidth: PositiveNumber | None = Field(
        None, description="strength: g/κ; Ω and the laser power follow", examples=[0.07]
    )
    detuning: Frequency | None = Field(
        None,
        description="δ/2π = (ω_laser − ω_transition)/2π, cyclic; negative damps, positive amplifies",
        examples=["-4.9 MHz"],
    )
    level: PositiveNumber | None = Field(
        None,
        description="n± instead of δ, the ladder transition n−1 ↔ n it addresses (need not be whole); "
        "tuned to the real ladder unless either is given: damping n0 + 1, amplification n0",
        examples=[2],
    )
    beam_waist: Length | None = Field(
        None, description="1/e² radius of the beam at the ion, for its power; with transition", examples=["20 um"]
    )

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

    count: SiteCount | None = Field(None, description="how many wells: 2, the ion's and its twin's", examples=[2])
    separation: Length | None = Field(
        None, description="between the ions; V follows from the Coulomb force", examples=["40 um"]
    )
    direction: Literal["axial", "transverse"] | None = Field(
        None, description="of the motion against the line of the wells; axial unless given"
    )
    coupling: Frequency | None = Field(
        None,
        description="V/2π between the two instead, cyclic, as measured, with its sign",
        examples=["100 Hz"],
    )

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
    cooling: IonCooling | None = Field(
        None, description="a further transition that cools the levels far above n0; none unless given"
    )
    pair: IonPair | None = Field(None, description="the ion and its twin; a single one unless given")
    conditions: Conditions | None = Field(None, description="how it is computed and used; chosen unless given")

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """Lines that the species has."""
        yield from rules.transition_rules(given)
