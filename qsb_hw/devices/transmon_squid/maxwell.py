"""A capacitance matrix of named conductors: which form it has, what of it counts, and what junctions see of it.

Every junction j has a vector m_j over the conductors that are not grounded, +1 and −1 at its pads (one entry where the
other pad is ground). With the Maxwell matrix C of those conductors, (C_eff⁻¹)_jk = m_jᵀ C⁻¹ m_k: E_C = e²(C_eff⁻¹)_jj/2
and V_jk = 4e²(C_eff⁻¹)_jk n_j n_k/ħ. Conductors that belong to no junction hold no net charge and drop out by
themselves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from qsb_hw._typing import Floats
from qsb_hw.devices.transmon_squid.matrix_file import Matrix, last_digit
from qsb_hw.errors import ArgumentError, shown, suggestion
from qsb_hw.spec.mistakes import Mistake
from qsb_hw.spec.quantity import Quantity, SignedCapacitance

ROUNDING = 1e-9
"""Relative to √(C_jj C_kk): smaller entries, asymmetries and eigenvalues are those of floating-point numbers."""
LARGEST_SKEW = 0.05
"""Of an entry that is written in the chip file: how far rounding may have set C_jk and C_kj apart."""
LARGEST_DEFICIT = 0.01
"""Of C_jj: how far it may lie below the sum of the row's other entries, by rounding."""

Junctions = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Maxwell:
    """Maxwell matrix (n, n) of conductors in F, symmetric, and what rounding leaves open of each entry, in F."""

    names: tuple[str, ...]
    capacitance: Floats
    error: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """What the junctions see: inverse effective capacitance (J, J) in 1/F, and what rounding leaves open of it."""

    names: tuple[str, ...]
    inverse: Floats
    error: Floats


def maxwell(given: Matrix) -> Maxwell:
    """The Maxwell form of a matrix as given.

    A Maxwell matrix has off-diagonal entries ≤ 0, a mutual (SPICE) one has all ≥ 0: C_jj = Σ_k M_jk, C_jk = −M_jk.
    ArgumentError if names repeat, it is not symmetric to the digits given, or has both signs.
    """
    values, diagonal = given.values, np.diag(given.values)
    repeated = sorted({name for name in given.names if given.names.count(name) > 1})
    if repeated:
        raise ArgumentError(f"must name each conductor once, but found {shown(repeated[0])} again. Rename one.")
    if np.any(diagonal <= 0):
        worst = given.names[int(np.argmin(diagonal))]
        message = f"must have a positive diagonal, but found {diagonal.min():.4g} F at {worst}. Check the matrix."
        raise ArgumentError(message)
    scale = np.sqrt(np.outer(diagonal, diagonal))
    _refuse_asymmetry(given, scale)
    symmetric, digit = (values + values.T) / 2, _resolved(given)
    if not _is_mutual(given.names, symmetric, np.maximum(digit, ROUNDING * scale)):
        return Maxwell(given.names, symmetric, digit / 2)
    total = np.diag(np.linalg.norm(digit, axis=1))  # of a sum of entries that are rounded each by itself
    error = total + np.where(np.eye(len(digit), dtype=bool), 0.0, digit)
    return Maxwell(given.names, np.diag(symmetric.sum(axis=1) + diagonal) - symmetric, error / 2)


def _resolved(given: Matrix) -> Floats:
    """The smallest difference (n, n) that a solver's entries can tell, in F; zero for numbers that are meant as such.

    A unit of an entry's last digit, and no less than that of the smaller of the two conductors' own capacitances: the
    charges on all conductors are solved to one precision.
    """
    if not given.solved:
        return np.zeros_like(given.values)
    own = np.diag(given.digits)
    return np.maximum(np.maximum(given.digits, given.digits.T), np.minimum.outer(own, own))


