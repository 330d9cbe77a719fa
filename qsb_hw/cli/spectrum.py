"""``qsb-hw spectrum``: lines of a device or a chip, and how two devices pull them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from qsb_hw.cli.evolve import Alone
from qsb_hw.cli.options import BathLevels, Coupling, Json, Levels, Plot, Pumps, Spec, angular, of_two, option
from qsb_hw.cli.output import present
from qsb_hw.cli.progress import progress
from qsb_hw.cli.subject import Node, Nodes, Visible, loaded, refuse
from qsb_hw.errors import require

if TYPE_CHECKING:
    from qsb_hw.model.chip import Chip
    from qsb_hw.model.device import Device

Along = tuple[str, str, Sequence[tuple[float, "Chip | Device"]]]
Vary = Annotated[str | None, option(
    "--vary PATH=VALUES",
    "Look at the two devices, or the links of a chip, over this number of the file instead of Δ: "
    "'$.oscillator.flux_bias=0.1..0.2 Phi_0:11' (of the first device), '$.node.B.oscillator.flux_bias=…'.",
)]  # fmt: skip
MOST_POINTS = 1000
"""Values of what is varied, at most."""


def spectrum(
    spec: Spec, alone: Alone = False, vary: Vary = None, pumps: Pumps = "retuned", coupling: Coupling = None,
    as_json: Json = False, plot: Plot = None, levels: Levels = None, bath_levels: BathLevels = None, node: Node = None,
    nodes: Nodes = None, visible: Visible = None,
) -> None:  # fmt: skip
    """Show the lines of a device or of a chip's nodes, their widths, and how coupling pulls them over Δ or a flux."""
    with progress("reading the file") as report:
        from qsb_hw.analysis.analysis import analyse
        from qsb_hw.analysis.chip import VISIBLE, ChipAnalysis
        from qsb_hw.analysis.conditions import Requested
        from qsb_hw.model.chip import Chip
        from qsb_hw.questions.chip_lines import chip_emission_of, twins_along
        from qsb_hw.questions.lines import emission_of, pulling_of_twins
        from qsb_hw.questions.numerics import numerics_of

        of_two({"--coupling": coupling, "--vary": vary}, alone)
        require(vary is not None or pumps == "retuned", "--pumps must come with --vary", pumps, "Leave it out.")
        require(vary is None or node is None, "--vary must come without --node", "both", "Vary a number of the chip.")
        found = loaded(spec, node, nodes)
        along = None if vary is None else _along(spec, found, vary, pumps)
        asks: dict[str, Any] = {"levels": levels, "bath_levels": bath_levels}
        if isinstance(found, Chip):
            refuse({"--coupling": coupling}, "the file of one device, or with --node")
            chip = ChipAnalysis(
                found, Requested(**asks), visible=VISIBLE if visible is None else visible, progress=report
            )
            known = chip.has_fock_states
            emitted = chip_emission_of(chip, not alone, along) if known else None  # type: ignore[arg-type]
        else:
            refuse({"--visible": visible}, "the file of a chip")
            analysis = analyse(found, **asks, coupling=angular(coupling, "--coupling"), progress=report)
            known = analysis.has_fock_state
            shown = emission_of(analysis, pair=not alone and along is None) if known else None
            if shown is not None and along is not None:
                chips = twins_along(along[2], found, analysis.coupling)
                shown = pulling_of_twins(shown, chips, along[0], along[1], analysis.requested)
            solved = () if shown is None else (analysis.alone, shown)
            numerics = numerics_of(analysis, pair=solved, paired=False, skipped="" if known else "spectrum")
    from qsb_hw.plot import plot_chip_emission, plot_emission
    from qsb_hw.show.fields import With
    from qsb_hw.show.time import CHIP_EMITTED, EMITTED, chip_emission_view, emission_view, is_fine

    if isinstance(found, Chip):
        without = () if known else ("spectrum: a node has no Fock state; `check` says why.",)
        present(
            CHIP_EMITTED, With(emitted, chip=found, emission=emitted, skipped=without), chip_emission_view,
            as_json=as_json, plot=plot, picture=None if emitted is None else lambda _: plot_chip_emission(emitted),
            spec=spec, fine=is_fine(emitted),
        )  # fmt: skip
        return
    present(
        EMITTED, With(analysis, emission=shown, numerics=numerics), emission_view, as_json=as_json, plot=plot,
        picture=None if shown is None else lambda _: plot_emission(shown, name=analysis.device.name), spec=spec,
        fine=is_fine(shown),
    )  # fmt: skip


def _along(spec: str, found: Chip | Device, vary: str, pumps: str) -> Along:
    """Path, unit, and what the file describes at each value of what is varied."""
    from qsb_hw.explore.sweep.axes import Axis, axes_of
    from qsb_hw.explore.sweep.subject import subject_of, with_pumps
    from qsb_hw.model.chip import Chip

    subject = with_pumps(subject_of(spec), pumps)
    (axis,) = axes_of(subject, [vary], MOST_POINTS)
    path = vary.partition("=")[0].strip()
    one = isinstance(axis, Axis) and len(axis.parameters) == 1 and path.startswith("$")
    require(one, "--vary must name one number of the file", vary, "Write $.node.B.oscillator.flux_bias=…")
    assert isinstance(axis, Axis)
    (parameter,) = axis.parameters
    built = []
    for number, value in zip(parameter.numbers, parameter.values, strict=True):
        made = subject.build({parameter.path: value})
        part = isinstance(made, Chip) and isinstance(found, Chip) and made.names != found.names
        built.append((number, made.part(found.names) if part else made))  # type: ignore[union-attr]
    return parameter.name, parameter.unit, built  # type: ignore[return-value]
