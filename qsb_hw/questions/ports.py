"""Outputs of a network that a detector looks at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Complexes, Floats
from qsb_hw.arguments import index, real
from qsb_hw.errors import require, suggestion
from qsb_hw.lindblad.operators import embed
from qsb_hw.lindblad.response import Response, respond
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.steady import steady_state as steady_state_of
from qsb_hw.model.bath import Bath
from qsb_hw.model.build import network_model, oscillator_subsystems
from qsb_hw.model.lindblad import LindbladModel
from qsb_hw.model.network import Network, Oscillator
from qsb_hw.model.oscillator import SelfOscillator

Port = int | str
BANDS_CHECKED = (0.1, 0.3, 1.0, 3.0, 10.0)
"""Bandwidths over that of the filter for which a large model is solved."""
MOST_SEARCHES, SAME = 6, 0.01
"""Of the line that such a filter is set on; over the bandwidth, by how much it may move when it is found."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Detection:
    """Two outputs of a network, and what they do to its state.

    Attributes
    ----------
    network : Network
    model : LindbladModel
        With the jumps of the outputs.
    steady : SteadyState
        Of that model.
    subsystems : tuple of int
        Of the oscillators among those of the model.
    pair : tuple of int
        The two oscillators.
    ports : tuple of int
        Numbers of the jumps that are detected.
    rates : tuple of float
        Output rates κ.
    sign : int
        +1 where the outputs carry the phase of the oscillators, −1 where they carry the opposite one (amplification).
    """

    network: Network
    model: LindbladModel
    steady: SteadyState
    subsystems: tuple[int, ...]
    pair: tuple[int, int]
    ports: tuple[int, int]
    rates: tuple[float, float]
    sign: int

    @property
    def outputs(self) -> tuple[sp.csr_array, sp.csr_array]:
        """The jumps √κ a or √κ c that are detected, (D, D)."""
        first, second = (self.model.jumps[k] for k in self.ports)
        return first, second

    @property
    def transitions(self) -> Floats:
        """ω at which the outputs may emit: of every step of the two ladders, as the outputs count charge."""
        ladders = [np.asarray(self.network.oscillators[k].ladder.transition_frequencies) for k in self.pair]
        return self.sign * np.unique(np.concatenate(ladders))

    def responses(self, first: int, second: int, places: Complexes) -> tuple[Response, ...]:
        """⟨L_i†(0)L_j(τ)⟩, τ > 0, of two of the outputs, 0 or 1; of a large model for these places alone."""
        emitted, seen = self.outputs[first], self.outputs[second]
        state = sp.csr_array(self.steady.state())
        row, col = sp.coo_array(seen).coords
        marks = (np.zeros(row.size, dtype=np.int64), row, col)
        return tuple(respond(self.model, sp.csr_array(state @ emitted.conj().T), seen, state, marks, places=places))


def detection(
    network: Network, pair: tuple[int, int], ports: Port | Sequence[Port] | None, port_rate: float | None
) -> Detection:
    """Outputs `ports` of two complete oscillators, or of rate `port_rate` added to two eliminated ones."""
    must = "A record must be of a Network"
    require(isinstance(network, Network), must, type(network).__name__, "Couple two oscillators.")
    network.pair(*pair)
    model, subsystems = network_model(network), oscillator_subsystems(network)
    if ports is None:
        hint = "It is the rate κ at which quanta leave through the added output, in the unit of the rates."
        require(port_rate is not None, "`ports` or `port_rate` must be given", "neither", hint)
        rate = real("`port_rate`", port_rate, hint, above=0.0)
        lowering = [network.oscillators[k].ladder.annihilation for k in pair]
        added = [math.sqrt(rate) * embed({subsystems[k]: a}, model.dims) for k, a in zip(pair, lowering, strict=True)]
        jumps = model.jumps
        model = LindbladModel(model.hamiltonian, (*jumps, *added), model.dims, model.charge, model.labels)
        numbers, rates, sign = (len(jumps), len(jumps) + 1), (rate, rate), 1
    else:
        hint = "An eliminated oscillator has no bath left: give `port_rate`. A complete one emits by its baths."
        require(port_rate is None, "Only one of `ports` and `port_rate` must be given", "both", hint)
        named = [ports, ports] if isinstance(ports, str | int) else list(ports)
        require(len(named) == 2, "`ports` must be one name, or one for each oscillator", f"{len(named)}", hint)
        found = [_port(network, model, subsystems, k, port) for k, port in zip(pair, named, strict=True)]
        signs = {one[2] for one in found}
        must = "Both ports must be of the same kind, both damping or both amplifying"
        require(len(signs) == 1, must, "one of each", "Their relative phase would be that of no exchange.")
        numbers, rates, sign = (found[0][0], found[1][0]), (found[0][1], found[1][1]), signs.pop()
    steady = steady_state_of(model).require()
    return Detection(
        network=network,
        model=model,
        steady=steady,
        subsystems=subsystems,
        pair=pair,
        ports=numbers,
        rates=rates,
        sign=sign,
    )


