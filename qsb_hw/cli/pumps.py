"""``qsb-hw pumps``: what is set at the instrument of every tone, and how far it may drift."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from qsb_hw.cli.options import Json, Levels, Spec, option
from qsb_hw.cli.output import present, say, writable
from qsb_hw.cli.progress import progress

Attenuation = Annotated[list[str] | None, option(
    "--attenuation DB",
    "Between source and device: '60 dB', or of one tone 'damping=63 dB', of a chip 'A.damping=63 dB'. May be repeated.",
)]  # fmt: skip
Share = Annotated[float, option("--share SHARE", "Of S or P(n0) that a setting may cost.", show_default=True)]
Csv = Annotated[Path | None, option(
    "--csv FILE", "Write the table to a new .csv file.", callback=writable(".csv", new=True),
)]  # fmt: skip


def pumps(
    spec: Spec, attenuation: Attenuation = None, share: Share = 0.1, csv: Csv = None, levels: Levels = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """List what is set for every pump or laser: frequency, power, transition, and how far each may drift."""
    with progress("reading the device", None) as report:
        from qsb_hw.explore.pump_table import pump_table
        from qsb_hw.explore.sweep.subject import subject_of

        read = subject_of(spec)
        found = pump_table(read, _by_tone(attenuation or []), share=share, settings={"levels": levels}, progress=report)
    from qsb_hw.show.pumps import PUMPS, pump_view

    if csv is not None:
        say(f"wrote {found.to_csv(csv)}")
    present(PUMPS, found, pump_view, as_json=as_json, spec=spec, read=read, fine=found.ok)


def _by_tone(given: list[str]) -> str | dict[str, str] | None:
    """One attenuation, or some by tone; the one without a name is that of all tones that have none."""
    named = {tone.strip(): text for tone, sign, text in (one.partition("=") for one in given) if sign}
    common = [one for one in given if "=" not in one]
    if not named:
        return common[-1] if common else None
    return named | ({"": common[-1]} if common else {})
