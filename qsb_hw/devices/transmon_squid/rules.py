"""Rules between the keys of a transmon–SQUID-cavity file."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from pydantic import TypeAdapter, ValidationError

from qsb_hw.devices.transmon_squid.constants import ELEMENTARY_CHARGE, HBAR, flux_angle, joined_current
from qsb_hw.spec.base import Given, Section, needs, one_of
from qsb_hw.spec.mistakes import Mistake
from qsb_hw.spec.quantity import Quantity, SignedCapacitance

LARGEST_RATIO = 1e6
"""E_J/E_C beyond which the charge basis of an exact diagonalisation grows out of hand."""


def one_way(circuit: list[str], measured: list[str], *minimum: str) -> Iterator[Mistake]:
    """Rule: from the circuit or as measured, not both; `minimum` names what either needs, if anything."""
    if circuit and measured:
        message = (
            f"must be given one way, from the circuit or as measured, but found both: {', '.join(circuit)} "
            f"and {', '.join(measured)}. Remove one set."
        )
        yield Mistake((), message)
    elif minimum and not circuit and not measured:
        yield Mistake((), f"must be given one way, but found neither. Add {minimum[0]}, or {minimum[1]}.")


def transmon_rules(given: Given) -> Iterator[Mistake]:
    """Rule: a junction that conducts, E_J/E_C within reach."""
    asymmetry = (given.values("junction_asymmetry") or (0.0,))[0]
    flux = (given.values("flux_bias") or (0.0,))[0]
    if joined_current(flux_angle(flux), asymmetry) < 1e-6:
        yield Mistake(("flux_bias",), _no_current(given))
        return
    ratio = _energy_ratio(given)
    if ratio is not None and ratio > LARGEST_RATIO:
        message = (
            f"must have E_J/E_C ≤ {LARGEST_RATIO:.0e} to be diagonalised in the charge basis, but found "
            f"{ratio:.3g}. Give such an oscillator as measured: frequency and anharmonicity."
        )
        yield Mistake((), message)


def _energy_ratio(given: Given) -> float | None:
    """E_J/E_C at zero flux."""
    e = ELEMENTARY_CHARGE
    junction = given.values("josephson_energy") or given.values("critical_current")
    charging = given.values("charging_energy") or given.values("capacitance")
    if junction is None or charging is None:
        return None
    e_j = junction[0] if given.values("josephson_energy") else junction[0] / (2 * e)
    e_c = charging[0] if given.values("charging_energy") else e**2 / (2 * charging[0] * HBAR)
    return e_j / e_c


def measured_rules(model: type[Section], given: Given) -> Iterator[Mistake]:
    """Rule: ω01 and α, or a list of transitions; spacings that are positive."""
    if not given.among("transition_frequencies"):
        yield from needs(model, given, "frequency", "anharmonicity")
        if values := given.values("frequency", "anharmonicity"):
            frequency, anharmonicity = values
            if frequency + anharmonicity <= 0:
                message = (
                    "must leave ω12 = ω01 + α positive, but found "
                    f"{given.text('anharmonicity')}. Check its size and unit."
                )
                yield Mistake(("anharmonicity",), message)
    elif doubled := given.among("frequency", "anharmonicity"):
        message = (
            f"must have only one of transition_frequencies or frequency and anharmonicity, but found also "
            f"{' and '.join(doubled)}. Remove one."
        )
        yield Mistake((), message)


def coherence_rules(given: Given) -> Iterator[Mistake]:
    """Rule: T2 or Tφ, and T2 ≤ 2 T1."""
    yield from one_of(given, "t2", "t_phi", needed=False)
    times = given.values("t1", "t2")
    if times and times[1] > 2 * times[0]:
        message = f"must be at most 2 T1, but found {given.text('t2')}. No T2 is longer; check both."
        yield Mistake(("t2",), message)


def squid_rules(given: Given) -> Iterator[Mistake]:
    """Rule: a SQUID that conducts and whose cavity feels the flux."""
    flux = given.values("flux_bias")
    if flux is None:
        return
    x, d = flux_angle(flux[0]), (given.values("squid_asymmetry") or (0.0,))[0]
    if joined_current(x, d) < 1e-6:
        yield Mistake(("flux_bias",), _no_current(given))
    elif abs(math.sin(2 * x)) * (1 - d**2) < 1e-9:
        message = (
            f"must make ω_c depend on flux, but found {given.text('flux_bias')} where dω_c/dΦ = 0 and so "
            'g0 = 0. Bias the SQUID, for instance flux_bias = "0.35 Phi_0".'
        )
        yield Mistake(("flux_bias",), message)


def _no_current(given: Given) -> str:
    return (
        "must leave the two junctions some critical current, but found "
        f"{given.text('flux_bias')}, where they cancel. Move away from half a flux quantum."
    )


def linewidth_rules(given: Given) -> Iterator[Mistake]:
    """Rule: κ_ext ≤ κ."""
    widths = given.values("linewidth", "external_linewidth")
    if widths and widths[1] > widths[0]:
        message = (
            f"must be at most the linewidth {given.text('linewidth')} it is a part of, but found "
            f"{given.text('external_linewidth')}. Lower it or leave it out."
        )
        yield Mistake(("external_linewidth",), message)


def matrix_rules(rows: object) -> Iterator[Mistake]:
    """Rule: a Maxwell matrix of two islands is symmetric, positive definite, and negative off its diagonal."""
    at = ("capacitance_matrix",)
    matrix = _readable_matrix(rows)
    if matrix is None:
        return
    if [len(row) for row in matrix] != [2, 2]:
        shape = f"rows of {', '.join(str(len(row)) for row in matrix) or 'no'} entries"
        message = f"must be 2 × 2: a file describes one device and its twin, but found {shape}. Give two islands."
        yield Mistake(at, message)
        return
    array = np.array(matrix)
    if not np.allclose(array, array.T, rtol=1e-9, atol=0):
        yield Mistake(at, "must be symmetric, but found C_jk ≠ C_kj. Write each pair with the same value.")
    elif np.any(array - np.diag(np.diag(array)) > 0):
        yield Mistake(at, "must have −C_g off the diagonal, but found a positive entry. Turn its sign.")
    elif np.linalg.eigvalsh(array)[0] <= 0:
        message = (
            "must be positive definite, but found a lowest eigenvalue of "
            f"{np.linalg.eigvalsh(array)[0]:.3g} F. Its diagonal is the total capacitance of each island."
        )
        yield Mistake(at, message)


def _readable_matrix(rows: object) -> list[list[float]] | None:
    try:
        read: list[list[Quantity]] = TypeAdapter(list[list[SignedCapacitance]]).validate_python(rows)
    except ValidationError:
        return None
    return [[entry.value for entry in row] for row in read]


def sections_rules(given: Given) -> Iterator[Mistake]:
    """Rule: what one section needs of another."""
    oscillator = given.keys_in("oscillator")
    if oscillator and not oscillator & {"josephson_energy", "critical_current", "charging_energy", "capacitance"}:
        yield from measured_oscillator_rules(given, oscillator)


def measured_oscillator_rules(given: Given, oscillator: set[str]) -> Iterator[Mistake]:
    """Rule: what needs the oscillator from its circuit."""
    for cavity in ("damping", "amplification"):
        if "mutual_inductance" in given.keys_in(cavity) and "zero_point_current" not in oscillator:
            message = (
                f"must be given, but is missing, and g0 of [{cavity}] follows from it. "
                'Write zero_point_current = "12 nA" (⟨0|I|1⟩), or give the oscillator from its circuit.'
            )
            yield Mistake(("oscillator", "zero_point_current"), message)
            break
    for key in ("coupling_capacitance", "capacitance_matrix"):
        if key in given.keys_in("pair"):
            message = (
                "must come with an oscillator given from its circuit, but found one as measured. "
                'Write the coupling itself: coupling = "150 kHz".'
            )
            yield Mistake(("pair", key), message)