def _is_mutual(names: Sequence[str], matrix: Floats, noise: Floats) -> bool:
    """Whether off-diagonal entries are ≥ 0; ArgumentError where some are and some are not, beyond `noise`."""
    beside = ~np.eye(len(matrix), dtype=bool) & (np.abs(matrix) > noise)
    positive, negative = beside & (matrix > 0), beside & (matrix < 0)
    if positive.any() and negative.any():
        j, k = np.argwhere(positive if positive.sum() <= negative.sum() else negative)[0]
        raise ArgumentError(
            f"must have one sign off its diagonal, ≤ 0 (Maxwell) or ≥ 0 (mutual, SPICE), but found both: "
            f"{matrix[j, k]:.4g} F between {names[j]} and {names[k]}. Turn its sign."
        )
    return bool(positive.any())


def _refuse_asymmetry(given: Matrix, scale: Floats) -> None:
    values = given.values
    larger = np.maximum(np.abs(values), np.abs(values.T))
    allowed = (given.digits + given.digits.T) / 2 * (1 + ROUNDING)  # as far as one number can be rounded apart
    if not given.solved:
        allowed = np.minimum(allowed, LARGEST_SKEW * larger)  # "-1 fF" and "-2 fF" are two numbers
    allowed = np.maximum(allowed, np.maximum(ROUNDING * larger, 1e-12 * scale))
    beyond = np.abs(values - values.T) - allowed
    if np.any(beyond > 0):
        j, k = np.unravel_index(int(np.argmax(beyond / scale)), beyond.shape)
        raise ArgumentError(
            f"must be symmetric to the digits given, but found {values[j, k]:.6g} F and {values[k, j]:.6g} F between "
            f"{given.names[j]} and {given.names[k]}. Let the solver converge further, or correct one of them."
        )


def without_ground(found: Maxwell, ground: Sequence[str]) -> Maxwell:
    """The matrix of the conductors that are not grounded.

    ArgumentError if a diagonal entry lies below what couples that conductor to the others, or the matrix is not
    positive definite.
    """
    own = np.diag(found.capacitance)
    others = own - found.capacitance.sum(axis=1)
    if np.any(others > (1 + LARGEST_DEFICIT) * own):
        worst = int(np.argmax(others / own))
        raise ArgumentError(
            f"must have the total capacitance of each conductor on the diagonal, but found {own[worst]:.4g} F for "
            f"{found.names[worst]}, whose other entries sum to {others[worst]:.4g} F. Add them to it."
        )
    kept = [k for k, name in enumerate(found.names) if name not in ground]
    names, inside = tuple(found.names[k] for k in kept), found.capacitance[np.ix_(kept, kept)]
    scale = np.sqrt(np.diag(inside))
    lowest = float(np.linalg.eigvalsh(inside / np.outer(scale, scale))[0]) if kept else 1.0
    if lowest <= ROUNDING:
        hint = "Correct an entry." if ground else "Name the conductor at ground (ground), if there is one."
        raise ArgumentError(
            f"must be positive definite without its grounded conductors, but found a lowest eigenvalue of {lowest:.2g} "
            f"(diagonal scaled to 1). {hint}"
        )
    return Maxwell(names, inside, found.error[np.ix_(kept, kept)])


def reduce(found: Maxwell, junctions: Junctions, own: Mapping[str, float] | None = None) -> Reduced:
    """What junctions see of ungrounded conductors, by their pads; `own` has capacitances in F of junctions themselves.

    A pad that is not among the conductors is grounded.
    """
    vectors = np.zeros((len(junctions), len(found.names)))
    capacitance = found.capacitance.copy()
    for row, (name, pads) in zip(vectors, junctions.items(), strict=True):
        for sign, pad in zip((1.0, -1.0), (pad for pad in pads if pad in found.names), strict=False):
            row[found.names.index(pad)] = sign
        capacitance += (own or {}).get(name, 0.0) * np.outer(row, row)
    potentials = np.linalg.solve(capacitance, vectors.T)  # (n, J): of every conductor per charge on each junction
    inverse = vectors @ potentials
    error = np.zeros_like(inverse)
    for j, first in enumerate(potentials.T):
        for k, second in enumerate(potentials.T):
            both = np.outer(first, second)
            both = np.triu(both + both.T - np.diag(np.diag(both)))
            error[j, k] = np.linalg.norm(both * found.error)
    return Reduced(tuple(junctions), (inverse + inverse.T) / 2, error)


