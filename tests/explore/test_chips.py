"""Tolerance and design of chips: nodes that scatter by themselves, blame, and files that judge as claimed."""

import io
import json
import math
import tomllib

import numpy as np
import pytest
from rich.console import Console

import qsb_hw as qh
from qsb_hw.cli.main import run as main
from qsb_hw.devices.catalog import shipped_chips, shipped_specs
from qsb_hw.errors import ArgumentError
from qsb_hw.explore.sweep.subject import subject_of
from qsb_hw.explore.tolerance import CHIP, NOT_SOLVED, _blamed, scatter_of
from qsb_hw.plot import plot_s_matrices, plot_sweep, plot_tolerance
from qsb_hw.show.fields import With
from qsb_hw.show.tolerance import TOLERANCE, tolerance_view
from qsb_hw.spec.load import read_toml

TUNABLE = "two_transmons_tunable"
FEW = {"levels": 3, "network_levels": 3}


@pytest.fixture(scope="module")
def twins():
    """A measured device and its twin; the damping lines are the wider ones, so that K/κ is theirs."""
    device = read_toml(shipped_specs()["kerr_squid_array"])
    device["amplification"] |= {"linewidth": "4 MHz", "external_linewidth": "4 MHz"}
    del device["damping"]["external_linewidth"]
    node = {key: device[key] for key in ("oscillator", "target", "damping", "amplification")}
    return {
        "name": "twins",
        "platform": device["platform"],
        "node": {"A": node, "B": {"like": "A"}},
        "link": {"A-B": {"coupling": "86 kHz"}},
    }


@pytest.fixture(scope="module")
def scattered(twins):
    """Margins of the chip and its parts, limited by K/κ ≥ 1 of either node."""
    widths = {"$.node.*.damping.linewidth": "15 %"}
    return qh.tolerance(twins, widths, holds="margin>=0.61", measures=["margin[A]"], samples=64, settings=FEW)


def test_yields_of_independent_nodes_multiply(scattered):
    """K/κ of either node depends on its own linewidth alone, so the chip holds where both do."""
    parts = {row.part: row.result.share for row in scattered.parts}
    assert 0.5 < parts["A"] < 0.95
    assert 0.5 < parts["B"] < 0.95
    assert parts["A-B"] == parts[CHIP] == 1.0
    assert scattered.result.share == pytest.approx(parts["A"] * parts["B"], abs=0.04)


def test_shares_of_blame_sum_to_one_and_count_the_samples_that_fail(scattered):
    failed = scattered.result.devices - scattered.result.holding
    rows = {row.part: row for row in scattered.parts}
    assert sum(row.blame for row in scattered.parts) == pytest.approx(1.0)
    both = rows["A"].failing + rows["B"].failing - failed
    assert rows["A"].alone == rows["A"].failing - both
    assert rows["A"].blame == pytest.approx((rows["A"].alone + both / 2) / failed)
    assert rows["A"].failing == scattered.result.devices - rows["A"].result.holding


def test_what_a_node_is_measured_by_depends_on_its_own_numbers_alone(scattered):
    own = next(s for s in scattered.sensitivities if s.measure == "margin[A]")
    assert [s.path for s in scattered.scatter] == ["$.node.A.damping.linewidth", "$.node.B.damping.linewidth"]
    assert own.total[1] == pytest.approx(0.0, abs=1e-9)
    assert own.first[0] == pytest.approx(1.0, abs=0.1)


def test_samples_that_nothing_is_known_of_are_blamed_on_no_part():
    holding = np.array([[[True, False], [False, False]]])
    held = {"A": np.array([[[True, False], [False, False]]]), "B": np.array([[[True, False], [True, False]]])}
    solved = np.array([[[True, False], [True, True]]])
    rows = {row.part: row for row in _blamed(held, holding, solved)}
    assert (rows["A"].failing, rows["B"].failing, rows[NOT_SOLVED].failing) == (2, 1, 1)
    assert [rows[k].blame for k in ("A", "B", NOT_SOLVED)] == pytest.approx([0.5, 1 / 6, 1 / 3])
    perfect = _blamed(held, np.ones_like(holding), solved)
    assert all(math.isnan(row.blame) for row in perfect)


def test_what_is_inherited_scatters_in_every_node_by_itself(twins):
    twins = json.loads(json.dumps(twins))
    twins["node"]["A"]["oscillator"]["frequency"] = {"value": "6 GHz", "tolerance": "1 %"}
    found = scatter_of(subject_of(twins), {"$.node.B.oscillator.frequency": "2 %"})
    assert {s.path: s.tolerance for s in found} == {
        "$.node.A.oscillator.frequency": 0.01, "$.node.B.oscillator.frequency": 0.02,
    }  # fmt: skip
    matrix = scatter_of(subject_of("three_transmons"), {
        "$.node.*.damping.squid_asymmetry": 0, "$.node.*.amplification.squid_asymmetry": 0,
        "$.capacitance.matrix[2][3]": "5 %", "$.capacitance.matrix[3][2]": "4 %",
    })  # fmt: skip
    assert [(s.path, s.tolerance) for s in matrix] == [("$.capacitance.matrix[2][3]", 0.04)]  # one capacitance


