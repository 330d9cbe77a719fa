"""Many such devices: critical couplings, detuned sub-ensembles, coherence, frequency disorder, finite range."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from qsb_hw._typing import Floats, Progress
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.conditions import Requested
from qsb_hw.arguments import whole
from qsb_hw.ensemble.arrays import adjacency, array_of, integrate_array, tolerated_spread
from qsb_hw.ensemble.finite_size import finite_size
from qsb_hw.ensemble.groups import SpinGroups
from qsb_hw.ensemble.ladders import LadderGroups
from qsb_hw.ensemble.limit_cycle import limit_cycle
from qsb_hw.ensemble.linear_noise import phase_diffusion
from qsb_hw.ensemble.stability import growth, onset
from qsb_hw.ensemble.starts import uncoupled_lifetime
from qsb_hw.ensemble.three_levels import three_level_error
from qsb_hw.errors import ArgumentError, ClosureWarning, require
from qsb_hw.lindblad.capacity import require_count, threads_for
from qsb_hw.model.device import Device
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.questions.ensemble_results import Arrangement, EnsemblePrediction, Lifetimes, Neighbourhood
from qsb_hw.result import Status

MOST_DEVICES = 1e12
"""Devices of an ensemble, at most."""
SIZES = (10, 30, 100, 300, 1000)
"""Numbers of devices lifetimes are given for."""
ABOVE = 1.5
"""Times the critical coupling, taken where the devices' own does not suffice."""
REACH = 6.0
"""Detunings around |α| that are searched for the best one, in mean widths of the two transitions."""
MEMBERS = 50
"""Members per group in a sample of scattered frequencies."""
MOST_STEPS = 20_000
"""Steps after which a run of the cumulant equations is given up."""
LATTICES = ("all-to-all", "square lattice", "chain")


def predict_ensemble(
    device: Device,
    *,
    devices: int = 100,
    pair_coupling: float | None = None,
    levels: int | None = None,
    sites: int = 16,
    sizes: Sequence[int] = SIZES,
    seed: int = 1,
    progress: Progress | None = None,
) -> EnsemblePrediction:
    """Predict what `devices` such devices do, every pair coupled by v.

    In the mean-field limit N devices with pair couplings v are one group with V = N v, or two halves with
    V = V_AB = N v/2 (Nadolny & Bruder 2023 Eqs. 1, 2), with all levels of the ladder and its own matrix elements.

    Parameters
    ----------
    device : Device
        From `load_device`.
    devices : int
        N.
    pair_coupling : float, optional
        v in rad/s with its sign; the device file's unless given, 0.3 γ if that has none.
    levels : int, optional
        Levels of the ladder; all bound ones up to 8 unless given.
    sites, sizes : int, sequence of int
        Devices of the arrays with finite range; numbers of devices lifetimes are given for.
    seed : int
        Of scattered frequencies and initial phases.
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    EnsemblePrediction
        `.equal`, `.detuned`, `.near_threshold`, `.neighbourhoods`, `.contrast`.

    Raises
    ------
    ArgumentError
        If there are fewer than two devices, fewer than 4 or more than 200 sites, no pair coupling or no Fock state.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> found = qh.predict_ensemble(qh.load_device("kerr_squid_array"), levels=3, sites=4, sizes=[10])
    >>> round(found.contrast)
    8
    """
    requested = Requested(levels=levels, coupling=pair_coupling, complete=False)
    analysis = Analysis(device, requested, progress=progress)
    return ensemble_of(analysis, devices=devices, sites=sites, sizes=sizes, seed=seed)


def ensemble_of(
    analysis: Analysis, *, devices: int = 100, sites: int = 16, sizes: Sequence[int] = SIZES, seed: int = 1
) -> EnsemblePrediction:
    """Ensemble of the device that an analysis is of, as of `predict_ensemble`; its pair's V is the pair coupling."""
    devices = whole("`devices`", devices, "There must be at least two devices: ask for a hundred.", least=2)
    require_count(devices, MOST_DEVICES, "MOST_DEVICES", "Devices of an ensemble", "Ask for a hundred")
    require(seed >= 0, "The seed must not be negative", seed, "Take 1.")
    sites = whole("`sites`", sites, "Arrays have 4 to 200 sites: use 16 to 100.", least=4, most=200)
    sizes = [whole("Every size", size, "Lifetimes need at least two devices.", least=2) for size in sizes]
    if not analysis.has_fock_state:
        raise ArgumentError(
            f"The tones of {analysis.device.name} must single out one level, but found lines too wide to tell levels "
            "apart. `qsb-hw check` says what to change."
        )
    with threads_for(1):
        return _predicted(analysis, devices, sites, sizes, seed)


