"""Symmetry sectors: the blocks a steady state can have, found from the zeros of the model.

A partition of the basis is *closed* when H and every L†L connect only states of one part and every jump takes one part
into one part: density matrices that are block diagonal in it stay so. Charge, parity and undeclared weak symmetries
all give one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from qsb_hw._typing import Integers
from qsb_hw.errors import ArgumentError, require
from qsb_hw.lindblad.elements import Elements
from qsb_hw.lindblad.jumps import JumpEntries


@dataclass(frozen=True, slots=True, eq=False)
class Sectors:
    """A closed partition of the basis: the sector of every basis state, (D,).

    `closed_sets` of sectors are those the dynamics can enter and not leave, each with at least one steady state.
    """

    labels: Integers
    closed_sets: tuple[Integers, ...]

    @property
    def count(self) -> int:
        """Number of sectors."""
        return int(self.labels.max()) + 1


def find_sectors(hamiltonian: sp.csr_array, jumps: Sequence[sp.csr_array]) -> Sectors:
    """The finest closed partition of a Lindblad model, and where its dynamics ends up."""
    return sectors_of(Elements.of(hamiltonian, jumps))


def sectors_of(elements: Elements) -> Sectors:
    """The same of a model given by its elements."""
    entries, hopping, size = elements.jump_entries, elements.hopping, elements.size
    links = sp.csr_array((np.abs(hopping.value), (hopping.row, hopping.col)), shape=(size, size))
    labels = _finest_closed_labels(sp.csr_array(links + entries.coherent_pattern()), entries)
    return Sectors(labels, _closed_sets(labels, entries))


def check_charge(charge: Integers, hamiltonian: sp.csr_array, jumps: Sequence[sp.csr_array]) -> None:
    """Raise `ArgumentError` unless H conserves `charge` and each jump shifts it by a fixed amount."""
    check_charge_of(charge, Elements.of(hamiltonian, jumps))


def check_charge_of(charge: Integers, elements: Elements) -> None:
    """The same of a model given by its elements."""
    row, col = elements.hopping.row, elements.hopping.col
    for k in np.nonzero(charge[row] != charge[col])[0]:
        raise ArgumentError(
            f"The Hamiltonian must connect only states of equal charge, but found states {row[k]} and {col[k]} "
            f"connected with charges {charge[row[k]]} and {charge[col[k]]}. Correct the charge, or leave it out: "
            "symmetries are found without it."
        )
    entries = elements.jump_entries
    shift = charge[entries.target] - charge[entries.source]
    wrong = np.nonzero(shift != shift[entries.first_of_jump])[0]
    if wrong.size:
        number = int(entries.number[wrong[0]])
        must = f"Jump {number} must shift the charge by a fixed amount"
        hint = "Split it into one jump per shift, or leave the charge out."
        require(False, must, f"shifts {np.unique(shift[entries.number == number]).tolist()}", hint)


def _finest_closed_labels(pattern: sp.csr_array, entries: JumpEntries) -> Integers:
    size = pattern.shape[0]
    keep = sp.coo_array(pattern)
    count, labels = connected_components(pattern, directed=False)
    while True:
        # every target of one jump from one sector is tied to one extra node, so they end up together
        hubs = size + entries.number * count + labels[entries.source]
        total = size + entries.count * count
        row = np.concatenate([keep.row, entries.target])
        col = np.concatenate([keep.col, hubs])
        graph = sp.coo_array((np.ones(row.size, dtype=bool), (row, col)), shape=(total, total))
        merged = connected_components(graph.tocsr(), directed=False)[1][:size]
        values, new_labels = np.unique(merged, return_inverse=True)
        if values.size == count:
            return new_labels.astype(np.int64)
        count, labels = values.size, new_labels


def _closed_sets(labels: Integers, entries: JumpEntries) -> tuple[Integers, ...]:
    """Strongly connected sets of sectors, linked by jumps, that no jump leaves."""
    target, source, size = labels[entries.target], labels[entries.source], int(labels.max()) + 1
    links = sp.csr_array((np.ones(target.size), (target, source)), shape=(size, size))
    count, component = connected_components(links, directed=True, connection="strong")
    leaving = component[source][component[target] != component[source]]
    closed = np.setdiff1d(np.arange(count), leaving)
    return tuple(np.nonzero(component == c)[0] for c in closed)
