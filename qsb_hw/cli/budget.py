"""``qsb-hw budget``: noise, tones and detection of a device, or of each node of a chip."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

from qsb_hw.cli.options import BathLevels, Coupling, Json, Levels, PairLevels, Plot, Spec, angular, option, seconds
from qsb_hw.cli.output import present
from qsb_hw.cli.progress import progress
from qsb_hw.cli.subject import Node, Nodes, loaded
from qsb_hw.errors import require

if TYPE_CHECKING:
    from qsb_hw.questions.budget import DeviceBudget

MOST_QUANTA = 1e9
"""Added by an amplifier, at most."""
Noises = Annotated[list[str] | None, option(
    "--noise NAME", "A row of the noise budget, like t1 or flux-noise; may be repeated; all unless given.",
)]  # fmt: skip
Duration = Annotated[str | None, option(
    "--duration TIME", 'Duration of the whole measurement, which cuts 1/f noise off below; "1 hour" unless given.',
)]  # fmt: skip
AddedNoise = Annotated[float, option(
    "--added-noise QUANTA", "Quanta each amplifier adds in heterodyne detection.", show_default=True,
)]  # fmt: skip
ReadoutError = Annotated[float, option(
    "--readout-error P", "Probability to read a neighbouring level of one device, below 1/2.", show_default=True,
)]  # fmt: skip


def budget(
    spec: Spec, noise: Noises = None, duration: Duration = None, added_noise: AddedNoise = 0.0,
    readout_error: ReadoutError = 0.0, coupling: Coupling = None, as_json: Json = False, plot: Plot = None,
    levels: Levels = None, pair_levels: PairLevels = None, bath_levels: BathLevels = None,
    node: Node = None, nodes: Nodes = None,
) -> None:  # fmt: skip
    """Reduction of P(n0) and contrast per noise channel, better tones, and shots for detection; of a chip per node."""
    bounded = not MOST_QUANTA < added_noise < math.inf
    require(bounded, f"--added-noise must be at most {MOST_QUANTA:g}", added_noise, "Give quanta.")
    with progress("reading the file") as report:
        from qsb_hw.model.chip import Chip
        from qsb_hw.questions.budget import device_budget
        from qsb_hw.questions.chip_budget import ChipBudget, chip_budget
        from qsb_hw.questions.slow_noise import DURATION

        time, built = seconds(duration, "--duration"), loaded(spec, node, nodes)
        options: dict[str, Any] = {
            "levels": levels, "pair_levels": pair_levels, "bath_levels": bath_levels,
            "coupling": angular(coupling, "--coupling"), "noises": noise or (),
            "duration": DURATION if time is None else time, "added_noise": added_noise, "readout_error": readout_error,
            "progress": report,
        }  # fmt: skip
        found = chip_budget(built, **options) if isinstance(built, Chip) else device_budget(built, **options)
    from qsb_hw.plot import plot_budget, plot_chip_budget
    from qsb_hw.show.budget import BUDGET, CHIP_BUDGET, budget_view, chip_budget_view

    if isinstance(found, ChipBudget):
        fine = all(_fine(one) for one in found.nodes)
        known = any(one.noise is not None for one in found.nodes)
        present(
            CHIP_BUDGET, found, chip_budget_view, as_json=as_json, plot=plot,
            picture=plot_chip_budget if known else None, spec=spec, fine=fine,
        )  # fmt: skip
        return
    present(
        BUDGET, found, budget_view, as_json=as_json, plot=plot, picture=None if found.noise is None else plot_budget,
        spec=spec, fine=_fine(found),
    )  # fmt: skip


def _fine(found: DeviceBudget) -> bool:
    return found.noise is not None and found.numerics.converged and found.numerics.accurate
