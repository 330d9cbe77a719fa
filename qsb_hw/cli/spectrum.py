"""``qsb-hw spectrum``: lines of a device, and how two devices pull them."""

from __future__ import annotations

from qsb_hw.cli.evolve import Alone
from qsb_hw.cli.options import BathLevels, Coupling, Json, Levels, Plot, Spec, angular, of_two
from qsb_hw.cli.output import present
from qsb_hw.cli.progress import progress
from qsb_hw.cli.subject import Node, device_of


def spectrum(
    spec: Spec, alone: Alone = False, coupling: Coupling = None, as_json: Json = False, plot: Plot = None,
    levels: Levels = None, bath_levels: BathLevels = None, node: Node = None,
) -> None:  # fmt: skip
    """Show the lines of a device and of its outputs, their widths, and how two devices pull them over the detuning."""
    with progress("reading the file") as report:
        from qsb_hw.analysis.analysis import analyse
        from qsb_hw.questions.lines import emission_of
        from qsb_hw.questions.numerics import numerics_of

        of_two({"--coupling": coupling}, alone)
        analysis = analyse(
            device_of(spec, node), levels=levels, bath_levels=bath_levels, coupling=angular(coupling, "--coupling"),
            progress=report,
        )  # fmt: skip
        known = analysis.has_fock_state
        found = emission_of(analysis, pair=not alone) if known else None
        solved = () if found is None else (analysis.alone, found)
        numerics = numerics_of(analysis, pair=solved, paired=False, skipped="" if known else "spectrum")
    from qsb_hw.plot import plot_emission
    from qsb_hw.show.fields import With
    from qsb_hw.show.time import EMITTED, emission_view, is_fine

    present(
        EMITTED, With(analysis, emission=found, numerics=numerics), emission_view, as_json=as_json, plot=plot,
        picture=None if found is None else lambda _: plot_emission(found), spec=spec, fine=is_fine(found),
    )  # fmt: skip
