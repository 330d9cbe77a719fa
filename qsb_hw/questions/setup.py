"""What the stages of a protocol act on: oscillators whose pumps, couplings, detunings and fluxes can be set."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Complexes, Floats
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.capacity import estimate_of
from qsb_hw.analysis.chip import MOST_COMPLETE_STATES, ChipAnalysis
from qsb_hw.arguments import whole
from qsb_hw.devices.rebuilt import flux_of, flux_path, rebuilt
from qsb_hw.elimination.eliminate import eliminate
from qsb_hw.errors import ArgumentError, require
from qsb_hw.model.chip import Chip
from qsb_hw.model.device import Device
from qsb_hw.model.network import Network, Oscillator
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.model.protocol import Controls
from qsb_hw.questions.time import Dynamic, problem_of
from qsb_hw.sync.initial import initial_state
from qsb_hw.units import FLUX_QUANTUM

SAME_FLUX = 1e-12
"""Flux quanta, about, within which two fluxes are one."""
Built = tuple[Sequence[Oscillator], Complexes]
"""Oscillators and V of every two in rad/s."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Setup:
    """Oscillators as specified, and how they are changed.

    Attributes
    ----------
    names : tuple of str
        Of the oscillators; stages name them.
    oscillators, coupling : tuple, (N, N) complex
        As specified, V in rad/s.
    flux : (N,) float
        Flux bias of each in Wb as specified; NaN for none.
    at_flux : callable or None
        Oscillators and V at other fluxes; None where nothing can be built anew.
    why_fixed : str
        Why an oscillator has no flux.
    eliminated : bool
        Whether baths are eliminated once everything is set.
    frame : float
        Frequency in rad/s that eliminated oscillators are seen without, the same at all times.
    """

    names: tuple[str, ...]
    oscillators: tuple[Oscillator, ...]
    coupling: Complexes
    flux: Floats
    at_flux: Callable[[Floats], Built] | None = None
    why_fixed: str = "Give a device or chip from its file."
    eliminated: bool = False
    frame: float = 0.0
    _built: dict[bytes, Built] = field(default_factory=dict, repr=False)

    def network(self, controls: Controls) -> Network:
        """The network with what is on."""
        oscillators, coupling = self._at(controls.flux)
        found = controls.network(oscillators, coupling)
        return self.reduced(found) if self.eliminated else found

    def reduced(self, network: Network) -> Network:
        """The same with every bath eliminated."""
        found = [replace(eliminate(one).detuned(-self.frame), name=one.name)
                 for one in network.oscillators if isinstance(one, SelfOscillator)]  # fmt: skip
        return Network(found, network.coupling)

    def _at(self, flux: Floats) -> Built:
        moved = ~np.isnan(flux) & ~(np.abs(flux - self.flux) <= SAME_FLUX * FLUX_QUANTUM)
        if not moved.any():
            return self.oscillators, self.coupling
        assert self.at_flux is not None
        if (key := flux.tobytes()) not in self._built:
            self._built.clear()
            self._built[key] = self.at_flux(flux)
        return self._built[key]

    def require_flux(self, stages: Iterable[Controls]) -> None:
        """`ArgumentError` where a stage sets the flux of what has none."""
        for stage in stages:
            for k in np.flatnonzero(~np.isnan(stage.flux) & np.isnan(self.flux)).tolist():
                must = f"A stage's flux must be that of a split junction, but {self.names[k]} has none"
                raise ArgumentError(f"{must}. {self.why_fixed}")

    def initial(self, initial: Any, rwa: bool) -> sp.csr_array:
        """Density matrix of what `run_protocol` takes as `initial`."""
        network = Network(self.oscillators, self.coupling)
        if self.eliminated and initial == "thermal":
            return reduce(lambda a, b: sp.csr_array(sp.kron(a, b, format="csr")), map(_thermal, self.oscillators))
        problem = problem_of(self.reduced(network) if self.eliminated else network, rwa)
        return initial_state(problem.model, problem.network, initial, rwa)


Acted = Dynamic | ChipAnalysis | Setup


def setup_of(problem: Acted, tuning: str = "retuned", source: str = "spec") -> Setup:
    """The setup of anything that a protocol can act on."""
    if isinstance(problem, Setup):
        return problem
    if isinstance(problem, ChipAnalysis):
        return chip_setup(problem, None, tuning, source)
    if isinstance(problem, Chip):
        network = problem.network(complete=True)
        return _setup_of_chip(problem, network.oscillators, tuning, source)
    if isinstance(problem, Device):
        problem = Analysis(problem)
    if isinstance(problem, Analysis) and problem.requested.complete:
        return device_setup(problem, False, tuning, source)
    chosen = problem_of(problem)
    hint = "Give a Network, a device or a chip: of a bare model nobody knows what the pumps are."
    require(chosen.network is not None, "A protocol must be of oscillators", "a LindbladModel", hint)
    assert chosen.network is not None
    own = [one.name for one in chosen.network.oscillators]
    names = own if len(set(own)) == len(own) else [str(k + 1) for k in range(len(own))]
    return Setup(
        names=tuple(names),
        oscillators=chosen.network.oscillators,
        coupling=chosen.network.coupling,
        flux=np.full(len(names), math.nan),
    )


