"""``qsb-hw evolve``: pumps on, coupling on, and what is seen when."""

from __future__ import annotations

from typing import Annotated

from qsb_hw.cli.options import (
    BathLevels,
    Coupling,
    Json,
    Levels,
    PairLevels,
    Plot,
    Spec,
    angular,
    of_two,
    option,
    seconds,
)
from qsb_hw.cli.output import present
from qsb_hw.cli.progress import progress
from qsb_hw.cli.subject import Node, device_of
from qsb_hw.errors import require, suggestion

Initial = Annotated[str, option("--initial STATE", "State before the pumps are turned on: ground or thermal.", True)]
When = Annotated[str | None, option(
    "--time T", 'Duration to ask about, like "10 us"; that of one experiment unless given.',
)]  # fmt: skip
Alone = Annotated[bool, option("--alone", "One device only: leave out the coupled pair.")]


def evolve(
    spec: Spec, initial: Initial = "ground", time: When = None, alone: Alone = False, coupling: Coupling = None,
    as_json: Json = False, plot: Plot = None, levels: Levels = None, pair_levels: PairLevels = None,
    bath_levels: BathLevels = None, node: Node = None,
) -> None:  # fmt: skip
    """Turn the pumps on, wait for the Fock state, couple two devices: S(t), how long to wait, what is reached when."""
    with progress("reading the file") as report:
        from qsb_hw.analysis.analysis import analyse
        from qsb_hw.questions.numerics import numerics_of
        from qsb_hw.questions.protocol import staged
        from qsb_hw.questions.turn_on import STARTS, turned_on
        from qsb_hw.spec.protocol import protocol_of

        of_two({"--coupling": coupling, "--pair-levels": pair_levels}, alone)
        require(
            initial in STARTS,
            "--initial must be ground or thermal",
            repr(initial),
            suggestion(initial, STARTS, "Leave it out for ground."),
        )
        analysis = analyse(
            device_of(spec, node), levels=levels, pair_levels=pair_levels, bath_levels=bath_levels,
            coupling=angular(coupling, "--coupling"), progress=report,
        )  # fmt: skip
        known = analysis.has_fock_state
        asked = seconds(time, "--time")
        protocol = protocol_of(analysis.device.spec)
        run = None if protocol is None or not known else staged(analysis, protocol, initial, pair=not alone)
        found = turned_on(analysis, initial, asked, pair=not alone) if known and run is None else None
        solved = [analysis.alone, *(one for one in (found, run) if one is not None)] if known else []
        skipped = "" if known else "time evolution"
        numerics = numerics_of(analysis, pair=solved, paired=not alone, skipped=skipped)
    from qsb_hw.plot import plot_protocol, plot_turn_on
    from qsb_hw.show.fields import With
    from qsb_hw.show.time import EVOLVED, evolution_view, is_fine

    shown = None if run is None else With(run, target=analysis.target, devices=1 if alone else 2)
    picture = (
        None if run is None and found is None else lambda _: plot_turn_on(found) if found else plot_protocol(shown)
    )
    present(
        EVOLVED, With(analysis, evolution=found, staged=shown, numerics=numerics), evolution_view, as_json=as_json,
        plot=plot, picture=picture, spec=spec, fine=is_fine(found) or is_fine(run),
    )  # fmt: skip