def test_pumps_that_are_left_cost_yield_that_retuning_recovers(twins, tmp_path):
    """ω scatters by several σ·2K: left, the tones miss; retuned, they follow, and nothing fails."""
    frequency = {"$.node.*.oscillator.frequency": "0.03 %"}
    found = qh.tolerance(
        twins, frequency, holds="P[A]>=0.75", measures=(), samples=64, settings=FEW,
        pumps="left", out=tmp_path / "left.zarr",
    )  # fmt: skip
    assert qh.open_sweep(tmp_path / "left-retuned.zarr").attrs["pumps"] == "retuned"
    assert found.result.share < 0.9
    assert found.retuned.share == 1.0
    assert found.recovered == found.result.devices - found.result.holding
    assert (found.pumps, found.parts) == ("left", ())
    text = io.StringIO()
    Console(file=text, width=160).print(tolerance_view(With(found, subject=("twins", ""))))
    assert f"retuning them recovers {found.recovered} samples" in text.getvalue()


def test_record_table_and_picture_name_the_part_to_blame(scattered, readable):
    record = TOLERANCE.record(scattered)
    assert {part["part"] for part in record["parts"]} == {"A", "B", "A-B", CHIP}
    assert record["retuned"] is None
    text = io.StringIO()
    Console(file=text, width=160).print(tolerance_view(With(scattered, subject=("twins", ""))))
    assert "blame" in text.getvalue()
    figure, axes = plot_tolerance(scattered)
    readable.assert_readable(figure)
    assert axes[-1].get_title(loc="left") == "blame"
    assert sum(bar.get_width() for bar in axes[-1].patches) == pytest.approx(1.0)


def test_a_designed_chip_changes_what_was_chosen_and_judges_as_claimed(tmp_path):
    """B is like A: what is chosen for A alone must not move B."""
    choice = {"$.node.A.damping.linewidth,$.node.A.amplification.linewidth": "20..26 MHz"}
    found = qh.design(
        TUNABLE, choice, maximise="S[A-B]", subject_to=["contrast[A-B]>=20"], standard="borderline", evaluations=20,
        settings=FEW, check=False,
    )  # fmt: skip
    assert found.feasible
    assert found.after.measures["S[A-B]"] > found.before.measures["S[A-B]"]
    text = qh.designed_file(found)
    assert text == qh.designed_file(found)
    file = tmp_path / "designed.toml"
    file.write_text(text, encoding="utf-8")
    before, after = subject_of(TUNABLE).canonical(), subject_of(file).canonical()
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert changed == {"$.node.A.damping.linewidth", "$.node.A.amplification.linewidth"}
    names = ["S[A-B]", "margin", "contrast[A-B]", "verdict"]
    again = qh.sweep(file, {"network_levels": "3"}, names, settings={"levels": 3})
    assert again["S[A-B]"].item() == pytest.approx(found.after.measures["S[A-B]"], rel=1e-6)
    assert again["contrast[A-B]"].item() == pytest.approx(found.after.measures["contrast[A-B]"], rel=1e-6)
    worst = min(c.margin / c.required_margin for c in found.after.margins.values())
    assert again["margin"].item() == pytest.approx(worst, rel=1e-6)
    assert ("infeasible", "borderline", "feasible")[int(again["verdict"].item())] == found.verdict.value
    assert {"A.kerr_to_linewidth", "B.impurity", "A-B.contrast"} <= set(found.after.margins)


def test_a_designed_chip_is_checked_with_every_bath_kept(twins, tmp_path):
    choice = {"$.node.*.damping.linewidth": "4.5..5.5 MHz"}
    few = {"levels": 3, "pair_levels": 3, "bath_levels": 2, "network_levels": 3}
    found = qh.design(twins, choice, maximise="margin[A-B]", standard="borderline", evaluations=20, settings=few)
    assert found.after_checked.verdict is found.verdict
    assert [node.device.name for node in found.after_checked.nodes] == ["A", "B"]
    chip = qh.chip_from_spec(tomllib.loads(qh.designed_file(found)))
    assert chip.node("A").spec.damping.linewidth.text == chip.node("B").spec.damping.linewidth.text
    from qsb_hw.show.design import DESIGN

    names = {one["name"] for one in DESIGN.record(With(found, file=None))["requirements"]}
    assert {"A: K/κ", "B: K/κ"} <= names


