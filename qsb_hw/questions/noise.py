"""What each noise takes away from P(n0) and from the blockade contrast: differences of two certified solutions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from qsb_hw._typing import Progress
from qsb_hw.analysis.analysis import Analysis, analyse
from qsb_hw.analysis.conditions import Conditions
from qsb_hw.arguments import real
from qsb_hw.elimination.variants import with_mode_kerr, without_recoil
from qsb_hw.errors import require
from qsb_hw.lindblad.spectrum import relaxation_rate
from qsb_hw.model.build import full_model
from qsb_hw.model.device import Device
from qsb_hw.model.display import html_tables
from qsb_hw.model.noise import Noise, SlowNoise, noises_named
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.questions.observe import Observed, observe, observe_nominal
from qsb_hw.questions.slow_noise import DURATION, flicker_spread, slow_average
from qsb_hw.result import Certificate, Result, Status, worst_status
from qsb_hw.units import show, show_frequency

RESOLVED = 0.02
"""Error of a contrast averaged over runs, in units of the contrast without noise, above which it is a bound only."""
NO_SUCH_CHANNEL = "Neither the device file nor the platform has such a channel."


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseRow(Result):
    """Reduction by one noise channel: the same device with it and without it, everything else as it is.

    Status and certificate are those of both solutions; skipped where the noise is not given.

    Attributes
    ----------
    name : str
        For tables; says what a slow noise moves.
    fidelity, fidelity_without, contrast, contrast_without : float
        P(n0) and S(resonance)/S(0) with and without it; NaN where it is not given.
    fidelity_error, contrast_error : float
        Of the quadrature over a slow noise; 0 for a Lindblad channel.
    solves : int
        Steady states solved for this row alone.
    size, remedy : str
        How large the noise is, and what to change; where it is not given, how to give it.
    """

    noise: Noise
    name: str
    fidelity: float = math.nan
    fidelity_without: float = math.nan
    contrast: float = math.nan
    contrast_without: float = math.nan
    fidelity_error: float = 0.0
    contrast_error: float = 0.0
    status: Status = Status.SKIPPED
    certificate: Certificate = field(default_factory=Certificate)
    solves: int = 0
    size: str = ""
    remedy: str = ""
    message: str = ""

    @property
    def given(self) -> bool:
        """Whether the device has this noise and tells how large it is."""
        return self.status is not Status.SKIPPED

    @property
    def fidelity_loss(self) -> float:
        """Reduction of P(n0); negative for an increase."""
        return self.fidelity_without - self.fidelity

    @property
    def contrast_loss(self) -> float:
        """Reduction of S(resonance)/S(0) as a share of the contrast without it; negative for an increase."""
        return 1 - self.contrast / self.contrast_without

    @property
    def contrast_resolved(self) -> bool:
        """Whether the average over a slow noise found the contrast; else the loss is a lower bound.

        Where the line is narrower than the distances between the nodes, the one in the middle weighs too much.
        """
        return not self.contrast_error > RESOLVED * self.contrast_without

    @property
    def severity(self) -> float:
        """The larger of the shares lost of P(n0) and of the contrast; ∞ where a solve failed, −∞ where not given."""
        if not self.given:
            return -math.inf
        if self.status is not Status.CONVERGED:
            return math.inf
        return float(np.fmax(self.fidelity_loss / self.fidelity_without, self.contrast_loss))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NoiseBudget(Result):
    """The noises of a device, worst first, those not given last.

    Attributes
    ----------
    rows : tuple of NoiseRow
        Each the difference of two certified solutions; the rows do not add up exactly, for noises act together.
    nominal : Observed
        The device as its Lindblad model has it: T1, Tφ, temperature, heating and recoil, nothing slow, no cavity Kerr.
    settling_rate : float
        Slowest decay of one device in 1/s, every bath kept.
    """

    rows: tuple[NoiseRow, ...]
    nominal: Observed
    conditions: Conditions
    settling_rate: float
    solves: int

    @property
    def status(self) -> Status:
        """Of the first solve that did not converge, else converged."""
        return worst_status((self.nominal.status, *(r.status for r in self.rows if r.given)))

    @property
    def message(self) -> str:
        """Which noises are not given."""
        return " ".join(f"{r.name} is not given." for r in self.rows if not r.given)

    @property
    def certificate(self) -> Certificate:
        """The worst of all rows."""
        return Certificate.worst([self.nominal.certificate, *(r.certificate for r in self.rows)])

    def _repr_html_(self) -> str:
        return html_tables(self)


def noise_budget(
    source: Device | Analysis,
    *,
    noises: Sequence[str] = (),
    duration: float = DURATION,
    progress: Progress | None = None,
) -> NoiseBudget:
    """Reduction of P(n0) and of S(resonance)/S(0) by each noise channel.

    P(n0) is that of one device with every bath kept; the contrast that of the complete pair. Lindblad channels are
    taken out of the device's model; T1 takes its thermal quanta along. Slow noise and the cavities' Kerr effect, which
    the model leaves out, are put in: slow noise as an average over runs (Gauss–Hermite for 1/f, Gauss–Chebyshev for an
    offset charge), independent in both devices. Of the Kerr effect the pull −4K_c n_c of the resonance and −K_c c†²c²
    are kept; squeezing is off resonance by 2δ and left out, an error of order (K_c n_c/δ)².

    Parameters
    ----------
    source : Device or Analysis
        From `load_device`, or from `analyse` with conditions of its own.
    noises : sequence of str
        Names of the rows wanted (`Noise`); all unless given.
    duration : float
        Of the whole measurement in s: where 1/f noise ends below.
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    NoiseBudget
        `.rows`, worst first.

    Raises
    ------
    ArgumentError
        If a noise is not known, the tones single out no level, or the duration is shorter than the settling.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> budget = qh.noise_budget(qh.load_device("kerr_squid_array"), noises=["t1"])
    >>> budget.rows[0].name, bool(0 < budget.rows[0].fidelity_loss < 0.1)
    ('T1', True)
    """
    wanted = noises_named(noises)
    analysis = (source if isinstance(source, Analysis) else analyse(source)).completed
    oscillator = analysis.oscillator
    duration = real("`duration`", duration, "Give a time in s.", above=0.0)
    require(
        analysis.has_fock_state,
        "The tones must single out one level with both its neighbours on the ladder for a noise to take anything away",
        f"n0 = {oscillator.target} among {oscillator.levels} levels, or σ = κ/4K above 1",
        "Keep n0 + 2 levels, raise K or lower κ.",
    )
    nominal = observe_nominal(analysis)
    settling = relaxation_rate(full_model(oscillator, analysis.requested.rwa))
    rows: list[NoiseRow] = []
    for done, noise in enumerate(wanted):
        if progress is not None:
            progress(f"noise budget: {analysis.device.vocabulary.noise(noise)}", done, len(wanted))
        rows += _rows(noise, analysis, nominal, settling, duration)
    if progress is not None:
        progress("noise budget", len(wanted), len(wanted))
    return NoiseBudget(
        rows=tuple(sorted(rows, key=lambda row: row.severity, reverse=True)),
        nominal=nominal,
        conditions=analysis.conditions,
        settling_rate=settling,
        solves=nominal.solves + sum(r.solves for r in rows),
    )


def _rows(noise: Noise, analysis: Analysis, nominal: Observed, settling: float, duration: float) -> list[NoiseRow]:
    device, oscillator, words = analysis.device, analysis.oscillator, analysis.device.vocabulary
    found = _without(noise, oscillator)
    if found is not None:
        without, size = found
        other = observe(without, analysis)
        named = {"noise": noise, "name": words.noise(noise), "remedy": words.noise_remedy(noise)}
        return [_row(nominal, other, size=size, solves=other.solves, **named)]
    if noise is Noise.CAVITY_KERR and all(bath.kerr is not None for bath in oscillator.baths):
        return [_kerr_row(nominal, analysis)]
    slow = [_slow_row(one, settling, duration, nominal, analysis) for one in device.slow_noise if one.noise is noise]
    missing = NoiseRow(noise=noise, name=words.noise(noise), remedy=device.not_given.get(noise, NO_SUCH_CHANNEL))
    return slow or [missing]


def _row(seen: Observed, without: Observed, **more: Any) -> NoiseRow:
    return NoiseRow(
        fidelity=seen.fidelity,
        fidelity_without=without.fidelity,
        contrast=seen.contrast,
        contrast_without=without.contrast,
        status=worst_status((seen.status, without.status)),
        certificate=Certificate.worst((seen.certificate, without.certificate)),
        **more,
    )


def _without(noise: Noise, oscillator: SelfOscillator) -> tuple[SelfOscillator, str] | None:
    """The oscillator without a Lindblad channel, and how large that is; None where it has none."""
    own, gamma = oscillator.decoherence, min(tone.gamma for tone in oscillator.stabilising_tones)
    if noise is Noise.RECOIL and any(bath.recoil for bath in oscillator.baths):
        return without_recoil(oscillator), "of every emitted photon"
    if noise is Noise.T1 and math.isfinite(own.t1):
        quiet = replace(own, t1=math.inf)
        size = f"T1 = {show(own.t1, 's', 3)}, γT1 = {gamma * own.t1:.3g}; with its thermal quanta"
    elif noise is Noise.DEPHASING and math.isfinite(own.t_phi):
        quiet = replace(own, t_phi=math.inf)
        size = f"Tφ = {show(own.t_phi, 's', 3)}, γTφ = {gamma * own.t_phi:.3g}"
    elif noise is Noise.TEMPERATURE and own.thermal_occupation > 0 and math.isfinite(own.t1):
        quiet, size = replace(own, thermal_occupation=0.0), f"n_th = {own.thermal_occupation:.3g}"
    elif noise is Noise.HEATING and own.heating_rate > 0:
        quiet, size = replace(own, heating_rate=0.0), f"{show(own.heating_rate, '1/s', 3)}, γ = {show(gamma, '1/s', 3)}"
    else:
        return None
    return replace(oscillator, decoherence=quiet), size


def _slow_row(slow: SlowNoise, settling: float, duration: float, nominal: Observed, analysis: Analysis) -> NoiseRow:
    average = slow_average(slow, flicker_spread(settling, duration), analysis)
    lines = np.abs(np.diff(slow.levels)[analysis.target - 1 : analysis.target + 1])
    largest = max(float(lines.max()), *(abs(r) for r in slow.resonances), 0.0)
    return _row(
        average.seen, nominal,
        noise=slow.noise, name=f"{analysis.device.vocabulary.noise(slow.noise)}, {slow.where}", remedy=slow.remedy,
        size=f"{show_frequency(average.spread * largest, 3)} rms", solves=average.solves,
        fidelity_error=average.fidelity_error, contrast_error=average.contrast_error,
    )  # fmt: skip


def _kerr_row(nominal: Observed, analysis: Analysis) -> NoiseRow:
    oscillator, words = analysis.oscillator, analysis.device.vocabulary
    seen = observe(with_mode_kerr(oscillator), analysis)
    retuned = observe(with_mode_kerr(oscillator, retuned=True), analysis)
    pulls = [bath.kerr_pull or 0.0 for bath in oscillator.baths]
    by = " and ".join(dict.fromkeys(show_frequency(-pull, 3).replace("-", "−") for pull in pulls))
    left = abs(nominal.fidelity - retuned.fidelity)
    return _row(
        seen, nominal,
        noise=Noise.CAVITY_KERR, name=words.noise(Noise.CAVITY_KERR), solves=seen.solves + retuned.solves,
        size=f"{show_frequency(max(map(abs, pulls)), 3)} pull",
        remedy=f"Retune the {words.drives} by {by}: P(n0) is then off by {left:.0e}.",
    )  # fmt: skip
