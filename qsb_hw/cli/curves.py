"""``qsb-hw curves`` and ``qsb-hw sensitivities``: quantities over the numbers of a file, and what each one changes."""

from __future__ import annotations

from typing import Annotated

from qsb_hw.cli.options import Json, Levels, Plot, Pumps, Spec, Workers, by_path, option
from qsb_hw.cli.output import present
from qsb_hw.cli.progress import progress
from qsb_hw.errors import ArgumentError

Over = Annotated[list[str], option(
    "--over PATH=RANGE",
    "What is varied: '$.oscillator.josephson_energy=10..40 GHz' chooses its points, ':41' or ':41 log' says how many; "
    "twice for a plane.",
)]  # fmt: skip
Of = Annotated[str, option(
    "--of KEYS",
    "Quantities, separated by commas: keys of derived quantities and criteria (`qsb-hw check --json`), and measures "
    "(`qsb-hw sweep --list`), kerr,damping_pump_power,P,contrast; of a chip kerr[A],contrast[A-B].",
)]  # fmt: skip
Limits = Annotated[list[str] | None, option(
    "--subject-to LIMIT",
    "What is wanted besides the criteria, a bound on a quantity shown: 'damping_pump_power<=-45 dBm'. May be repeated.",
)]  # fmt: skip
Verdict = Annotated[bool, option("--verdict", "Solve every requirement at every point, for the feasible region.")]
Resolution = Annotated[float, option(
    "--resolution SHARE", "Points are added where a curve bends by more than this share of its range.",
    show_default=True,
)]  # fmt: skip
Numbers = Annotated[list[str] | None, option(
    "--over PATHS", "Numbers of the file, separated by commas; all of them unless given. May be repeated.",
)]  # fmt: skip
Step = Annotated[float, option("--step SHARE", "Largest step of a difference, relative to the number.", True)]
Scatter = Annotated[list[str] | None, option(
    "--scatter PATH=SHARE", "'$.oscillator.josephson_energy=3 %': a tolerance besides those of the file.",
)]  # fmt: skip


def curves(
    spec: Spec, over: Over, of: Of, subject_to: Limits = None, verdict: Verdict = False,
    resolution: Resolution = 0.01, levels: Levels = None, pumps: Pumps = "retuned", workers: Workers = 1,
    as_json: Json = False, plot: Plot = None,
) -> None:  # fmt: skip
    """Draw quantities over one number of the file or two, with their bounds, the working point and where it holds."""
    with progress("reading the device", None) as report:
        from qsb_hw.explore.curves import curves as drawn
        from qsb_hw.explore.sweep.subject import subject_of

        read = subject_of(spec)
        found = drawn(
            read, over, of, subject_to=subject_to or (), verdict=verdict, resolution=resolution,
            settings={"levels": levels}, pumps=pumps, workers=workers, progress=report,
        )  # fmt: skip
    from qsb_hw.plot import plot_curves
    from qsb_hw.show.curves import CURVES, curves_view

    present(
        CURVES, found, curves_view, as_json=as_json, plot=plot, picture=plot_curves, spec=spec, read=read,
        fine=found.ok,
    )  # fmt: skip


def sensitivities(
    spec: Spec, of: Of, over: Numbers = None, step: Step = 0.01, scatter: Scatter = None, levels: Levels = None,
    pumps: Pumps = "retuned", workers: Workers = 1, as_json: Json = False, plot: Plot = None,
) -> None:  # fmt: skip
    """Show how much each number of the file changes some quantities, ∂ln x/∂ln p: what to control best."""
    with progress("reading the device", None) as report:
        from qsb_hw.explore.sensitivities import sensitivities as differentiated
        from qsb_hw.explore.sweep.subject import subject_of

        read = subject_of(spec)
        found = differentiated(
            read, of, over or None, step=step, tolerances=_shares(scatter), settings={"levels": levels},
            pumps=pumps, workers=workers, progress=report,
        )  # fmt: skip
    from qsb_hw.plot import plot_sensitivities
    from qsb_hw.show.curves import SENSITIVITIES, sensitivities_view

    present(
        SENSITIVITIES, found, sensitivities_view, as_json=as_json, plot=plot, picture=plot_sensitivities, spec=spec,
        read=read, fine=found.ok,
    )  # fmt: skip


def _shares(given: list[str] | None) -> dict[str, float]:
    """Tolerances by path."""
    from qsb_hw.spec.quantity import TOLERANCE

    found = {}
    for path, text in by_path(given, "--scatter").items():
        problem, value = TOLERANCE.check(text)
        if problem is not None:
            raise ArgumentError(f"The tolerance of {path} {problem}")
        found[path] = value
    return found
