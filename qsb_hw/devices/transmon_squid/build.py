"""From a transmon–SQUID-cavity spec to a device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.devices.transmon_squid.constants import ELEMENTARY_CHARGE, HBAR
from qsb_hw.devices.transmon_squid.criteria import instrument, platform_criteria
from qsb_hw.devices.transmon_squid.noise import not_given, slow_noise
from qsb_hw.devices.transmon_squid.oscillator import Anharmonic, anharmonic_oscillator
from qsb_hw.devices.transmon_squid.pump import PumpedCavity, left_pump, pump_problems, pumped_cavity
from qsb_hw.devices.transmon_squid.quantities import derived_quantities
from qsb_hw.devices.transmon_squid.sketch import sketch_of
from qsb_hw.devices.transmon_squid.spec import TransmonSquidSpec
from qsb_hw.devices.transmon_squid.transmon import Transmon
from qsb_hw.devices.transmon_squid.words import VOCABULARY
from qsb_hw.errors import Problem, SpecError
from qsb_hw.model.device import Device, pair_coupling
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.spec.conditions import given_conditions
from qsb_hw.spec.quantity import Quantity, value

EXPERIMENT_TIME = 0.1
"""Seconds of one experiment on a circuit unless the file says otherwise: many repetitions of many relaxation times."""
AGREEMENT = 0.05
"""How far the diagonal of a capacitance matrix may lie from the oscillator's own charging energy."""


@dataclass(frozen=True, slots=True, eq=False)
class Circuit:
    """The solved circuit of a spec: the oscillator with its cavities, pumps set."""

    spec: TransmonSquidSpec
    oscillator: Anharmonic
    cavities: tuple[PumpedCavity, ...]
    target: int


def build(spec: TransmonSquidSpec, source: str = "spec") -> Device:
    """Device described by a validated spec; `source` is the name of its file, for errors.

    SpecError if the solved circuit shows what cannot be: n0 above the bound levels, n± off the ladder, a pump below
    zero frequency, a capacitance matrix that contradicts the charging energy.
    """
    return device_of(solved_circuit(spec, source))


def solved_circuit(spec: TransmonSquidSpec, source: str = "spec") -> Circuit:
    """Circuit of a validated spec; SpecError as in `build`."""
    oscillator = anharmonic_oscillator(spec.oscillator)
    target = int(spec.target.fock_state.value)
    problems = tuple(_problems(spec, oscillator, target))
    if problems or oscillator is None:
        raise SpecError(source, problems)
    cavities = tuple(pumped_cavity(cavity, oscillator, target) for cavity in (spec.damping, spec.amplification))
    return Circuit(spec, oscillator, cavities, target)


def left_tones(spec: Any, before: Device) -> dict[str, dict[str, Quantity]]:
    """Keys by section that leave the pumps of `before` where they are in a device, or a node, of another spec.

    Pump frequency and power stay: δ = ω_pump − ω_c with the cavity of `spec`, and g follows from g0 and n_c. Where no
    ω_c is known δ and n_c stay; where no g0 is known g does.
    """
    cavities = solved_circuit(before.spec).cavities
    return {cavity.name: left_pump(getattr(spec, cavity.name), cavity) for cavity in cavities}


def device_of(circuit: Circuit) -> Device:
    """Device of a solved circuit."""
    spec, oscillator, cavities, target = circuit.spec, circuit.oscillator, circuit.cavities, circuit.target
    coupling, ratio = _coupling(spec, oscillator.transmon)
    return Device(
        name=spec.name,
        platform=spec.platform,
        description=spec.description,
        spec=spec,
        complete=SelfOscillator(
            oscillator.ladder, tuple(c.bath() for c in cavities), oscillator.decoherence, spec.name
        ),
        target=target,
        coupling=pair_coupling(coupling),
        criteria=platform_criteria(oscillator, cavities, target),
        derived_quantities=derived_quantities(oscillator, cavities, target, coupling, ratio),
        circuit=sketch_of(spec, oscillator, cavities),
        slow_noise=slow_noise(spec, oscillator, cavities),
        not_given=not_given(spec, oscillator, cavities),
        bound_levels=None if oscillator.transmon is None else oscillator.transmon.bound_levels,
        instruments=tuple(instrument(cavity, cavities, oscillator.ladder, target) for cavity in cavities),
        usual_time=EXPERIMENT_TIME,
        given=given_conditions(spec.conditions),
        vocabulary=VOCABULARY,
    )


