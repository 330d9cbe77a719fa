"""``qsb-hw evolve``: pumps on, coupling on, and what is seen when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

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
from qsb_hw.cli.subject import Complete, NetworkLevels, Node, Nodes, Visible, loaded, refuse
from qsb_hw.errors import require, suggestion

if TYPE_CHECKING:
    from qsb_hw.analysis.analysis import Analysis
    from qsb_hw.analysis.chip import ChipAnalysis
    from qsb_hw.model.protocol import Protocol
    from qsb_hw.questions.chip_time import ChipTurnOn
    from qsb_hw.questions.numerics import Numerics
    from qsb_hw.questions.protocol import ProtocolRun
    from qsb_hw.questions.turn_on import TurnOn

Initial = Annotated[str, option("--initial STATE", "State before the pumps are turned on: ground or thermal.", True)]
When = Annotated[str | None, option(
    "--time T", 'Duration to ask about, like "10 us"; that of one experiment unless given.',
)]  # fmt: skip
Alone = Annotated[bool, option("--alone", "One device only: leave out the coupled pair.")]


RampSteps = Annotated[int | None, option(
    "--ramp-steps N", "Of a protocol: steps that a ramp is cut into at most; 512 unless given.",
)]  # fmt: skip


TimeAccuracy = Annotated[float | None, option(
    "--time-accuracy EPS",
    "Of a chip without a protocol: bound on the error of three nodes or more in time; 1e-4 unless given.",
)]  # fmt: skip
TimeStates = Annotated[int | None, option(
    "--time-states N",
    "Of a chip without a protocol: basis states up to which ladders of its network are as long in time as in the "
    "steady state; 130 unless given.",
)]  # fmt: skip


def evolve(
    spec: Spec, initial: Initial = "ground", time: When = None, alone: Alone = False, coupling: Coupling = None,
    as_json: Json = False, plot: Plot = None, levels: Levels = None, pair_levels: PairLevels = None,
    bath_levels: BathLevels = None, ramp_steps: RampSteps = None, node: Node = None, nodes: Nodes = None,
    visible: Visible = None, network_levels: NetworkLevels = None, complete: Complete = None,
    network_accuracy: TimeAccuracy = None, network_states: TimeStates = None,
) -> None:  # fmt: skip
    """Turn the pumps on, wait for the Fock states, couple two devices or a whole chip: S(t), and how long to wait."""
    with progress("reading the file") as report:
        from qsb_hw.analysis.analysis import analyse
        from qsb_hw.analysis.chip import VISIBLE, ChipAnalysis
        from qsb_hw.analysis.conditions import Requested
        from qsb_hw.model.chip import Chip
        from qsb_hw.questions.turn_on import STARTS
        from qsb_hw.spec.protocol import protocol_of

        of_two({"--coupling": coupling, "--pair-levels": pair_levels}, alone)
        use = suggestion(initial, STARTS, "Leave it out for ground.")
        require(initial in STARTS, "--initial must be ground or thermal", repr(initial), use)
        found, asked = loaded(spec, node, nodes), seconds(time, "--time")
        protocol = protocol_of(found.spec)
        without, use = "a file that has no protocol", "The stages of a protocol have durations of their own."
        require(protocol is None or asked is None, f"--time must come with {without}", spec, use)
        hint = "Write [[protocol.stage]] into it, or leave the option out."
        require(
            protocol is not None or ramp_steps is None,
            "--ramp-steps must come with a file that has a protocol",
            spec,
            hint,
        )
        asks: dict[str, Any] = {"levels": levels, "pair_levels": pair_levels, "bath_levels": bath_levels}
        if isinstance(found, Chip):
            refuse({"--coupling": coupling}, "the file of one device, or with --node")
            of_chip = ChipAnalysis(
                found, Requested(**asks), visible=VISIBLE if visible is None else visible,
                network_levels=network_levels, progress=report,
            )  # fmt: skip
            limits = {"accuracy": network_accuracy, "states": network_states}
            shown, skipped = _chip(of_chip, protocol, initial, asked, alone, complete, ramp_steps, limits, spec)
        else:
            refuse(
                {"--visible": visible, "--network-levels": network_levels, "--complete": complete,
                 "--time-accuracy": network_accuracy, "--time-states": network_states}, "the file of a chip",
            )  # fmt: skip
            one = analyse(found, **asks, coupling=angular(coupling, "--coupling"), progress=report)
            course, run, numerics = _device(one, protocol, initial, asked, alone, ramp_steps, spec)
    from qsb_hw.plot import plot_chip_turn_on, plot_protocol, plot_turn_on
    from qsb_hw.show.fields import With
    from qsb_hw.show.time import CHIP_EVOLVED, EVOLVED, chip_evolution_view, evolution_view, is_fine

    if isinstance(found, Chip):
        staged = protocol is not None
        document = With(
            shown, chip=found, evolution=None if staged else shown, staged=shown if staged else None, skipped=skipped
        )
        plotted: Any = plot_protocol if staged else plot_chip_turn_on
        draw = None if shown is None else lambda _: plotted(shown)
        present(
            CHIP_EVOLVED, document, chip_evolution_view, as_json=as_json, plot=plot, picture=draw, spec=spec,
            fine=is_fine(shown) and not skipped,
        )  # fmt: skip
        return
    known = run is not None or course is not None

    def drawn(_: object) -> Any:
        if course is not None:
            return plot_turn_on(course, device=one.device)
        assert run is not None
        return plot_protocol(run)

    present(
        EVOLVED, With(one, evolution=course, staged=run, numerics=numerics), evolution_view, as_json=as_json, plot=plot,
        picture=drawn if known else None, spec=spec,
        fine=is_fine(course) or is_fine(run),
    )  # fmt: skip


def _device(
    analysis: Analysis, protocol: Protocol | None, initial: str, asked: float | None, alone: bool,
    ramp_steps: int | None, source: str,
) -> tuple[TurnOn | None, ProtocolRun | None, Numerics]:  # fmt: skip
    """One device and its twin: the usual experiment, or the protocol of its file."""
    from qsb_hw.questions.numerics import numerics_of
    from qsb_hw.questions.protocol import MOST_STEPS, staged
    from qsb_hw.questions.turn_on import turned_on

    known, run, found = analysis.has_fock_state, None, None
    if known and protocol is not None:
        run = staged(
            analysis, protocol, initial, pair=not alone, source=source,
            most_steps=MOST_STEPS if ramp_steps is None else ramp_steps,
        )  # fmt: skip
    elif known:
        found = turned_on(analysis, initial, asked, pair=not alone)
    solved = [analysis.alone, *(one for one in (found, run) if one is not None)] if known else []
    skipped = "" if known else "time evolution"
    return found, run, numerics_of(analysis, pair=solved, paired=not alone, skipped=skipped)


def _chip(
    analysis: ChipAnalysis, protocol: Protocol | None, initial: str, asked: float | None, alone: bool,
    complete: bool | None, ramp_steps: int | None, limits: dict[str, Any], source: str,
) -> tuple[ChipTurnOn | ProtocolRun | None, tuple[str, ...]]:  # fmt: skip
    """All nodes of a chip: the usual experiment, or the protocol of its file; or what is in the way."""
    from qsb_hw.questions.chip_time import NetworkLimits, turned_on_chip
    from qsb_hw.questions.protocol import MOST_STEPS, staged_setup
    from qsb_hw.questions.setup import chip_setup

    if not analysis.has_fock_states:
        named = zip(analysis.chip.names, analysis.nodes, strict=True)
        without = ", ".join(name for name, node in named if not node.has_fock_state)
        return None, (f"time evolution: no Fock state is stabilised in {without}; `check` says why.",)
    if protocol is None:
        refuse({"--complete": complete}, "a file that has a protocol")
        within = NetworkLimits(**{name: given for name, given in limits.items() if given is not None})
        found = turned_on_chip(analysis, initial, asked, coupled=not alone, limits=within)
        return found, found.skipped
    refuse({f"--time-{name}": given for name, given in limits.items()}, "a file without a protocol")
    require(not alone, "--alone must come without a protocol", source, "Its stages say what is coupled.")
    setup = chip_setup(analysis, complete, protocol.tuning, source)
    most, rwa = MOST_STEPS if ramp_steps is None else ramp_steps, analysis.requested.rwa
    return staged_setup(setup, protocol, initial, rwa, most, analysis.progress), ()