def device_setup(analysis: Analysis, pair: bool, tuning: str = "retuned", source: str = "spec") -> Setup:
    """One complete device, or it and its twin, as nodes A and B; at another flux V stays."""
    analysis = analysis.completed
    one, device = analysis.oscillator, analysis.device
    one = analysis.pair_size.of(one) if pair else one
    coupling = np.array([[0, analysis.coupling], [analysis.coupling, 0]]) if pair else np.zeros((1, 1))
    try:
        rest, why = flux_of(device), ""
    except ArgumentError as error:
        rest, why = math.nan, str(error)

    def at_flux(flux: Floats) -> Built:
        found = [
            one if abs(at - rest) <= SAME_FLUX * FLUX_QUANTUM
            else _as_large(rebuilt(device, {flux_path(): at}, tuning, source), one)
            for at in flux.tolist()
        ]  # fmt: skip
        return found, np.asarray(coupling, dtype=complex)

    names = ("A", "B") if pair else ("A",)
    return Setup(
        names=names,
        oscillators=(one,) * len(names),
        coupling=np.asarray(coupling, dtype=complex),
        flux=np.full(len(names), rest),
        at_flux=None if math.isnan(rest) else at_flux,
        why_fixed=why,
    )


def chip_setup(
    analysis: ChipAnalysis, complete: bool | None = None, tuning: str = "retuned", source: str = "spec",
    most_states: int = MOST_COMPLETE_STATES,
) -> Setup:  # fmt: skip
    """All nodes of a chip with every bath where these are no more than `most_states` states, else eliminated.

    `complete` asks for the one or the other. `CapacityError` where a complete network that is asked for is too large.
    """
    places = range(analysis.chip.size)
    nodes: list[SelfOscillator] = []
    if complete is not False:
        parts = {place: one for part in analysis.parts for place, one in
                 zip(part, analysis.complete_nodes(part), strict=True)}  # fmt: skip
        nodes = [parts[place] for place in places]
        states = math.prod(dim for one in nodes for dim in one.dims)
        complete = complete or states <= most_states
        if complete:
            estimate_of(nodes).require()
    if complete:
        return _setup_of_chip(analysis.chip, nodes, tuning, source)
    levels = [int(one.value) for one in analysis.network.levels]
    kept = [
        replace(node.completed.device.oscillator(n), name=name)
        for node, n, name in zip(analysis.nodes, levels, analysis.chip.names, strict=True)
    ]
    first = [float(one.ladder.transition_frequencies[(one.target or 1) - 1]) for one in kept]
    return replace(_setup_of_chip(analysis.chip, kept, tuning, source), eliminated=True, frame=float(np.mean(first)))


def _setup_of_chip(chip: Chip, nodes: Sequence[Oscillator], tuning: str, source: str) -> Setup:
    flux, why = np.full(chip.size, math.nan), ""
    for k, name in enumerate(chip.names):
        try:
            flux[k] = flux_of(chip, name)
        except ArgumentError as error:
            why = why or str(error)

    def at_flux(moved: Floats) -> Built:
        values = {
            flux_path(name): float(at)
            for name, at, rest in zip(chip.names, moved, flux, strict=True)
            if not math.isnan(at) and abs(at - rest) > SAME_FLUX * FLUX_QUANTUM
        }
        new = rebuilt(chip, values, tuning, source)
        assert isinstance(new, Chip)
        made = [
            _as_large(device, old) if flux_path(name) in values else old
            for name, device, old in zip(chip.names, new.nodes, nodes, strict=True)
            if isinstance(old, SelfOscillator)
        ]
        return made, new.coupling

    return Setup(
        names=chip.names,
        oscillators=tuple(nodes),
        coupling=chip.coupling,
        flux=flux,
        at_flux=None if np.isnan(flux).all() else at_flux,
        why_fixed=why,
    )


def _as_large(device: Device | Chip, old: SelfOscillator) -> SelfOscillator:
    """The oscillator of a device with the levels, Fock states and name of another one."""
    assert isinstance(device, Device)
    must = f"Levels of {device.name} at another flux must be those kept"
    whole(must, old.levels, "Keep fewer levels, or move the flux less.", most=device.complete.levels)
    short = device.complete.truncated(old.levels)
    sizes = [bath.levels for bath in old.baths]
    baths = (bath.resized(n) if bath.is_mode else bath for bath, n in zip(short.baths, sizes, strict=True))
    return replace(short, baths=tuple(baths), name=old.name)


def _thermal(oscillator: Oscillator) -> sp.csr_array:
    """Populations at the temperature of the environment, baths left out."""
    assert isinstance(oscillator, SelfOscillator)
    loss = oscillator.decoherence
    weights = (loss.up_rate / loss.down_rate if loss.down_rate else 0.0) ** np.arange(oscillator.levels)
    return sp.csr_array(sp.diags_array((weights / weights.sum()).astype(complex)))
