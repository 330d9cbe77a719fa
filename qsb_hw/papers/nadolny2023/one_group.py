"""Fig. 2: one group, and the driven oscillator behind it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw._typing import Progress
from qsb_hw.ensemble.dynamics import mean_field, paper_states
from qsb_hw.ensemble.limit_cycle import limit_cycle
from qsb_hw.ensemble.stability import critical_coupling, growth
from qsb_hw.papers.dataset import Axis, Field, Values, each, grid, silent
from qsb_hw.papers.nadolny2023.planes import checked_diagram, diagram, evenly
from qsb_hw.papers.nadolny2023.setup import GAIN, LOSS, ORDER, RESOLUTION, SAMPLES, asymmetry_axis, dataset, one_group
from qsb_hw.sync.microscopic import driven_phase_distribution

if TYPE_CHECKING:
    from xarray import Dataset

SUM = GAIN + LOSS
"""γ₋ + γ₊ in units of γ₋, the unit of V and α in Fig. 2."""
BELOW_AND_ABOVE = (1 / 5, 3 / 5)
START = 0.1 + 0.2j
"""Coherence ρ_12 of the state Fig. 2 (a) starts from."""
ASYMMETRIES = (-1 / 10, 0.0, 1 / 10)
"""α/(γ₋ + γ₊) of Figs. 2 (c, d)."""
DRIVE = 1 / 10
"""Ω/γ₋."""
COHERENCES = {"rho_01": (0, 1), "rho_12": (1, 2), "rho_02": (0, 2)}
UNIT = "γ₋ + γ₊"


def figure_2a(
    *, couplings: Values = None, t_final: float = 60.0, samples: int = 3000, progress: Progress = silent
) -> Dataset:
    """Fig. 2 (a): ⟨S⁺⟩ in time below and above the critical coupling.

    Below V_c it dies out at the rate of the slowest linear mode, above it becomes a phase-locked state.
    """
    couplings = grid(couplings, BELOW_AND_ABOVE)
    batch = [one_group(v * SUM) for v in couplings]
    runs = [mean_field(groups, t_final, samples=samples, initial=paper_states(1, START)) for groups in batch]
    progress("Fig. 2a", 1, 1)
    cycles = [limit_cycle(groups) for groups in batch]
    amplitude = np.stack([run.amplitudes[0] for run in runs])
    over = ("coupling", "time")
    return dataset(
        "2a",
        "One group below and above the critical coupling",
        {"coupling": Axis(couplings, UNIT, "coupling V"), "time": Axis(runs[0].times, "1/γ₋", "time t")},
        {
            "amplitude_real": Field(over, amplitude.real, "1", "Re⟨S⁺⟩"),
            "amplitude_imag": Field(over, amplitude.imag, "1", "Im⟨S⁺⟩"),
            "amplitude_abs": Field(over, np.abs(amplitude), "1", ORDER),
            "locked_amplitude": Field(("coupling",), [c.amplitude[0] for c in cycles], "1", f"{ORDER}, phase-locked"),
            "locked_frequency": Field(("coupling",), [c.frequency[0] for c in cycles], "γ₋", "frequency, phase-locked"),
            "growth": Field(("coupling",), [growth(g).real for g in batch], "γ₋", "growth of the unsynchronized state"),
        },
        "γ₊ = γ₋/2, α = 0",
        f"start 1/3 + ((1 + 2i)|1⟩⟨2| + h.c.)/10; t = {t_final:g}/γ₋, {samples} samples.",
        critical_coupling=critical_coupling(gain=GAIN, loss=LOSS) / SUM,
        residual_max=max(c.residual for c in cycles),
        difference_at_the_end=max(
            float(abs(abs(a[-1]) - c.amplitude[0])) for a, c in zip(amplitude, cycles, strict=True)
        ),
    )


def figure_2b(
    *,
    couplings: Values = None,
    checks: int = 16,
    t_final: float = 5000.0,
    samples: int = 5000,
    progress: Progress = silent,
) -> Dataset:
    """Fig. 2 (b): order parameter and coherences over the coupling, with a sharp onset at V_c.

    In a phase-locked state all |ρ_mn| are constant: it is the long-time average, and is found directly.
    """
    couplings = grid(couplings, np.linspace(0, 1, 320))
    cycles = each("Fig. 2b", couplings, lambda v: limit_cycle(one_group(v * SUM)), progress)
    chosen = evenly(couplings.size, checks)
    plane = {"gain": GAIN, "loss": LOSS, "coupling": couplings[chosen] * SUM}
    run = {"t_final": t_final, "samples": samples}
    means = diagram(plane, run, "Fig. 2b", progress, integrate=True).order_parameter[:, 0] if chosen.size else chosen
    order = np.array([c.amplitude[0] for c in cycles])
    over = ("coupling",)
    return dataset(
        "2b",
        "Onset of synchronization of one group",
        {
            "coupling": Axis(couplings, UNIT, "coupling V"),
            "checked": Axis(couplings[chosen], UNIT, "coupling V, integrated"),
        },
        {
            "order_parameter": Field(over, order, "1", ORDER),
            **{
                name: Field(over, [abs(c.states[0][place]) for c in cycles], "1", f"|ρ_{name[-2:]}|")
                for name, place in COHERENCES.items()
            },
            "frequency": Field(over, [c.frequency[0] for c in cycles], "γ₋", "frequency of ⟨S⁺⟩"),
            "integrated": Field(("checked",), means, "1", f"{ORDER}, integrated"),
        },
        "γ₊ = γ₋/2, α = 0",
        f"V up to {couplings.max():g} (γ₋ + γ₊); phase-locked states found directly, {chosen.size} points also "
        f"integrated from 1/3 + (|1⟩⟨2| + h.c.)/10 over t = {t_final:g}/γ₋, averaged over the last tenth.",
        critical_coupling=critical_coupling(gain=GAIN, loss=LOSS) / SUM,
        criterion="linear stability of the unsynchronized state",
        direct_points=couplings.size,
        integrated_points=0,
        compared_points=int(chosen.size),
        largest_disagreement=float(np.abs(order[chosen] - means).max(initial=0.0)),
        residual_max=max(c.residual for c in cycles),
        unstable_states=sum(not c.stable for c in cycles),
    )


def figure_2c(
    *,
    couplings: Values = None,
    ratios: Values = None,
    checks: int = 4,
    t_final: float = 10000.0,
    samples: int = SAMPLES,
    progress: Progress = silent,
) -> Dataset:
    """Fig. 2 (c): order parameter over V and γ₊/γ₋ at α = 0, with the critical couplings of three α.

    At equal rates the interference blockade holds for every V, for α > 0 as well; α < 0 lifts it.
    """
    couplings = grid(couplings, np.linspace(0, 1, RESOLUTION))
    ratios = grid(ratios, np.geomspace(1 / 10, 10, RESOLUTION))
    plane = {"gain": ratios[:, None] * LOSS, "loss": LOSS, "coupling": couplings * (1 + ratios[:, None]) * LOSS}
    run = {"t_final": t_final, "samples": samples}
    found, about = checked_diagram(plane, run, checks, "Fig. 2c", progress)
    lines = [[_critical(r, a) for r in ratios] for a in ASYMMETRIES]
    return dataset(
        "2c",
        "Interference blockade of one group",
        {
            "ratio": Axis(ratios, "1", "γ₊/γ₋"),
            "coupling": Axis(couplings, UNIT, "coupling V"),
            "asymmetry": asymmetry_axis(ASYMMETRIES, UNIT),
        },
        {
            "order_parameter": Field(("ratio", "coupling"), found.order_parameter[..., 0], "1", ORDER),
            "critical_coupling": Field(("asymmetry", "ratio"), lines, UNIT, "critical coupling V_c"),
        },
        "α = 0 (map); α = −1/10, 0, 1/10 (γ₋ + γ₊) (lines)",
        f"ranges of V and γ₊/γ₋, the latter logarithmic; compared points integrated over t = {t_final:g}/γ₋.",
        **about,
    )


def figure_2d(*, ratios: Values = None, phases: Values = None, progress: Progress = silent) -> Dataset:
    """Fig. 2 (d): phase distribution of one oscillator in a resonant drive.

    For γ₊ = γ₋ and α = 0 the first order in Ω vanishes and two equal maxima at 0 and π are left: the interference
    blockade. Negative α lifts it towards 0, in phase with the drive, positive α towards π.
    """
    ratios, phases = grid(ratios, (1.0, 0.5)), grid(phases, np.linspace(-math.pi, math.pi, 361))
    exact, first = ([[_driven(r, a, order) for a in ASYMMETRIES] for r in ratios] for order in (None, 1))
    progress("Fig. 2d", 1, 1)
    over = ("ratio", "asymmetry")
    return dataset(
        "2d",
        "Phase of a driven oscillator",
        {
            "ratio": Axis(ratios, "1", "γ₊/γ₋"),
            "asymmetry": asymmetry_axis(ASYMMETRIES, UNIT),
            "phase": Axis(phases, "rad", "phase φ"),
        },
        {
            "s": Field((*over, "phase"), [[d(phases) for d in row] for row in exact], "1", "s(φ)"),
            "s_first_order": Field(
                (*over, "phase"), [[d(phases) for d in row] for row in first], "1", "s(φ), first order in Ω"
            ),
            "most_likely": Field(over, [[d.argmax for d in row] for row in exact], "rad", "most likely phase"),
            "bimodality": Field(
                over, [[d.bimodality for d in row] for row in exact], "1", "second maximum over the first"
            ),
        },
        f"Ω = {DRIVE:g} γ₋",
        "γ₊/γ₋ of the panels: 1, and 1/2 as the supplement says of the second one; φ is relative to the drive.",
    )


def _critical(ratio: float, asymmetry: float) -> float:
    total = (1 + ratio) * LOSS
    return critical_coupling(gain=ratio * LOSS, loss=LOSS, asymmetry=asymmetry * total) / total


def _driven(ratio: float, asymmetry: float, order: int | None) -> Any:
    given = {"gain": ratio * LOSS, "loss": LOSS, "asymmetry": asymmetry * (1 + ratio) * LOSS}
    return driven_phase_distribution(**given, drive=DRIVE * LOSS, order=order)
