"""Device file of the transmon–SQUID-cavity platform."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from qsb_hw.devices.transmon_squid import rules
from qsb_hw.devices.tuning import tone_side
from qsb_hw.model.bath import Role
from qsb_hw.spec.base import DeviceSpec, Given, Section, needs, one_of, one_replaces, optional
from qsb_hw.spec.conditions import Conditions, Target
from qsb_hw.spec.mistakes import Mistake
from qsb_hw.spec.protocol import ProtocolSection
from qsb_hw.spec.quantity import (
    Asymmetry,
    Capacitance,
    Current,
    Flux,
    FluxNoise,
    Frequency,
    FrequencyNoise,
    Inductance,
    PositiveFrequency,
    PositiveNumber,
    Power,
    Quantity,
    Range,
    Reads,
    SignedCapacitance,
    SiteCount,
    Temperature,
    Time,
)
from qsb_hw.units import NUMBER

OffsetCharge = Annotated[Quantity, Reads(NUMBER, Range("between −1000 and 1000", -1e3, 1e3), written="0.25")]


CIRCUIT = (
    "josephson_energy", "critical_current", "charging_energy", "capacitance",
    "junction_asymmetry", "flux_bias", "offset_charge", "flux_noise",
)  # fmt: skip
MEASURED = ("frequency", "anharmonicity", "transition_frequencies", "zero_point_current")
CAVITY_CIRCUIT = (
    "capacitance", "inductance", "squid_critical_current", "squid_asymmetry",
    "flux_bias", "mutual_inductance", "loop_inductance", "flux_noise",
)  # fmt: skip
CAVITY_MEASURED = ("frequency", "single_photon_coupling", "kerr", "frequency_noise")
STRENGTH = ("pump_power", "photon_number", "coupling", "coupling_to_linewidth")


class Oscillator(Section):
    """The anharmonic mode, from its circuit or as measured, with its losses."""

    replaces: ClassVar = {
        "josephson_energy": ("critical_current", *MEASURED),
        "critical_current": ("josephson_energy", *MEASURED),
        "charging_energy": ("capacitance", *MEASURED),
        "capacitance": ("charging_energy", *MEASURED),
        "frequency": ("transition_frequencies", *CIRCUIT),
        "anharmonicity": ("transition_frequencies", *CIRCUIT),
        "transition_frequencies": ("frequency", "anharmonicity", *CIRCUIT),
        **one_replaces("t2", "t_phi"),
    }
    circuit_keys: ClassVar[tuple[str, ...]] = CIRCUIT
    charged: ClassVar[bool] = True
    """Whether a circuit must give its E_C."""

    josephson_energy: PositiveFrequency | None = optional(
        "circuit: E_J/h, cyclic; of a split junction the sum", "14 GHz"
    )
    critical_current: Current | None = optional("circuit: I_c instead of E_J; of a split junction the sum", "28 nA")
    charging_energy: PositiveFrequency | None = optional(
        "circuit: E_C/h = e²/2C/h, cyclic, coupling capacitors included"
    )
    capacitance: Capacitance | None = optional(
        "circuit: total C of the island instead of E_C, coupling capacitors included"
    )
    junction_asymmetry: Asymmetry | None = optional(
        "circuit: d = (E_J1 − E_J2)/(E_J1 + E_J2) of a split junction; 0 unless given"
    )
    flux_bias: Flux | None = optional("circuit: flux through a split junction's loop; none unless given")
    offset_charge: OffsetCharge | None = optional(
        "circuit: n_g in Cooper pairs; 0.25 unless given, where transitions have their mean"
    )
    frequency: PositiveFrequency | None = optional("measured: ω01/2π, cyclic", "5.2 GHz")
    anharmonicity: Frequency | None = optional(
        "measured: α/2π = (ω12 − ω01)/2π = −2K/2π, cyclic; negative for a transmon", "-250 MHz"
    )
    transition_frequencies: Annotated[list[PositiveFrequency], Field(min_length=2)] | None = optional(
        "measured: ω01/2π, ω12/2π, … instead of frequency and anharmonicity; no level beyond", ["5.2 GHz", "4.95 GHz"]
    )
    zero_point_current: Current | None = optional(
        "measured: ⟨0|I|1⟩, needed where g0 is to follow from a mutual inductance", "12 nA"
    )
    t1: Time = Field(description="energy relaxation time of level 1")
    t2: Time | None = optional("coherence time of level 1; 1/Tφ = 1/T2 − 1/(2 T1)", "40 us")
    t_phi: Time | None = optional("pure dephasing time Tφ instead of T2; no dephasing unless either is given")
    temperature: Temperature = Field(description="temperature of the environment T1 couples to")
    flux_noise: FluxNoise | None = optional(
        "circuit: A of the 1/f flux noise S = A²/f (one-sided) in a split junction's loop, √S at 1 Hz; not part of "
        "Tφ; not in the budget unless given",
        "1e-6 Phi_0",
    )
    frequency_noise: FrequencyNoise | None = optional(
        "A/2π, cyclic, of any other 1/f noise of ω01, S = A²/f (one-sided), √S at 1 Hz; not part of Tφ; not in the "
        "budget unless given",
        "100 Hz",
    )

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """Exactly one way, complete; T2 ≤ 2 T1; a junction that conducts; E_J/E_C within reach."""
        circuit, measured = given.among(*cls.circuit_keys), given.among(*MEASURED)
        ways = ("josephson_energy and charging_energy", "frequency and anharmonicity")
        yield from rules.one_way(circuit, measured, *ways)
        if circuit and not measured:
            yield from one_of(given, "josephson_energy", "critical_current")
            yield from one_of(given, "charging_energy", "capacitance", needed=cls.charged)
            yield from needs(cls, given, *(["flux_bias"] if "flux_noise" in circuit else []))
            yield from rules.transmon_rules(given)
        if measured and not circuit:
            yield from rules.measured_rules(cls, given)
        yield from rules.coherence_rules(given)


class Cavity(Section):
    """An auxiliary lossy cavity with a SQUID in it, and its pump."""

    replaces: ClassVar = {
        "capacitance": CAVITY_MEASURED,
        "squid_critical_current": CAVITY_MEASURED,
        "single_photon_coupling": CAVITY_CIRCUIT,
        "frequency": CAVITY_CIRCUIT,
        **one_replaces(*STRENGTH),
        **one_replaces("detuning", "level"),
    }
    role: ClassVar[Role]

    linewidth: PositiveFrequency = Field(
        description="κ/2π, cyclic: the full width at half maximum, energy decay rate", examples=["20 MHz"]
    )
    external_linewidth: PositiveFrequency | None = optional(
        "κ_ext/2π, cyclic: the part that goes to the pump line; all of κ unless given"
    )
    capacitance: Capacitance | None = optional("circuit: C", "500 fF")
    inductance: Inductance | None = optional("circuit: L in series with the SQUID", "500 pH")
    squid_critical_current: Current | None = optional("circuit: I_c at zero flux, the sum of both junctions", "8 uA")
    squid_asymmetry: Asymmetry | None = optional("circuit: d = (I_1 − I_2)/(I_1 + I_2); 0 unless given")
    flux_bias: Flux | None = optional("circuit: flux through the SQUID")
    mutual_inductance: Inductance | None = optional(
        "circuit: M, mutual or shared, between the oscillator's current and the SQUID loop", "15 pH"
    )
    loop_inductance: Inductance | None = optional("circuit: of the SQUID loop, for the screening parameter β_L")
    flux_noise: FluxNoise | None = optional(
        "circuit: A of the 1/f flux noise S = A²/f (one-sided) in the SQUID, √S at 1 Hz; not in the budget unless "
        "given",
        "1e-6 Phi_0",
    )
    frequency: PositiveFrequency | None = optional("measured: ω_c/2π at the working point, cyclic", "8.5 GHz")
    single_photon_coupling: PositiveFrequency | None = optional(
        "measured: g0/2π, cyclic, of g0 c†c (a + a†)", "300 kHz"
    )
    frequency_noise: FrequencyNoise | None = optional(
        "measured: A/2π, cyclic, of the 1/f noise of ω_c, S = A²/f (one-sided), √S at 1 Hz; not in the budget unless "
        "given",
        "1 kHz",
    )
    kerr: Frequency | None = optional("measured: self-Kerr K_c/2π, cyclic, of −K_c c†²c²", "30 kHz")
    detuning: Frequency | None = optional(
        "pump: δ/2π = (ω_pump − ω_c)/2π, cyclic; negative damps, positive amplifies", "-4.9 GHz"
    )
    level: PositiveNumber | None = optional(
        "pump: n± instead of δ, the ladder transition n−1 ↔ n it addresses (need not be whole); tuned to the real "
        "ladder unless either is given: damping n0 + 1, amplification n0",
        2,
    )
    pump_power: Power | None = optional("pump: power at the chip")
    photon_number: PositiveNumber | None = optional("pump: n_c in the cavity", 20)
    coupling: PositiveFrequency | None = optional("pump: g/2π = g0 √n_c/2π, cyclic", "1.4 MHz")
    coupling_to_linewidth: PositiveNumber | None = optional("pump: g/κ; n_c and the pump power follow", 0.07)

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """Exactly one way, complete; one pump placement on the right side, one pump strength; κ_ext ≤ κ."""
        circuit, measured = given.among(*CAVITY_CIRCUIT), given.among(*CAVITY_MEASURED)
        strength = given.among(*STRENGTH)
        yield from one_of(given, *STRENGTH)
        yield from one_of(given, "detuning", "level", needed=False)
        if circuit:
            yield from rules.one_way(circuit, measured)
        if circuit and not measured:
            yield from needs(cls, given, "capacitance", "inductance", "squid_critical_current")
            yield from needs(cls, given, "flux_bias", "mutual_inductance")
            yield from rules.squid_rules(given)
        if not circuit and set(strength) & {"pump_power", "photon_number"}:
            yield from needs(cls, given, "single_photon_coupling")
            yield from needs(cls, given, *(["frequency"] if "pump_power" in strength else []))
        yield from rules.linewidth_rules(given)
        yield from tone_side(given, cls.role, "4.9 GHz")


class Damping(Cavity):
    """The cavity that is driven on the red side, δ < 0."""

    role: ClassVar[Role] = Role.DAMPING


class Amplification(Cavity):
    """The cavity that is driven on the blue side, δ > 0."""

    role: ClassVar[Role] = Role.AMPLIFICATION


class Pair(Section):
    """The device's twin and what couples the two."""

    count: SiteCount | None = optional("how many oscillators: 2, the device and its twin", 2)
    coupling: Frequency | None = optional("V/2π between the two, cyclic, with its sign", "150 kHz")
    coupling_capacitance: Capacitance | None = optional("C_g between the two islands; needs E_C or C", "5 aF")
    capacitance_matrix: list[list[SignedCapacitance]] | None = optional(
        "Maxwell capacitance matrix of the two islands: total C on the diagonal, −C_g beside it",
        [["70 fF", "-5 aF"], ["-5 aF", "70 fF"]],
    )

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """Exactly one way to couple; the matrix square, symmetric, positive definite."""
        yield from one_of(given, "coupling", "coupling_capacitance", "capacitance_matrix")
        rows = given.table.get("capacitance_matrix")
        if rows is not None:
            yield from rules.matrix_rules(rows)


class TransmonSquidSpec(DeviceSpec):
    """A transmon (or any anharmonic circuit mode) with two SQUID cavities, one damping, one amplifying."""

    platform: Literal["transmon_squid"] = Field(description="tag of the platform")
    oscillator: Oscillator = Field(description="the anharmonic mode and its losses")
    target: Target = Field(description="the state to stabilise")
    damping: Damping = Field(description="the cavity driven on the red side")
    amplification: Amplification = Field(description="the cavity driven on the blue side")
    pair: Pair | None = optional("the device and its twin; a single one unless given")
    conditions: Conditions | None = optional("how it is computed and used; chosen unless given")
    protocol: ProtocolSection | None = optional("what `evolve` turns on when; pumps, then the coupling, unless given")

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """Check what one section needs of another."""
        yield from rules.sections_rules(given)
