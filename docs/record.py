"""Makes what pages show: text of commands, figures, and the numbers of the papers beside ours.

``python docs/record.py [text|figures|papers|numbers] [NAME …]`` writes ``docs/recorded`` and ``docs/figures``; all of
it unless told less. ``python docs/record.py images`` takes the picture of a report, in Chromium.
Notebooks are run by ``docs/execute.py``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
RECORDED, FIGURES, IMAGES = HERE / "recorded", HERE / "figures", HERE / "images"
COLUMNS = "90"
"""Width of the terminal that is recorded: what a page shows without scrolling."""

COMMANDS = {
    "check": "qsb-hw check kerr_squid_array",
    "undecided": "qsb-hw check narrow_tones.toml --levels 8",
}
"""Text files of ``docs/recorded`` and the command each is from."""
WITHOUT = {"narrow_tones.toml": ("ion_lattice_be9", "cooling")}
"""Files of commands: a shipped one without one of its sections."""


def write_files(folder: str) -> None:
    """Write the files of the commands."""
    import tomlkit

    import qsb_hw as qh

    for name, (shipped, section) in WITHOUT.items():
        table = tomlkit.parse(qh.shipped_specs()[shipped].read_text(encoding="utf-8"))
        del table[section]
        Path(folder, name).write_text(tomlkit.dumps(table), encoding="utf-8")


def record_text(names: list[str]) -> None:
    """Run the commands as a user would, in a terminal of `COLUMNS` columns, and keep what they print."""
    with tempfile.TemporaryDirectory() as folder:
        write_files(folder)
        _record_text(names, folder)


def _record_text(names: list[str], folder: str) -> None:
    for name in names or COMMANDS:
        print(f"$ {COMMANDS[name]}", flush=True)  # noqa: T201
        arguments = [sys.executable, "-m", "qsb_hw", *COMMANDS[name].split()[1:]]
        wide = os.environ | {"COLUMNS": COLUMNS, "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1"}
        made = subprocess.run(
            arguments, env=wide, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False
        )
        if made.returncode > 1:
            raise SystemExit(made.stderr)
        lines = [line.rstrip() for line in made.stdout.splitlines()]
        text = "\n".join([f"$ {COMMANDS[name]}", *lines]) + "\n"
        (RECORDED / f"{name}.txt").write_text(text, encoding="utf-8")


def save(fig: Any, name: str, dpi: int = 80) -> None:
    """A figure as a PNG that says nothing of the machine it was made on."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(fig)
    fig.savefig(FIGURES / f"{name}.png", dpi=dpi, metadata={"Software": None})


def synchronization() -> Any:
    """S(Δ) of two shipped Kerr resonators."""
    import qsb_hw as qh
    from qsb_hw.plot import plot_synchronization

    device = qh.load_device("kerr_squid_array")
    return plot_synchronization(qh.predict_pair(device.oscillator(levels=6), device.nearest_coupling))[0]


def rates() -> Any:
    """Rates of the shipped Kerr resonator."""
    import qsb_hw as qh
    from qsb_hw.plot import plot_rates

    return plot_rates(qh.eliminate(qh.load_device("kerr_squid_array").oscillator(levels=6)))[0]


def margins() -> Any:
    """Criteria of the shipped Kerr resonator."""
    import qsb_hw as qh
    from qsb_hw.plot import plot_criteria

    return plot_criteria(qh.assess(qh.load_device("kerr_squid_array")).criteria)[0]


def phases() -> Any:
    """P(φ) of a pair at zero detuning and at a resonance."""
    from matplotlib.figure import Figure

    import qsb_hw as qh

    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=6)
    fig = Figure(figsize=(6, 3.2), layout="constrained")
    ax = fig.add_subplot()
    angles = np.linspace(-np.pi, np.pi, 361)
    for detuning, style in ((0, "--"), (20, "-")):
        pair = qh.Network([one.detuned(detuning), one], [[0, 0.3], [0.3, 0]])
        found = qh.steady_state(pair).phase_distribution(0, 1)
        label = f"Δ = {detuning} γ: S = {found.S:.3f}"
        ax.plot(angles / np.pi, found(angles) + 1 / (2 * np.pi), style, label=label)
    ax.axhline(1 / (2 * np.pi), color="0.6", lw=0.8, zorder=0)
    ax.set(xlabel="relative phase φ/π", ylabel="P(φ)", ylim=(0, None))
    ax.legend(frameon=False)
    return fig