def test_a_number_that_another_node_would_inherit_is_not_written(twins, tmp_path):
    """A file in which B is like A cannot give A alone a key that B must not have."""
    import tomlkit

    twins = json.loads(json.dumps(twins))
    del twins["node"]["A"]["damping"]["kerr"]
    file = tmp_path / "twins.toml"
    file.write_text(tomlkit.dumps(twins), encoding="utf-8")
    choice = {"$.node.A.damping.kerr": "9..11 kHz"}
    found = qh.design(file, choice, maximise="P[A]", standard="borderline", evaluations=20, settings=FEW, check=False)
    with pytest.raises(ArgumentError, match=r"\$.node.B.damping.kerr would be inherited"):
        qh.designed_file(found)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: qh.design(TUNABLE, {"$.node.C.damping.linewidth": "1..2 MHz"}, maximise="S[A-B]"), "one of A, B"),
        (lambda: qh.design(TUNABLE, {"$.node.A.damping.linewidth": "1..2 MHz"}, maximise="contrast"), "Say of which"),
        (lambda: qh.design(TUNABLE, {"$.node.A.damping.linewidth": "1..2 MHz"}, maximise="S"), "must be a number"),
        (lambda: qh.tolerance(TUNABLE, {"$.node.C.oscillator.t1": "3 %"}), "one of A, B"),
        (lambda: qh.tolerance(TUNABLE, pumps="up"), "retuned or left"),
    ],
)
def test_bad_choices_name_the_nodes(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()


def test_S_of_a_chip_is_drawn_over_one_knob_and_over_two(readable):
    axis = {"$.node.C.oscillator.josephson_energy": "19.9, 20, 20.1 GHz"}
    found = qh.sweep("three_transmons", axis, "S,P[C]", settings={"levels": 3, "network_levels": 3})
    figure, panels = plot_sweep(found)
    readable.assert_readable(figure)
    assert len(panels) == 2
    assert [t.get_text() for t in panels[0, 0].get_legend().get_texts()] == ["A-C", "A-B", "C-B"]
    figure, matrices = plot_s_matrices(found)
    readable.assert_readable(figure)
    assert len(matrices.ravel()) == 3
    shown = matrices.ravel()[1].images[0].get_array()
    assert shown[0, 1] == pytest.approx(found.S.sel(pair="A-C").values[1])
    _, two = plot_s_matrices(found, most=2)
    assert [ax.get_title(loc="left") for ax in two.ravel()] == ["20 GHz", "20.1 GHz"]  # the peak is one of them
    plane = qh.sweep("three_transmons", axis | {"detuning[A]": "0, 1 MHz"}, "S", settings={"levels": 3})
    _, panels = plot_sweep(plane)
    assert panels.size == 4
    with pytest.raises(ArgumentError, match="one axis"):
        plot_s_matrices(plane)
    with pytest.raises(ArgumentError, match="must have been measured"):
        plot_s_matrices(found.drop_vars("S"))


def test_the_command_line_sweeps_and_scatters_a_chip(tmp_path, capsys):
    store, picture = tmp_path / "flux.zarr", tmp_path / "flux.png"
    asked = ["sweep", TUNABLE, "--vary", "$.node.B.oscillator.flux_bias=0.12, 0.13, 0.14 Phi_0", "--out", str(store)]
    more = ["--levels", "3", "--pumps", "left", "--workers", "1", "--json", "--plot", str(picture)]
    assert main([*asked, *more]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["pumps"], record["points"], [m["name"] for m in record["measures"]]) == ("left", 3, ["S"])
    assert picture.stat().st_size > 1000
    assert main([*asked, *more[:-3], "--network-levels", "3"]) == 0
    shown = capsys.readouterr().out
    assert "pair = A-B" in shown
    assert "Pumps left" in shown
    assert main(["sweep", "--list", "--json"]) == 0
    names = {m["name"] for m in json.loads(capsys.readouterr().out)["of_chips"]}
    assert {"P[NODE]", "S[A-B]", "distance[A-B]"} <= names
    assert main([*asked[:3], "$.node.X.oscillator.flux_bias=0.1 Phi_0", *asked[4:]]) == 2
    assert "one of A, B" in capsys.readouterr().err


def test_chips_that_ship_give_a_subject():
    for name in shipped_chips():
        assert subject_of(qh.load_chip(name)).canonical() == subject_of(name).canonical()


def test_a_chip_that_is_no_longer_what_its_file_describes_is_refused():
    chip = qh.load_chip("three_transmons")
    made = qh.Chip("made", chip.nodes, chip.coupling)
    for changed in (chip.detuned({"A": 1e6}), chip.part(["A", "C"]), made):
        with pytest.raises(ArgumentError, match=r"as its file describes it|from a file or a table"):
            subject_of(changed)