def bath_at(oscillator: Oscillator | None, port: Port, hint: str) -> tuple[int, Bath]:
    """A bath of a complete oscillator by its number or name, with its number."""
    must = "A port must be a bath of a complete oscillator"
    require(isinstance(oscillator, SelfOscillator), must, repr(port), hint)
    assert isinstance(oscillator, SelfOscillator)
    names = [bath.name for bath in oscillator.baths]
    if isinstance(port, str):
        require(port in names, "A port must be one of the oscillator's baths", repr(port), suggestion(port, names))
        port = names.index(port)
    which = index("A port", port, len(names), f"Baths are {', '.join(names)}.")
    return which, oscillator.baths[which]


def _port(
    network: Network, model: LindbladModel, subsystems: tuple[int, ...], oscillator: int, port: Port
) -> tuple[int, float, int]:
    """Number of a bath's jump, its rate, and the sign of its charge."""
    hint = "Of an eliminated oscillator there is no cavity to look at: give `port_rate`."
    which, bath = bath_at(network.oscillators[oscillator], port, hint)
    require(bath.is_mode, "A port must be a mode", f"bath {bath.name!r}", "An internal transition has no output.")
    wanted = embed({subsystems[oscillator] + 1 + which: bath.jumps[0]}, model.dims)
    close = 1e-12 * float(abs(wanted).max())
    number = next(k for k, jump in enumerate(model.jumps) if float(abs(jump - wanted).max()) <= close)
    return number, bath.tones[0].linewidth, bath.tones[0].role.sign


@dataclass(frozen=True, eq=False)
class Filtered:
    """Second moments of two outputs after a filter h(t) = B e^{−Bt} at a frequency, by the regression theorem.

    E A_i*A_j = η (B/2) ∫ e^{−B|τ|} e^{iωτ} ⟨L_i†(0)L_j(τ)⟩ dτ, and B/2 of vacuum noise for i = j, whatever η.
    """

    same: tuple[tuple[Response, ...], tuple[Response, ...]]
    forward: tuple[Response, ...]
    backward: tuple[Response, ...]
    centres: Floats | None = None  # of a large model: frequencies and bandwidths for which it is known
    bands: tuple[float, float] = (0.0, math.inf)

    @classmethod
    def of(cls, found: Detection, bandwidth: float, frequency: float | None = None) -> Filtered:
        """Those of a detection; of a large model for filters around that one at a frequency, searched unless given."""
        known = cls._around(found, bandwidth, found.transitions if frequency is None else np.array([frequency]))
        best = math.nan
        for _ in range(MOST_SEARCHES if known.centres is not None and frequency is None else 0):
            before, best = best, known.frequency(bandwidth)
            if abs(best - before) < SAME * bandwidth:
                break
            known = cls._around(found, bandwidth, np.array([best]))
        return known

    @classmethod
    def _around(cls, found: Detection, bandwidth: float, centres: Floats) -> Filtered:
        bands = bandwidth * np.array(BANDS_CHECKED)
        places = np.asarray((centres[:, None] + 1j * bands).ravel(), dtype=complex)
        same = (found.responses(0, 0, places), found.responses(1, 1, places))
        both = (found.responses(0, 1, places), found.responses(1, 0, places))
        large = any(one.targeted for group in (*same, *both) for one in group)
        return cls(same, *both, centres, (float(bands[0]), float(bands[-1]))) if large else cls(same, *both)

    def frequency(self, bandwidth: float) -> float:
        """Where the outputs' correlation passes best, ω in rad/s, among all modes that are known, else their power."""
        responses = (*self.forward, *self.backward, *self.same[0], *self.same[1])
        modes = np.concatenate([-r.modes()[0].imag for r in responses])
        if self.centres is not None:
            near = np.abs(modes[:, None] - self.centres).min(axis=1) < self.bands[1]
            modes = np.concatenate([modes[near], self.centres])
        band = np.array([bandwidth])
        passed = [
            abs(complex(self.correlation(w, band)[0])) + 1e-9 * sum(float(self.signal(k, w, band)[0]) for k in (0, 1))
            for w in modes.tolist()
        ]
        return float(modes[int(np.argmax(passed))])

    def correlation(self, frequency: float, bandwidths: Floats) -> Complexes:
        """E A_1*A_2 with perfect efficiency, (bandwidths,)."""
        return bandwidths / 2 * (_at(self.forward, frequency, bandwidths)
                                 + _at(self.backward, frequency, bandwidths).conj())  # fmt: skip

    def signal(self, port: int, frequency: float, bandwidths: Floats) -> Floats:
        """E|A_j|² with perfect efficiency, less the vacuum noise, (bandwidths,)."""
        return np.asarray(bandwidths * _at(self.same[port], frequency, bandwidths).real)

    def visibility(self, frequency: float, bandwidths: Floats, efficiency: float, added: float) -> Floats:
        """|E A_1*A_2| over √(E|A_1|² E|A_2|²), vacuum and added noise included, (bandwidths,)."""
        power = [efficiency * self.signal(k, frequency, bandwidths) + (1 + added) * bandwidths / 2 for k in (0, 1)]
        return np.asarray(efficiency * np.abs(self.correlation(frequency, bandwidths)) / np.sqrt(power[0] * power[1]))


def _at(responses: tuple[Response, ...], frequency: float, bandwidths: Floats) -> Complexes:
    places: Complexes = np.asarray(frequency + 1j * bandwidths, dtype=complex)
    return sum((r.at(places) for r in responses), np.zeros(bandwidths.size, dtype=complex))
