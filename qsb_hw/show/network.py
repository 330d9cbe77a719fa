"""A network of oscillators, and its steady state."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from rich.console import RenderableType

from qsb_hw._typing import Floats
from qsb_hw.model.network import Network, Oscillator
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.show.detail import HouseTable
from qsb_hw.show.fields import CERTIFICATE, Section
from qsb_hw.show.style import QUIET, label, lines, stacked, table, value
from qsb_hw.show.text import NONE, number, population
from qsb_hw.sync.solution import SyncSolution

_CERTIFICATE = Section(*CERTIFICATE)


def names_of(network: Network) -> list[str]:
    """Names of the oscillators; with their numbers, counted from 0, where names repeat."""
    names = [oscillator.name for oscillator in network.oscillators]
    return [f"{name} {k}" if names.count(name) > 1 else name for k, name in enumerate(names)]


def s_matrix(S: Floats, names: Sequence[str], title: str) -> HouseTable:
    """S of every two of some nodes, (n, n); the diagonal has none."""
    rows = table(title, label(""), *(value(name) for name in names))
    for name, row in zip(names, S, strict=True):
        rows.add_row(name, *(NONE if math.isnan(s) else number(float(s), 3) for s in row))
    return rows


def network_tables(network: Network) -> RenderableType:
    """Oscillators of a network and their couplings, in the unit of its rates (rad/s of devices)."""
    rows = table(
        "Network", label("oscillator"), label("baths"), value("levels"), value("n0"), value("ω (0→1)"),
        value("K at n0"),
    )  # fmt: skip
    for name, one in zip(names_of(network), network.oscillators, strict=True):
        target = one.target
        ladder = one.ladder
        kerr = ladder.kerr_at(target) if target is not None and 1 <= target <= one.levels - 2 else math.nan
        rows.add_row(
            name, _baths(one), str(one.levels), NONE if target is None else str(target),
            number(float(ladder.transition_frequencies[0]), 6), number(kerr),
        )  # fmt: skip
    couplings = table("Couplings", label("between"), value("V"))
    names = names_of(network)
    for j, k in zip(*np.nonzero(np.triu(network.coupling)), strict=True):
        couplings.add_row(f"{names[j]}-{names[k]}", _complex(complex(network.coupling[j, k])))
    unit = "In the unit of the rates: rad/s where it is made of devices."
    return stacked(rows, couplings if couplings.row_count else None, lines([unit]))


def solution_tables(solution: SyncSolution) -> RenderableType:
    """Populations, S of every two oscillators, and how far to trust them."""
    network, names = solution.network, names_of(solution.network)
    if not solution.ok:
        return stacked(_trust(solution), lines([solution.message]))
    populations = [solution.populations(k) for k in range(network.size)]
    rows = table("Populations in the steady state", label("level"), *(value(name) for name in names))
    for n in range(max(p.size for p in populations)):
        rows.add_row(str(n), *(population(float(p[n])) if n < p.size else "" for p in populations))
    matrix = s_matrix(solution.synchronizations, names, "S of every two oscillators") if network.size > 1 else None
    return stacked(rows, matrix, _trust(solution))


def _trust(solution: SyncSolution) -> HouseTable:
    rows = table("Numerics", label(""), label(""), label("", style=QUIET))
    rows.show_header = False
    rows.add_row("steady state", solution.status.value, type(solution.solver).__name__)
    _CERTIFICATE.add_rows(rows, solution, "error_bound", "residual", "gap")
    rows.add_row("truncation error", number(solution.truncation_error, 3), "of any population, any S and c₁")
    return rows


def _baths(one: Oscillator) -> str:
    return ", ".join(bath.name for bath in one.baths) or "none" if isinstance(one, SelfOscillator) else "eliminated"


def _complex(V: complex) -> str:
    return number(V.real) if V.imag == 0 else f"{number(abs(V))} · e^(i {number(float(np.angle(V)), 3)})"
