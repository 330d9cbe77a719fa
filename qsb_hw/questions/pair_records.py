"""What detectors give of two devices: levels read out, S from the same shots, heterodyne records, phase slips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qsb_hw.analysis.pair import PairAnalysis, frame_shift, pair_of
from qsb_hw.arguments import whole
from qsb_hw.model.chip import Chip
from qsb_hw.model.device import Device, gamma_of
from qsb_hw.model.network import Network
from qsb_hw.questions.heterodyne import HeterodyneRecord, heterodyne
from qsb_hw.questions.records import Readout, read_out
from qsb_hw.questions.slips import PhaseSlips, phase_slips
from qsb_hw.questions.tomography import SynchronizationRecord, sample_synchronization
from qsb_hw.result import Combined, Result

PORT_SHARE = 0.1
"""Rate of an added output over γ of the weaker tone unless given."""
RESPONSES = 20.0
"""Response times of the filter that a record lasts unless given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivers:
    """What is detected, and how.

    Attributes
    ----------
    shots, protocol, readout_error : int, str, float
        As of `sample_synchronization`.
    outputs, slips : bool
        Whether to detect outputs by heterodyne detection, and to count phase slips.
    bandwidth, port_rate, duration : float or None
        Of heterodyne detection: B and the rate of the added outputs in rad/s; of one record in s. The half-width of a
        line of S(Δ), a tenth of γ and 20/B unless given.
    step : float or None
        Time step of trajectories in s; from the rates and detunings unless given.
    efficiency, added_noise : float
        As of `heterodyne`.
    trajectories, seed : int
        Records; of all random numbers.
    """

    shots: int = 1000
    protocol: str = "joint tomography"
    readout_error: float = 0.0
    outputs: bool = True
    slips: bool = False
    bandwidth: float | None = None
    port_rate: float | None = None
    duration: float | None = None
    step: float | None = None
    efficiency: float = 1.0
    added_noise: float = 0.0
    trajectories: int = 40
    seed: int = 0


@dataclass(frozen=True, eq=False, kw_only=True)
class PairRecords(Combined):
    """What detectors give of two devices at one Δ.

    Attributes
    ----------
    where : str
        "blockade point" or "resonance".
    detuning : float
        Δ in rad/s.
    readout : Readout
        Of the joint levels of the complete pair.
    synchronization : SynchronizationRecord
        S of the complete pair from as many shots.
    heterodyne : HeterodyneRecord or None
        Of the eliminated pair with n0 + 2 levels and outputs added; None where none was asked for or is collected.
    slips : PhaseSlips or None
        Of the same pair without outputs; None where not asked for.
    """

    where: str
    detuning: float
    readout: Readout
    synchronization: SynchronizationRecord
    heterodyne: HeterodyneRecord | None
    slips: PhaseSlips | None

    @property
    def _results(self) -> list[Result]:
        # too few slips are a result too, with their limit
        found: list[Result | None] = [self.readout, self.synchronization, self.heterodyne]
        return [one for one in found if one is not None]


def collects_outputs(pair: PairAnalysis) -> bool:
    """Whether every bath that stabilises either node is a mode, whose output can be collected."""
    return all(bath.is_mode for node in pair.nodes for bath in node.device.complete.baths)


def pair_records(pair: PairAnalysis, receivers: Receivers) -> tuple[PairRecords, ...]:
    """At the blockade point and at the first resonance of a pair."""
    whole("`seed`", receivers.seed, "Any whole number from 0.", least=0)
    places = [("blockade point", pair.blockade), *(("resonance", r.detuning) for r in pair.resonances[:1])]
    return tuple(_at(pair, where, detuning, receivers) for where, detuning in places)


def recorded(pair: PairAnalysis, receivers: Receivers, device: Device | Chip) -> dict[str, Any]:
    """Records of a pair with what they are of, what was left out and why; `device` heads what is shown."""
    known = pair.has_fock_state
    skipped = [] if known else ["records: no Fock state is stabilised; `check` says why."]
    if known and receivers.outputs and not collects_outputs(pair):
        own = pair.first.device.vocabulary.observables
        skipped.append(f"heterodyne records: no output field of a mode is collected here. {own}".strip())
    return {
        "names": [one.device.name for one in pair.nodes], "device": device, "coupling": pair.coupling,
        "points": pair_records(pair, receivers) if known else (), "skipped": skipped,
    }  # fmt: skip


def _at(pair: PairAnalysis, where: str, detuning: float, asked: Receivers) -> PairRecords:
    solution = pair.complete_pairs([detuning])[0].require()
    rng = np.random.default_rng(asked.seed)
    seen = _heterodyne(pair, where, detuning, asked) if asked.outputs and collects_outputs(pair) else None
    return PairRecords(
        where=where,
        detuning=detuning + pair.offset,
        readout=read_out(solution, (0, 1), asked.shots, asked.readout_error, rng=rng),
        synchronization=sample_synchronization(
            solution, shots=asked.shots, protocol=asked.protocol, readout_error=asked.readout_error, seed=asked.seed
        ),
        heterodyne=seen,
        slips=_slips(pair, where, detuning, asked) if asked.slips else None,
    )


def _short(pair: PairAnalysis, detuning: float) -> Network:
    one, other = (node.effective.truncated(min(node.target + 2, node.effective.levels)) for node in pair.nodes)
    return pair_of(one, other, pair.coupling, detuning - frame_shift(one, other))


def _heterodyne(pair: PairAnalysis, where: str, detuning: float, asked: Receivers) -> HeterodyneRecord:
    band = pair.half_width if asked.bandwidth is None else asked.bandwidth
    rate = PORT_SHARE * min(gamma_of(node.device) for node in pair.nodes)

    def tick(done: int, total: int) -> None:
        if pair.progress is not None:
            pair.progress(f"heterodyne records, {where}", done, total)

    return heterodyne(
        _short(pair, detuning), port_rate=rate if asked.port_rate is None else asked.port_rate, bandwidth=band,
        duration=RESPONSES / band if asked.duration is None else asked.duration, efficiency=asked.efficiency,
        added_noise=asked.added_noise, step=asked.step, trajectories=asked.trajectories, seed=asked.seed,
        progress=tick,
    )  # fmt: skip


def _slips(pair: PairAnalysis, where: str, detuning: float, asked: Receivers) -> PhaseSlips:
    def tick(done: int, total: int) -> None:
        if pair.progress is not None:
            pair.progress(f"phase slips, {where}", done, total)

    return phase_slips(
        _short(pair, detuning), duration=asked.duration, step=asked.step, trajectories=asked.trajectories,
        seed=asked.seed, progress=tick,
    )  # fmt: skip