def _predicted(analysis: Analysis, count: int, sites: int, sizes: Sequence[int], seed: int) -> EnsemblePrediction:
    effective, v = analysis.effective, analysis.coupling
    sign, total = math.copysign(1.0, v), abs(count * v)

    def stage(number: int, name: str) -> None:
        if analysis.progress is not None:
            analysis.progress(name, number, 5)

    stage(0, "critical couplings")
    critical = onset(LadderGroups.of(effective, sign))
    detunings, couplings = _over_detuning(effective, sign)
    best, lowest = _best_detuning(effective, sign, detunings, couplings)
    arranged = partial(_arrangement, effective, sign, sizes, seed)
    stage(1, "equal devices")
    equal = arranged("equal devices", 0.0, critical, total)
    stage(2, "two detuned sub-ensembles")
    near = detuned = arranged("detuned sub-ensembles", best, lowest, total)
    if total > ABOVE * lowest:
        near = arranged("detuned sub-ensembles, near threshold", best, lowest, 0.0)
    stage(3, "reduction to three levels")
    reduction = three_level_error(effective, sign * ABOVE * (critical if math.isfinite(critical) else total))
    stage(4, "neighbours only")
    neighbourhoods = tuple(_neighbourhood(effective, sign, best, name, sites, seed) for name in LATTICES)
    return EnsemblePrediction(
        device=analysis.device,
        effective=effective,
        devices=count,
        pair_coupling=v,
        source=analysis.coupling_choice.origin.value,
        three_levels=SpinGroups.from_device(effective, coupling=count * v),
        reduction=reduction,
        detunings=detunings,
        critical_couplings=couplings,
        equal=equal,
        detuned=detuned,
        near_threshold=near,
        neighbourhoods=neighbourhoods,
    )


def halves_of(effective: EffectiveOscillator, detuning: float, total: float) -> LadderGroups:
    """Two halves of N devices, detuned by δ, with N v = `total`."""
    return _detuned(LadderGroups.of([effective, effective], np.full((2, 2), total / 2)), detuning)


def _detuned(halves: LadderGroups, detuning: float) -> LadderGroups:
    return halves.detuned([detuning / 2, -detuning / 2])


def _width(effective: EffectiveOscillator) -> float:
    """Half-width of the resonance of |n0, n0⟩ with |n0±1, n0∓1⟩: mean of the two rates that empty the latter."""
    target = effective.target or 1
    return float(effective.rates[target, target - 1] + effective.rates[target, target + 1]) / 2


def _over_detuning(effective: EffectiveOscillator, sign: float) -> tuple[Floats, Floats]:
    bend, width = _bend(effective), _width(effective)
    near = bend + width * np.linspace(-REACH, REACH, 49)
    away = np.geomspace(REACH * width, max(bend, 2 * REACH * width), 17)  # as the resonance is seen on a logarithm
    below, above = bend - away, bend + away[away <= max(0.6 * bend, REACH * width)]
    detunings = np.unique(np.concatenate([[0.0, bend], near[near > 0], below[below > 0], above]))
    equal = halves_of(effective, 0.0, sign)
    return detunings, np.array([onset(_detuned(equal, d)) for d in detunings])


def _bend(effective: EffectiveOscillator) -> float:
    """|α| = |E_{n0+1} − 2E_{n0} + E_{n0−1}|, 2K at n0."""
    return abs(2 * effective.ladder.kerr_at(effective.target or 1))


def _best_detuning(
    effective: EffectiveOscillator, sign: float, detunings: Floats, couplings: Floats
) -> tuple[float, float]:
    """Detuning at which halves need the least coupling, and that coupling."""
    from scipy.optimize import minimize_scalar

    k = int(np.argmin(couplings))
    if not math.isfinite(couplings[k]):
        return float(_bend(effective)), math.inf
    low, high = detunings[max(k - 1, 0)], detunings[min(k + 1, detunings.size - 1)]
    equal = halves_of(effective, 0.0, sign)
    found = minimize_scalar(
        lambda d: onset(_detuned(equal, d)), bounds=(low, high), method="bounded",
        options={"xatol": 1e-3 * (high - low)},
    )  # fmt: skip
    if found.fun < couplings[k]:
        return float(found.x), float(found.fun)
    return float(detunings[k]), float(couplings[k])