def _problems(spec: TransmonSquidSpec, oscillator: Anharmonic | None, target: int) -> Iterator[Problem]:
    levels = 1 if oscillator is None else oscillator.ladder.levels
    if target > levels - 2:
        yield Problem("$.target.fock_state", _too_high(spec, levels))
        return
    assert oscillator is not None
    yield from pump_problems(spec.damping, oscillator, target)
    yield from pump_problems(spec.amplification, oscillator, target)
    if oscillator.transmon is not None:
        yield from _matrix_problems(spec, oscillator.transmon)


def _too_high(spec: TransmonSquidSpec, levels: int) -> str:
    if spec.oscillator.transition_frequencies:
        found = f"{len(spec.oscillator.transition_frequencies)} transition frequencies give {levels} levels"
        hint = "List more transitions"
    elif spec.oscillator.frequency:
        found, hint = f"this Kerr ladder has {levels} levels that are kept", "Check the anharmonicity"
    else:
        found, hint = f"the cosine well binds {levels}", "Raise E_J/E_C"
    return (
        f"must have level n0 + 1 on the ladder, but found n0 = {spec.target.fock_state.text} where {found} "
        f"(n0 at most {max(levels - 2, 0)}). {hint} or lower n0."
    )


def _matrix_problems(spec: TransmonSquidSpec, transmon: Transmon) -> Iterator[Problem]:
    if spec.pair is None:
        return
    own = island_capacitance(transmon)
    if spec.pair.coupling_capacitance and 2 * spec.pair.coupling_capacitance.value >= own:
        message = (
            f"must be less than half of the island's total capacitance, {own:.3g} F, of which it is a part, "
            f"but found {spec.pair.coupling_capacitance.text}. Lower it."
        )
        yield Problem("$.pair.coupling_capacitance", message)
    if spec.pair.capacitance_matrix:
        inverse = np.linalg.inv(_matrix(spec.pair.capacitance_matrix))
        for k, seen in enumerate(1 / np.diag(inverse)):
            if abs(seen / own - 1) > AGREEMENT:
                message = (
                    f"must agree with the oscillator's own capacitance {own:.4g} F (E_C = e²/2C) to "
                    f"{100 * AGREEMENT:g} %, but found 1/(C⁻¹)_kk = {seen:.4g} F. Correct one of them."
                )
                yield Problem(f"$.pair.capacitance_matrix[{k}][{k}]", message)


def _coupling(spec: TransmonSquidSpec, transmon: Transmon | None) -> tuple[float | None, float | None]:
    """V in rad/s with its sign, and C_g/C where capacitances are known."""
    pair = spec.pair
    if pair is None:
        return None, None
    if pair.coupling:
        return pair.coupling.value, None
    assert transmon is not None
    if pair.capacitance_matrix:
        matrix = _matrix(pair.capacitance_matrix)
    else:
        matrix = island_capacitance(transmon) * np.eye(2) - value(pair.coupling_capacitance) * np.eye(2)[::-1]
    return exchange(matrix, transmon.zero_point_charge), float(-matrix[0, 1] / matrix[0, 0])


def exchange(capacitance: Floats, zero_point_charge: float) -> float:
    """V = 4e² (C⁻¹)_12 n_zpf²/ħ in rad/s of two islands; ≈ ½ω C_g/C while C_g ≪ C.

    From their Maxwell matrix (2, 2) in F, positive definite, and n_zpf in Cooper pairs.
    """
    return float(exchanges(np.asarray(np.linalg.inv(capacitance)), [zero_point_charge, zero_point_charge])[0, 1])


def exchanges(inverse_capacitance: Floats, zero_point_charges: Sequence[float]) -> Floats:
    """V_jk = 4e² (C_eff⁻¹)_jk n_j n_k/ħ in rad/s between every two, zero on the diagonal, shape (N, N).

    From the inverse effective capacitance (N, N) in 1/F and each ⟨0|n|1⟩ in Cooper pairs.
    """
    both = (inverse_capacitance + inverse_capacitance.T) / 2
    found = 4 * ELEMENTARY_CHARGE**2 * np.outer(zero_point_charges, zero_point_charges) / HBAR * both
    return np.asarray(found - np.diag(np.diag(found)))


def _matrix(rows: list[list[Quantity]]) -> Floats:
    return np.array([[entry.value for entry in row] for row in rows])


def island_capacitance(transmon: Transmon) -> float:
    """C = e²/2E_C in F."""
    return ELEMENTARY_CHARGE**2 / (2 * HBAR * transmon.charging_energy)