def pad_mistakes(names: Sequence[str], ground: Sequence[str], junctions: Mapping[str, Any]) -> Iterator[Mistake]:
    """Rule: pads and ground are conductors there are; a pad belongs to one junction; not both are grounded."""
    for name in ground:
        if name not in names:
            message = f"must be a conductor of the matrix, but found {shown(name)}. {suggestion(name, names)}"
            yield Mistake(("ground",), message)
    owner: dict[str, str] = {}
    for junction, given in junctions.items():
        pads = [given] if isinstance(given, str) else given
        at = ("junctions", str(junction))
        if not isinstance(pads, list) or not all(isinstance(pad, str) for pad in pads):
            continue
        if not 1 <= len(pads) <= 2:
            yield Mistake(at, f"must be two conductors, or one where the other pad is ground, but found {len(pads)}.")
            continue
        if unknown := [pad for pad in pads if pad not in names]:
            message = (
                f"must be conductors of the matrix, but found {shown(unknown[0])}. {suggestion(unknown[0], names)}"
            )
            yield Mistake(at, message)
        elif len(set(pads)) < len(pads) or set(pads) <= set(ground):
            yield Mistake(at, f"must lead from one conductor to another or to ground, but found {shown(pads)}.")
        for pad in dict.fromkeys(pads):
            if pad not in ground and (other := owner.setdefault(pad, str(junction))) != str(junction):
                message = f"must have pads of its own, but found {shown(pad)}, which is one of {other} too."
                yield Mistake(at, f"{message} Two junctions at one island are no two transmons.")


def inline_mistakes(table: Mapping[str, Any]) -> Iterator[Mistake]:
    """Everything wrong with a matrix that is written in the chip file, as far as it can be read."""
    given = inline_matrix(table.get("conductors"), table.get("matrix"))
    if isinstance(given, str):
        yield Mistake(("matrix",), given)
    if not isinstance(given, Matrix):
        return
    ground, junctions = table.get("ground", []), table.get("junctions")
    grounded = [ground] if isinstance(ground, str) else ground
    grounded = [name for name in grounded if isinstance(name, str)] if isinstance(grounded, list) else []
    if isinstance(junctions, Mapping):
        yield from pad_mistakes(given.names, grounded, junctions)
    try:
        without_ground(maxwell(given), grounded)
    except ArgumentError as error:
        yield Mistake(("matrix",), str(error))


def inline_matrix(conductors: object, rows: object) -> Matrix | str | None:
    """A matrix as written in a chip file; what is wrong with its shape; None where it cannot be read at all."""
    try:
        names: list[str] = TypeAdapter(list[str]).validate_python(conductors)
        read: list[list[Quantity]] = TypeAdapter(list[list[SignedCapacitance]]).validate_python(rows)
    except ValidationError:
        return None
    if not names or len(read) != len(names) or any(len(row) != len(names) for row in read):
        found = f"{len(names)} conductors and rows of {', '.join(str(len(row)) for row in read) or 'no'} entries"
        return f"must have a row and a column for every conductor, but found {found}. Complete it."
    values = np.array([[entry.value for entry in row] for row in read])
    digits = np.array([[_last_digit(entry) for entry in row] for row in read])
    return Matrix(tuple(names), values, digits, solved=False)


def _last_digit(entry: Quantity) -> float:
    """One unit of the last digit of an entry like "-5.0 aF", in F."""
    number = entry.text.split()[0] if entry.text.split() else ""
    digit, size = last_digit(number), _float(number)
    return digit * abs(entry.value / size) if size else 0.0


def _float(number: str) -> float:
    try:
        found = float(number)
    except ValueError:
        return 0.0
    return found if math.isfinite(found) else 0.0
