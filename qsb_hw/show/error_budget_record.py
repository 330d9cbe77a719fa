"""The error budget as a record."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from qsb_hw.questions.error_budget import BudgetRow, DescriptionResult, ErrorBudget
from qsb_hw.show.plain import plain_record
from qsb_hw.units import to_hertz

Record = dict[str, Any]


def error_budget_record(budget: ErrorBudget) -> Record:
    """The `error_budget` part."""
    return plain_record(
        target=budget.target,
        levels=budget.levels,
        coupling_hz=to_hertz(budget.coupling),
        coupling_assumed=budget.assumed,
        detuning_hz=to_hertz(budget.detuning),
        limit=budget.limit,
        worst=None if budget.worst is None else budget.worst.below,
        first_failure=None if budget.first_failure is None else budget.first_failure.below,
        truncation_error=budget.truncation_error,
        converged=budget.converged,
        residual=budget.certificate.residual,
        error_bound=budget.certificate.error_bound,
        gap=budget.certificate.gap,
        descriptions=[_rung(result, budget.target) for result in budget.results],
        steps=[_step(row) for row in budget.rows],
        operations=asdict(budget.counts),
    )


def _rung(result: DescriptionResult, target: int) -> Record:
    pair = result.pair
    return plain_record(
        name=result.description.name,
        meaning=result.description.meaning,
        status=result.status,
        message=result.message,
        dims=result.dims,
        populations=result.populations,
        fock_fidelity=result.population(target),
        relaxation_rate=result.relaxation_rate,
        residual=result.certificate.residual,
        error_bound=result.certificate.error_bound,
        gap=result.certificate.gap,
        pair_dims=None if pair is None else pair.dims,
        S_zero=None if pair is None else pair.synchronization[0],
        S_resonance=None if pair is None else pair.synchronization[1],
    )


def _step(row: BudgetRow) -> Record:
    zero, resonant = row.synchronization_changes
    return plain_record(
        above=row.above,
        below=row.below,
        neglected=row.neglected,
        remedy=row.remedy,
        status=row.status,
        message=row.message,
        cost=row.cost,
        limiting=row.limiting,
        fails=row.fails,
        trace_distance=row.trace_distance,
        fock_fidelity_change=row.fidelity_change,
        relaxation_change=row.relaxation_change,
        S_zero=row.synchronization[:, 0],
        S_resonance=row.synchronization[:, 1],
        S_zero_change=zero,
        S_resonance_change=resonant,
        pair_dims=row.pair_dims,
        residual=row.certificate.residual,
        error_bound=row.certificate.error_bound,
        gap=row.certificate.gap,
    )