def _fastest_detuning(effective: EffectiveOscillator, total: float) -> float:
    """Detuning at which disturbances of two halves grow fastest; levels shift with the coupling, and it with them."""
    reach = max(REACH * _width(effective), abs(total))
    detunings = _bend(effective) + reach * np.linspace(-1, 1, 97)
    equal = halves_of(effective, 0.0, total)
    rates = [growth(_detuned(equal, d)).real for d in detunings]
    return float(detunings[np.argmax(rates)])


def _arrangement(
    effective: EffectiveOscillator,
    sign: float,
    sizes: Sequence[int],
    seed: int,
    name: str,
    detuning: float,
    critical: float,
    available: float,
) -> Arrangement:
    found = Arrangement(
        name=name, detuning=detuning, critical_detuning=detuning, critical=critical, total=available, assumed=False
    )
    if not math.isfinite(critical):
        return found
    assumed = available <= critical
    total = ABOVE * critical if assumed else available
    if detuning:
        detuning = _fastest_detuning(effective, sign * total)
        ladder = halves_of(effective, detuning, sign * total)
        three = SpinGroups.from_device(
            effective, coupling=sign * total / 2, intergroup=sign * total / 2, detuning=detuning
        )
    else:
        ladder = LadderGroups.of(effective, sign * total)
        three = SpinGroups.from_device(effective, coupling=sign * total)
    found = replace(found, detuning=detuning, total=total, assumed=assumed, cycle=limit_cycle(ladder))
    if not found.synchronizes:
        return found
    spread = tolerated_spread(three, np.random.default_rng(seed), members=MEMBERS, samples=6)
    lifetimes = _lifetimes(effective, ladder, three, sizes)
    return replace(found, lifetimes=lifetimes, spread=spread if spread.spread else None)


def _lifetimes(
    effective: EffectiveOscillator, ladder: LadderGroups, three: SpinGroups, sizes: Sequence[int]
) -> Lifetimes:
    diffusion = phase_diffusion(ladder)
    one_group = ladder.count == 1
    runs = [_closed(three, n) if one_group else (math.nan, True) for n in sizes]
    return Lifetimes(
        sizes=np.array(sizes),
        linear_noise=np.array([diffusion.lifetime(n / ladder.count) for n in sizes]),
        cumulants=np.array([life for life, _ in runs]),
        uncoupled=uncoupled_lifetime(LadderGroups.of(effective, 0.0), diffusion.cycle.states[0]),
        physical=all(fine for _, fine in runs),
    )


def _closed(three: SpinGroups, n: int) -> tuple[float, bool]:
    """Lifetime from second-order cumulants, NaN where there is none, and whether they stayed physical."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ClosureWarning)
            run = finite_size(three, n, max_steps=MOST_STEPS)
    except ArgumentError:  # no limit cycle with three levels
        return math.nan, True
    fine = run.status in (Status.CONVERGED, Status.UNPHYSICAL)
    return (run.lifetime if fine else math.nan), run.status is not Status.UNPHYSICAL


def _neighbourhood(
    effective: EffectiveOscillator, sign: float, detuning: float, topology: str, sites: int, seed: int
) -> Neighbourhood:
    links, parity = adjacency(topology, sites), _parity(topology, sites)
    unit = array_of(SpinGroups.from_device(effective, coupling=sign), sign * links, detuning / 2 * parity)
    critical = onset(unit)
    order = local_order = amplitude = math.nan
    if math.isfinite(critical):
        run = integrate_array(unit.scaled(ABOVE * critical), np.random.default_rng(seed), sublattices=parity)
        order, local_order, amplitude = run.order, run.local_order, run.amplitude
    return Neighbourhood(
        topology=topology,
        sites=sites,
        neighbours=float(links.sum() / sites),
        critical=critical,
        order=order,
        local_order=local_order,
        amplitude=amplitude,
    )


def _parity(topology: str, sites: int) -> Floats:
    """+1 and −1 in turns, neighbours differing wherever the graph allows it."""
    place = np.arange(sites)
    if topology == "square lattice":
        place = np.add(*np.divmod(place, math.isqrt(sites)))
    return np.where(place % 2 == 0, 1.0, -1.0)
