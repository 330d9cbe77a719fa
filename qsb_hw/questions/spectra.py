"""What a spectrum analyser shows."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.arguments import index, real, real_array, square
from qsb_hw.errors import require
from qsb_hw.lindblad.operators import embed
from qsb_hw.lindblad.response import ACCURACY, respond
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.steady import steady_state as steady_state_of
from qsb_hw.questions.ports import bath_at
from qsb_hw.questions.time import Dynamic, Problem, known_steady, problem_of
from qsb_hw.result import Status
from qsb_hw.sync.solution import SyncSolution
from qsb_hw.sync.spectrum import Spectrum, lines_of, power_of, resolving

WEAKEST = 1e-6
"""Weight over the total from which a line is listed."""
ROUNDING = 1e-12
"""Of ⟨a†a⟩: less than that beside |⟨a⟩|² is rounding, and all that is emitted is the coherent line."""
ROOM = 4
"""Times the accuracy asked for up to which a spectrum counts as converged: each sector is solved to that accuracy of
its own highest value, and that of all together may be lower."""


def emission_spectrum(
    problem: Dynamic,
    oscillator: int = 0,
    frequencies: ArrayLike | None = None,
    port: int | str | None = None,
    *,
    lowering: Any = None,
    pump_frequency: float = 0.0,
    rwa: bool = True,
    accuracy: float = ACCURACY,
    steady: SteadyState | SyncSolution | None = None,
) -> Spectrum:
    """P(ω) = 2 Re ∫₀^∞ ⟨a†(0)a(τ)⟩ e^{iωτ} dτ = 2 Re Tr[a (−L − iω)⁻¹ (ρ a†)] of the steady state.

    It is found in the sector where ket and bra differ by what a changes. L is reduced there until the residual is
    small at all frequencies of the sector, so that many frequencies cost no more than one and no line is missed.

    Parameters
    ----------
    problem : LindbladModel, Network, Chip, Device, Analysis or oscillator
        As of `evolve`.
    oscillator : int
        Which one emits, counted from 0; of a model, which subsystem.
    frequencies : (k,) array_like, optional
        ω in rad/s, in the frame of the ladder's energies; such that every line is resolved unless given.
    port : int or str, optional
        A bath of that oscillator, by number or name: the spectrum of its mode c, whose output is κ P, in the frame of
        its pump.
    lowering : (D, D) array_like, optional
        Another operator in the place of a.
    pump_frequency : float
        Added to all frequencies: of a port's pump, in rad/s.
    rwa : bool
        For complete oscillators: drop the counter-rotating terms.
    accuracy : float
        Error of P over its highest value.
    steady : SteadyState or SyncSolution, optional
        The steady state where it is known already.

    Returns
    -------
    Spectrum
        With `.peaks`: position, width, weight and levels of every line.

    Raises
    ------
    ArgumentError
        If there is no such oscillator or port, or frequencies are not finite.
    ConvergenceError
        If there is no certified steady state.

    Examples
    --------
    A pumped ladder emits at E_1 − E_0; the width is the decay of both levels:

    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=4)
    >>> line = qh.emission_spectrum(one).peaks[0]
    >>> line.levels, round(line.width, 2)
    ((1, 0), 1.12)
    """
    real("`accuracy`", accuracy, f"Give a share of the highest value; {ACCURACY:.0e} unless given.", above=0.0)
    offset = real("`pump_frequency`", pump_frequency, "Give it in rad/s, or leave it out.")
    chosen = problem_of(problem, rwa)
    operator, marks, levels = _emitter(chosen, oscillator, port, lowering)
    known = (known_steady(steady, chosen.model) or steady_state_of(chosen.model)).require()
    state = sp.csr_array(known.state())
    source = sp.csr_array(state @ operator.conj().T)
    total = float((operator @ source).trace().real)
    coherent = float(abs(source.trace()) ** 2)
    incoherent = total - coherent if total - coherent > ROUNDING * total else 0.0
    responses = tuple(respond(chosen.model, source, operator, state, marks, accuracy)) if incoherent else ()
    lines = lines_of(responses, levels, WEAKEST * incoherent)
    wanted = _frequencies(frequencies, offset, lines)
    power = power_of(responses, wanted)
    highest = max([float(power.max(initial=0.0)), *(4 * line.weight / line.width for line in lines)])
    uncertain = _source_error(known, operator, state, bool(coherent))
    errors = (2 * (r.error + r.sensitivity[0] * uncertain + r.sensitivity[1]) for r in responses)
    error = sum(errors) / highest if highest else 0.0
    good = error <= ROOM * accuracy
    return Spectrum(
        status=Status.CONVERGED if good else Status.NOT_CONVERGED,
        message="" if good else f"The error may be {error:.1e} of the highest value. Keep fewer levels.",
        certificate=known.certificate,
        frequencies=wanted + offset,
        power=power,
        peaks=tuple(replace(line, position=line.position + offset) for line in lines),
        total=incoherent,
        coherent=coherent,
        offset=offset,
        error=float(error),
        responses=responses,
    )


def cross_spectrum(
    problem: Dynamic,
    first: int,
    second: int,
    frequencies: ArrayLike,
    *,
    rwa: bool = True,
    accuracy: float = ACCURACY,
) -> Complexes:
    """S_ij(ω) = ∫ ⟨a_i†(0)a_j(τ)⟩ e^{iωτ} dτ over all τ, (k,) complex; ∫ S_ij dω/2π = ⟨a_i†a_j⟩.

    Parameters
    ----------
    problem : Network, Chip or LindbladModel
        As of `emission_spectrum`.
    first, second : int
        Oscillators i and j.
    frequencies : (k,) array_like
        ω in rad/s.
    rwa, accuracy : bool, float
        As of `emission_spectrum`.

    Returns
    -------
    (k,) complex
        Coherent parts left out.

    Examples
    --------
    >>> import numpy as np
    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=4)
    >>> pair = qh.Network([one, one], [[0, 0.3], [0.3, 0]])
    >>> found = qh.cross_spectrum(pair, 0, 1, np.linspace(-400, 400, 40001))
    >>> sum_rule = found.sum() * 0.02 / (2 * np.pi)
    >>> print(f"{sum_rule:.3f} {qh.steady_state(pair).cross_correlation(0, 1):.3f}")
    0.050+0.000j 0.050+0.000j
    """
    chosen = problem_of(problem, rwa)
    wanted = _listed(frequencies)
    state = sp.csr_array(steady_state_of(chosen.model).require().state())
    one, other = (_emitter(chosen, k, None, None)[:2] for k in (first, second))
    halves = []
    for (emitting, _), (seen, marks) in ((one, other), (other, one)):
        source = sp.csr_array(state @ emitting.conj().T)
        responses = respond(chosen.model, source, seen, state, marks, accuracy)
        halves.append(sum((r.at(wanted) for r in responses), np.zeros(wanted.size, dtype=complex)))
    return np.asarray(halves[0] + halves[1].conj())


def _source_error(known: SteadyState, operator: sp.coo_array, state: sp.csr_array, coherent: bool) -> float:
    """Bound on the error of ρa† less its steady part (Frobenius) by that of ρ: ‖δρ a†‖ ≤ ‖δρ‖ √(‖a‖₁ ‖a‖_∞)."""
    size = abs(operator)
    norm = math.sqrt(float(size.sum(axis=0).max(initial=0.0)) * float(size.sum(axis=1).max(initial=0.0)))
    steady_part = float(np.linalg.norm(operator.data)) * float(np.linalg.norm(state.data)) if coherent else 0.0
    return known.error_bound * (norm + steady_part)


def _frequencies(given: ArrayLike | None, offset: float, lines: Any) -> Floats:
    if given is None:
        return resolving(lines) if lines else np.zeros(1)
    return _listed(given) - offset


def _listed(frequencies: ArrayLike) -> Floats:
    found = np.atleast_1d(real_array("Frequencies", frequencies, "Give them in rad/s."))
    require(found.ndim == 1, "Frequencies must be a list", f"shape {found.shape}", "Give one after another.")
    require(found.size > 0, "Frequencies must be given", "none", "Give one at least, or leave them out.")
    return found


def _emitter(
    problem: Problem, oscillator: int, port: int | str | None, lowering: Any
) -> tuple[sp.coo_array, tuple[Integers, Integers, Integers], int]:
    """The operator that is seen, the marks of the oscillator's transitions (before · levels + after), its levels."""
    what = "The oscillator" if problem.network is not None else "The subsystem"
    number = index(what, oscillator, len(problem.subsystems), "They are counted from 0.")
    subsystem, dims = problem.subsystems[number], problem.model.dims
    if lowering is not None:
        given = lowering.toarray() if sp.issparse(lowering) else lowering
        operator = sp.coo_array(square("`lowering`", given, problem.model.size, "Embed it."))
    elif port is not None:
        bath, lower = _port(problem, number, port)
        operator = sp.coo_array(embed({subsystem + 1 + bath: lower}, dims))
    elif problem.network is not None:
        operator = sp.coo_array(embed({subsystem: problem.network.oscillators[number].ladder.annihilation}, dims))
    else:
        operator = sp.coo_array(embed({subsystem: np.diag(np.sqrt(np.arange(1.0, dims[subsystem])), 1)}, dims))
    operator.eliminate_zeros()
    levels = dims[subsystem]
    step = sp.coo_array(embed({subsystem: np.ones((levels, levels)) - np.eye(levels)}, dims))
    row, col = step.coords
    digits = np.indices(dims).reshape(len(dims), -1)[subsystem]
    return operator, (digits[row] * levels + digits[col], row, col), levels


def _port(problem: Problem, number: int, port: int | str) -> tuple[int, Complexes]:
    one = None if problem.network is None else problem.network.oscillators[number]
    number, bath = bath_at(one, port, "Of an eliminated oscillator or a bare model there is no cavity to look at.")
    return number, bath.lowering(0)