PICTURES: dict[str, Callable[[], Any]] = {
    "synchronization": synchronization, "rates": rates, "margins": margins, "phases": phases,
}  # fmt: skip
"""Figures of the pages, other than those of the papers."""


def record_figures(names: list[str]) -> None:
    """Draw the figures of the pages."""
    for name in names or PICTURES:
        print(f"{name}.png", flush=True)  # noqa: T201
        save(PICTURES[name](), name)


REPORTS = {"report": "transmon_squid"}
"""Pictures of the first screen of a report, and the device it is on."""
SCREEN = "1280,900"
"""Its width and height."""
COLOURS = 64
"""Of a picture: enough for text and bars, and a third of the size."""


def record_images(names: list[str]) -> None:
    """Take the pictures of reports in the Chromium that is installed."""
    import shutil

    from PIL import Image

    import qsb_hw as qh

    browser = os.environ.get("QSB_HW_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("No Chromium is installed.")
    with tempfile.TemporaryDirectory() as folder:
        for name in names or REPORTS:
            print(f"{name}.png", flush=True)  # noqa: T201
            page, shot = qh.report(REPORTS[name]).save(Path(folder, "page.html")), Path(folder, "shot.png")
            asked = [f"--screenshot={shot}", f"--window-size={SCREEN}", "--hide-scrollbars", "--no-sandbox"]
            subprocess.run([browser, "--headless", *asked, page.as_uri()], check=True, capture_output=True)
            with Image.open(shot) as seen:
                seen.convert("RGB").quantize(COLOURS).save(IMAGES / f"{name}.png", optimize=True)


SMALLER: dict[str, dict[str, Any]] = {
    "loerch2017-2a": {
        "detunings": [-8, -4, -2, -1, -0.5, 0, 0.5, 1, 2, 4, 8], "trajectories": 32, "duration": 150.0
    },
    "loerch2017-2b": {"detunings": np.linspace(-30, 30, 121), "levels": 9},
    "loerch2017-3a": {"detunings": np.linspace(-3, 3, 61), "sigmas": np.linspace(0.1, 0.8, 15), "levels": 9},
    "loerch2017-3b": {"mismatches": np.linspace(-2, 2, 41), "sigmas": np.linspace(0.1, 0.8, 15), "levels": 9},
    "loerch2017-3c": {"detunings": np.linspace(-7, 7, 57), "differences": [-2, -1, 0, 1, 2], "levels": 9},
    "loerch2017-3d": {"detunings": np.linspace(-24, 24, 49), "kerrs": np.linspace(0, 10, 11), "levels": 8},
    "loerch2017-4ab": {"detunings": np.linspace(-30, 30, 25), "couplings": [0, 0.1, 0.2, 0.3], "levels": 4},
    "loerch2017-4cd": {"v1": np.linspace(0, 1, 11), "v2": np.linspace(-2, 2, 17), "levels": 3},
    "loerch2017-5": {"detunings": np.linspace(-30, 30, 31), "couplings": [0.1, 0.2, 0.3], "levels": 3},
    "nadolny2023-2c": {"couplings": np.linspace(0, 1, 81), "ratios": np.geomspace(0.1, 10, 41), "checks": 3,
                       "t_final": 1000.0},
    "nadolny2023-3d": {"detunings": np.linspace(0, 0.5, 51), "intergroups": np.linspace(0.05, 0.5, 19), "checks": 2},
    "nadolny2023-4": {"detunings": np.linspace(-25, 25, 101), "asymmetries": np.linspace(-25, 25, 101), "checks": 3},
}  # fmt: skip
"""Grids and sizes by the function that computes, where the default takes long; the pages say which are coarser."""


class Papers:
    """Datasets of the papers' figures; those that several panels share are computed once."""

    def __init__(self) -> None:
        self.made: dict[Any, Any] = {}

    def __call__(self, name: str) -> Any:
        """Dataset of a figure such as "loerch2017-2b"."""
        entry, recipe = self.entry(name), self.recipe(name)
        if entry.compute not in self.made:
            self.made[entry.compute] = entry.compute(**SMALLER.get(recipe, {}))
        return self.made[entry.compute]

    @staticmethod
    def entry(name: str) -> Any:
        """Registry entry of a figure."""
        from qsb_hw.papers import loerch2017, nadolny2023

        return (loerch2017.FIGURES | nadolny2023.FIGURES)[name]

    @classmethod
    def recipe(cls, name: str) -> str:
        """Key of `SMALLER` that a figure goes by."""
        return f"{name.partition('-')[0]}-{cls.entry(name).compute.__name__.removeprefix('figure_')}"


def _half_step(recipe: str, axis: str) -> str:
    """Error of a place read off a grid of `SMALLER`: half the widest step next to the places compared."""
    values = np.asarray(SMALLER[recipe][axis], dtype=float)
    steps = np.diff(values)
    step = float(steps.max() if np.ptp(steps) < 1e-9 * steps.max() else steps.min())
    return f"{step / 2:.3g} (half a step of the grid)"


EXACT = "none but rounding"
"""Error of what has a closed form, or is a whole number."""
CLOSED = (
    "not known: correlations of three are neglected, as in the paper; linear noise gives two to three times as much"
)
"""Error of lifetimes by second-order cumulants."""


def _spread(detuning: Any, curve: Any) -> str:
    """Detunings of the two largest values, one on either side of zero."""
    left, right = (int(np.argmax(np.where(side, curve, -np.inf))) for side in (detuning < 0, detuning > 0))
    return f"{detuning[left]:+.1f} and {detuning[right]:+.1f}".replace("-", "−")


def _tops(places: Any, curve: Any) -> str:
    """Places of all maxima that are as high as the highest one to 5 %."""
    inside = curve[1:-1]
    tops = 1 + np.flatnonzero((inside > curve[:-2]) & (inside > curve[2:]) & (inside > 0.95 * curve.max()))
    return ", ".join(f"{places[k]:+.1f}" for k in tops).replace("-", "−")


def comparisons(data: Papers) -> list[tuple[str, str, str, str, str]]:
    """Figure, quantity, what the paper prints (or its caption states), ours, and the error of ours."""
    import qsb_hw as qh
    from qsb_hw.papers import loerch2017, nadolny2023
    from qsb_hw.papers.loerch2017.setup import oscillator, pair
    from qsb_hw.papers.nadolny2023.columns import INTERGROUP
    from qsb_hw.papers.nadolny2023.setup import two_groups
    from qsb_hw.papers.nadolny2023.spectra import EDGE

    two_b, classical = data("loerch2017-2b"), data("loerch2017-2a")
    weak = two_b.S_over_V.isel(coupling=0).values
    three_a, three_b, three_c = data("loerch2017-3a"), data("loerch2017-3b"), data("loerch2017-3c")
    narrow, wide = (three_a.S.sel(sigma=s, method="nearest").values for s in (0.2, 0.8))
    mismatch = three_b.S.sel(sigma=0.2, method="nearest").values
    four, five, seven = data("loerch2017-4a"), data("loerch2017-5a"), data("loerch2017-7b")
    largest = four.isel(V1=-1)
    ring = five.isel(coupling=-1)
    cut = data("loerch2017-4c")
    strip = {side: float(cut.S_AB.sel(detuning=side, V1=0.5).idxmin("V2")) for side in (20, -20)}
    rows = three_c.S.sel(difference=1, method="nearest").values
    threshold = qh.critical_coupling(gain=0.5, loss=1.0, asymmetry=0.0)
    lifted, blocked = (qh.critical_coupling(gain=1.0, loss=1.0, asymmetry=k) for k in (-0.2, 0.2))
    s4 = data("nadolny2023-s4")
    lifetime = float(s4.lifetime.sel(coupling=0.75, size=500))
    edge = data("nadolny2023-3a").attrs["locking_edge"]
    phases = {k: qh.driven_phase_distribution(gain=1.0, loss=1.0, asymmetry=k, drive=0.1) for k in (-0.2, 0.0, 0.2)}
    near, far = (qh.mean_field(two_groups(2.0, intergroup=0.5), t).frequency_difference for t in (500.0, 1000.0))
    at = nadolny2023.figure_4(detunings=[0.0, 15.0], asymmetries=[13.0], checks=0).regime.values[0]
    words = {int(r): r.name.lower() for r in qh.Regime}
    six = loerch2017.figure_6()
    two_levels = float(np.abs(seven.S_two_levels.values).max())
    resonances = sorted(r.detuning for r in qh.resonances(pair(*[oscillator(kerr=10, n_plus=2, levels=6)] * 2, 0.1)))
    best = two_b.detuning.values
    truncated = f"{two_b.attrs['truncation_error_max']:.1g} (levels left out)"
    return [
        ("loerch2017-1a", "most populated level for n₊ = 2, n₋ = 3", "2",
         f"{int(data('loerch2017-1a').population.values.argmax())}", EXACT),
        ("loerch2017-2a", "detuning of the largest classical S, in γ", "0",
         f"{float(classical.detuning.values[classical.S_over_V.isel(coupling=-1).values.argmax()]):g}",
         _half_step("loerch2017-2a", "detunings")),
        ("loerch2017-2b", "detunings of the largest S at K = 10 γ, in γ", "±2K = ±20", _spread(best, weak),
         _half_step("loerch2017-2b", "detunings")),
        ("loerch2017-2b", "S at Δ = 0", "a local minimum",
         f"{weak[best == 0][0] / weak.max():.2f} of the largest, a local minimum", truncated),
        ("loerch2017-2b", "height of the peak of S/V as V grows", "falls",
         " → ".join(f"{x:.3f}" for x in two_b.S_over_V.max("detuning").values), truncated),
        ("loerch2017-3a", "detunings of the largest S at σ = 0.2, in K", "±2",
         _spread(three_a.detuning.values, narrow), _half_step("loerch2017-3a", "detunings")),
        ("loerch2017-3a", "detuning of the largest S at σ = 0.8, in K", "0",
         f"{float(three_a.detuning.values[wide.argmax()]):g}", _half_step("loerch2017-3a", "detunings")),
        ("loerch2017-3b", "amplitude mismatch of the largest S at σ = 0.2 (maxima within 5 %)", "±1",
         _tops(three_b.mismatch.values, mismatch), _half_step("loerch2017-3b", "mismatches")),
        ("loerch2017-3c", "resonances at Δn = 1, in K (Eq. 7)", "printed: −4 and 0; sign of Eq. (1): 0 and 4",
         f"largest S at {float(three_c.detuning.values[rows.argmax()]):+.2f}, between 0 and 4",
         _half_step("loerch2017-3c", "detunings")),
        ("loerch2017-3d", "resonances of like oscillators at K = 10 γ, in γ", "±2K = ±20",
         " and ".join(f"{x:+.0f}" for x in resonances).replace("-", "−"), EXACT),
        ("loerch2017-4a", "detunings of the largest S of A, C, in γ", "±2K = ±20",
         _spread(largest.detuning.values, largest.S_AC.values), _half_step("loerch2017-4ab", "detunings")),
        ("loerch2017-4b", "detunings of the largest S of A, B over C, in γ", "±2K = ±20",
         _spread(largest.detuning.values, largest.S_AB.values), _half_step("loerch2017-4ab", "detunings")),
        ("loerch2017-4d", "V2 that suppresses S of A, B most, at V1 = 0.5 γ and Δ = 2K or −2K, in γ",
         "along V1 ∝ V2, no sign given", f"{strip[20]:+.2f} or {strip[-20]:+.2f}".replace("-", "−"),
         _half_step("loerch2017-4cd", "v2")),
        ("loerch2017-5a", "detunings of the largest S of detuned neighbours, in γ", "±2K = ±20",
         _spread(ring.detuning.values, ring.S_AB.values), _half_step("loerch2017-5", "detunings")),
        ("loerch2017-6", "largest mismatch of harmonic levels |n, n⟩ and their neighbours", "0 (resonant)",
         f"{float(np.nanmax(np.abs(six.mismatch.sel(kerr=0)))):g}", EXACT),
        ("loerch2017-7b", "largest S of two two-level systems", "0", f"{two_levels:.0e}", EXACT),
        ("nadolny2023-2b", "critical coupling for γ₊ = γ₋/2, K = 0, in γ₋ + γ₊", "a sharp transition, no number",
         f"{threshold / 1.5:.4f} = √2/4", EXACT),
        ("nadolny2023-2c", "critical coupling at equal rates, K/(γ₋ + γ₊) = −1/10, in γ₋", "finite", f"{lifted:.3f}",
         EXACT),
        ("nadolny2023-2c", "critical coupling at equal rates, K/(γ₋ + γ₊) = +1/10, in γ₋", "none (blockade)",
         "none" if np.isinf(blocked) else f"{blocked:.3f}", EXACT),
        ("nadolny2023-2d", "most likely phase for K < 0, and for K > 0, at equal rates", "closer to 0, and to π",
         f"{abs(phases[-0.2].argmax) / np.pi:.2f} π, and {abs(phases[0.2].argmax) / np.pi:.2f} π", EXACT),
        ("nadolny2023-3c", "ω_A − ω_B at δ = 2 γ₋, in γ₋", "close to δ", f"{far:.3f}",
         f"{abs(far - near):.1g} (half of the time integrated)"),
        ("nadolny2023-3c", "largest detuning of a stable locked state, V_AB = V/2, in γ₋", "no number",
         f"{edge:.4f}", f"{EDGE * 0.05 * INTERGROUP:.0e} (bisection)"),
        ("nadolny2023-4a", "two groups at K = 13 γ₋, δ = 0, and δ = 15 γ₋", "unsynchronized, and locked",
         f"{words[int(at[0])]}, and {words[int(at[1])]}", EXACT),
        ("nadolny2023-s1b", "maximum of s(φ) at fixed K", "on the resonances δ = ±K", _beside_resonance(),
         "0.005 (half a step of the grid)"),
        ("nadolny2023-s4", "lifetime of 500 oscillators, in 1/γ₋", "30", f"{lifetime:.1f} (V = 0.75 γ₋)", CLOSED),
        ("nadolny2023-s4", "that over the lifetime without coupling", "4",
         f"{lifetime / s4.attrs['uncoupled_lifetime']:.2f}", CLOSED),
    ]  # fmt: skip


def _beside_resonance() -> str:
    from qsb_hw.papers import nadolny2023

    detunings = np.linspace(0, 14, 1401)
    found = nadolny2023.figure_s1bcd(detunings=detunings, asymmetries=[-12.0])
    return f"at δ = {detunings[int(found.maximum.values[0].argmax())]:.2f} γ₋ for K = −12 γ₋"


def record_papers(names: list[str]) -> None:
    """Draw every figure of the papers, and compare numbers."""
    import importlib

    from qsb_hw.papers import loerch2017, nadolny2023

    data, entries = Papers(), loerch2017.FIGURES | nadolny2023.FIGURES
    for name in names or entries:
        print(name, flush=True)  # noqa: T201
        plot = importlib.import_module(f"qsb_hw.plot.{name.partition('-')[0]}")
        save(getattr(plot, entries[name].draw)(data(name))[0], name, dpi=72)
    if not names:
        record_numbers(names, data)


def record_numbers(names: list[str], data: Papers | None = None) -> None:
    """Compare numbers that the papers print with ours."""
    from qsb_hw.papers import loerch2017, nadolny2023

    del names
    data, entries = data or Papers(), loerch2017.FIGURES | nadolny2023.FIGURES
    listed = [
        {"figure": name, "title": entry.title, "coarser": data.recipe(name) in SMALLER}
        for name, entry in entries.items()
    ]
    compared = [
        dict(zip(("figure", "quantity", "printed", "ours", "error"), row, strict=True)) for row in comparisons(data)
    ]
    text = json.dumps({"figures": listed, "compared": compared}, indent=1, ensure_ascii=False)
    (RECORDED / "papers.json").write_text(text + "\n", encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Record all, or one kind and in it what is named."""
    kinds = {"text": record_text, "figures": record_figures, "papers": record_papers,
             "numbers": record_numbers, "images": record_images}  # fmt: skip
    for kind in arguments[:1] or tuple(kinds)[:3]:
        kinds[kind](arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
