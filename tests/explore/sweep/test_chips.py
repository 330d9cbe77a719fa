"""Sweeps of chips: the same numbers as one device, pumps that follow or stay, names and paths that are wrong."""

import math

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.devices.catalog import chip_from_spec, shipped_chips, shipped_specs
from qsb_hw.errors import ArgumentError, ResolutionWarning
from qsb_hw.explore.sweep.chip_measures import listed
from qsb_hw.explore.sweep.measures import measures_of
from qsb_hw.explore.sweep.plan import plan_of
from qsb_hw.explore.sweep.subject import Subject, subject_of, with_pumps
from qsb_hw.spec.load import read_toml
from qsb_hw.spec.paths import prepared
from qsb_hw.units import TWO_PI

FEW = {"levels": 4}
TUNABLE = "two_transmons_tunable"
FLUX = "$.node.B.oscillator.flux_bias"


@pytest.fixture(scope="module")
def device():
    """The file of one device, as measured: a Kerr ladder."""
    return read_toml(shipped_specs()["kerr_squid_array"])


@pytest.fixture(scope="module")
def twins(device):
    """The same device and its twin as a chip."""
    sections = ("oscillator", "target", "damping", "amplification", "conditions")
    node = {key: device[key] for key in sections if key in device}
    return {
        "name": "twins",
        "platform": device["platform"],
        "node": {"A": node, "B": {"like": "A"}},
        "link": {"A-B": {"coupling": device["pair"]["coupling"]}},
    }


@pytest.fixture
def tunable():
    return read_toml(shipped_chips()[TUNABLE])


def test_a_chip_of_identical_nodes_gives_the_values_of_the_single_device_file(device, twins):
    axis = "-20, -6, 0, 3 MHz"
    one = qh.sweep(device, {"detuning": axis}, "S,contrast,fidelity,gamma,n_plus", settings=FEW)
    asked = "S[A-B],S_pair[A-B],contrast[A-B],P[A],P[B],gamma[B],n_plus[A],detuning[A-B]"
    two = qh.sweep(twins, {"detuning[A]": axis}, asked, settings=FEW | {"network_levels": 4})
    for name in ("S[A-B]", "S_pair[A-B]"):
        assert two[name].values == pytest.approx(one["S"].values, rel=1e-6)
    for name, same in (("P[A]", "fidelity"), ("P[B]", "fidelity"), ("gamma[B]", "gamma"), ("n_plus[A]", "n_plus")):
        assert two[name].values == pytest.approx(one[same].values, rel=1e-6)
    assert two["contrast[A-B]"].values == pytest.approx(one["contrast"].values, rel=1e-6)
    assert two["detuning[A-B]"].values == pytest.approx(two["detuning[A]"].values * 1e6, abs=1.0)


def test_one_number_of_every_node_is_that_number_of_the_single_device_file(device, twins):
    values = "5.2, 6 MHz"
    path, star = "$.damping.linewidth", "$.node.*.damping.linewidth"
    one = qh.sweep(device, {path: values}, "S_resonance,sigma,margin:kerr_to_linewidth", settings=FEW)
    asked = "S_resonance[A-B],sigma[A],sigma[B],margin:kerr_to_linewidth[B]"
    two = qh.sweep(twins, {star: values}, asked, settings=FEW)
    assert two["S_resonance[A-B]"].values == pytest.approx(one["S_resonance"].values, rel=1e-6)
    assert two["sigma[B]"].values == pytest.approx(one["sigma"].values, rel=1e-9)
    assert two["margin:kerr_to_linewidth[B]"].values == pytest.approx(one["margin:kerr_to_linewidth"].values)
    assert {"node.A.damping.linewidth", "node.B.damping.linewidth"} <= set(two.coords)


def test_seen_from_the_other_node_detunings_change_their_sign(twins):
    found = qh.sweep(
        twins, {"detuning[B]": "2, 5 MHz"}, "detuning[A-B],detuning[B-A],resonance[B-A],resonance[A-B],S[B-A],S[A-B]",
        settings=FEW,
    )  # fmt: skip
    assert found["detuning[A-B]"].values == pytest.approx([-2e6, -5e6], abs=1)
    assert found["detuning[B-A]"].values == pytest.approx(-found["detuning[A-B]"].values)
    assert found["resonance[B-A]"].values == pytest.approx(-found["resonance[A-B]"].values)
    assert np.array_equal(found["S[A-B]"], found["S[B-A]"])


def test_pumps_left_miss_a_kerr_ladder_by_its_shift_over_two_kerr(device):
    """n₋ = 1 + (ω + δ₋)/2K and n₊ = 1 + (ω − δ₊)/2K: left, both move with ω; retuned, neither does."""
    shifts = np.array([-3.0, 0.0, 2.0])
    axis = {"$.oscillator.frequency": ", ".join(f"{6000 + shift:g}" for shift in shifts) + " MHz"}
    left = qh.sweep(device, axis, "n_minus,n_plus,coupling_to_linewidth", settings=FEW, pumps="left")
    retuned = qh.sweep(device, axis, "n_minus,n_plus", settings=FEW)
    assert left.n_minus.values == pytest.approx(2 + shifts / 13.4, abs=1e-6)
    assert left.n_plus.values == pytest.approx(1 + shifts / 13.4, abs=1e-6)
    assert retuned.n_minus.values == pytest.approx(np.full(3, 2), abs=1e-6)
    assert left.coupling_to_linewidth.values == pytest.approx(np.full(3, 0.1))  # neither g0 nor n_c has changed
    assert (left.attrs["pumps"], retuned.attrs["pumps"]) == ("left", "retuned")
    assert left.attrs["spec_hash"] != retuned.attrs["spec_hash"]


def test_a_pump_that_is_left_keeps_frequency_and_power_while_its_cavity_moves():
    """δ falls as ω_c rises, n_c = P κ_ext/(ħω_d(κ²/4 + δ²)), and g = g0 √n_c follows the slope of ω_c(Φ)."""
    moved = {"$.node.B.damping.flux_bias": 0.36 * 2.067833848461929e-15}
    subject = with_pumps(subject_of(TUNABLE), "left")
    before, after = (subject.build(values).node("B") for values in (None, moved))

    def of(device, key):
        return device.quantity(f"damping_{key}").value

    assert of(after, "pump_frequency") == pytest.approx(of(before, "pump_frequency"), rel=1e-9)
    assert of(after, "pump_power") == pytest.approx(of(before, "pump_power"), abs=1e-9)
    shift = of(after, "cavity_frequency") - of(before, "cavity_frequency")
    assert shift < -1e7
    assert of(after, "pump_detuning") == pytest.approx(of(before, "pump_detuning") - shift, rel=1e-9)
    width = of(before, "linewidth")
    lorentz = [width**2 / 4 + of(one, "pump_detuning") ** 2 for one in (before, after)]
    photons = of(before, "photon_number") * lorentz[0] / lorentz[1]
    assert of(after, "photon_number") == pytest.approx(photons, rel=1e-6)
    g = of(after, "single_photon_coupling") * math.sqrt(photons)
    assert after.complete.baths[0].tones[0].coupling / TWO_PI == pytest.approx(g, rel=1e-6)
    assert g != pytest.approx(of(before, "coupling"), rel=0.02)
    other = subject.build(moved).node("A")
    assert other.complete.baths[0].tones[0] == subject.build().node("A").complete.baths[0].tones[0]


@pytest.mark.parametrize(
    ("path", "value", "kept"),
    [
        ("$.node.B.damping.coupling_to_linewidth", 0.05, "pump_frequency"),
        ("$.node.B.damping.pump_power", 1e-10, "pump_frequency"),
        ("$.node.B.damping.detuning", -6.0e9 * TWO_PI, "pump_power"),
    ],
)
def test_a_number_of_the_pump_itself_is_varied_and_not_left(tunable, path, value, kept):
    key = path.rpartition(".")[2]
    if key == "pump_power":
        del tunable["node"]["A"]["damping"]["coupling_to_linewidth"]
        tunable["node"]["A"]["damping"]["pump_power"] = "-64 dBm"
    subject = with_pumps(subject_of(tunable), "left")
    before, after = (subject.build(values).node("B") for values in (None, {path: value}))
    same = f"damping_{kept}"
    assert after.quantity(same).value == pytest.approx(before.quantity(same).value, rel=1e-9)
    found = {
        "coupling_to_linewidth": after.quantity("damping_coupling_to_linewidth").value,
        "pump_power": 1e-3 * 10 ** (after.quantity("damping_pump_power").value / 10),
        "detuning": after.complete.baths[0].tones[0].detuning,
    }
    assert found[key] == pytest.approx(value, rel=1e-9)


def test_light_that_is_left_keeps_its_frequency_and_carrier_while_the_well_deepens():
    """η falls as 1/√ω, and g = ηΩ/2 with it; retuned, g stays at the file's g/κ."""
    deeper = {"$.node.B.potential.depth_in_recoils": 9400.0}
    left, retuned = (with_pumps(subject_of("ion_pair_mixed"), pumps) for pumps in ("left", "retuned"))
    before = left.build().node("B").complete.baths[0].tones
    stays, follows = (subject.build(deeper).node("B").complete.baths[0].tones for subject in (left, retuned))
    for was, now, again in zip(before, stays, follows, strict=True):
        assert now.detuning == pytest.approx(was.detuning, rel=1e-12)
        ratio = now.light.lamb_dicke / was.light.lamb_dicke
        assert ratio == pytest.approx((9132.74 / 9400) ** 0.25, rel=1e-3)
        assert now.coupling == pytest.approx(was.coupling * ratio, rel=1e-9)
        assert again.coupling == pytest.approx(was.coupling, rel=1e-9)
    assert follows[0].detuning != pytest.approx(before[0].detuning, rel=1e-3)


def test_over_a_flux_S_peaks_where_the_real_ladders_meet_and_pumps_that_are_left_lose_the_state():
    """ω12 of B passes ω01 of A at 0.12999 Φ0 and ω01 of B passes ω12 of A at 0.2216 Φ0, as the file says."""
    flux = "0.127, 0.12999, 0.133, 0.17, 0.219, 0.2216, 0.224 Phi_0"
    asked = "S_pair[A-B],distance[A-B],P[B],detuning[A-B],frequency[A],frequency[B],slow_noise[B]"
    retuned = qh.sweep(TUNABLE, {FLUX: flux}, asked, settings=FEW)
    S, distance = retuned["S_pair[A-B]"].values, retuned["distance[A-B]"].values
    assert np.argmax(S[:3]) == 1
    assert np.argmax(S[4:]) == 1
    assert distance[[1, 5]].max() < 0.5
    assert np.delete(distance, [1, 5]).min() > 2
    assert S[[1, 5]].min() > 10 * S[3]
    difference = retuned["frequency[A]"].values - retuned["frequency[B]"].values
    assert retuned["detuning[A-B]"].values == pytest.approx(difference, abs=1e-3)
    assert np.all(np.diff(retuned["slow_noise[B]"].values) > 0)  # steeper, the farther from the sweet spot
    left = qh.sweep(TUNABLE, {FLUX: flux}, asked, settings=FEW, pumps="left")
    assert left["P[B]"].values[1] == pytest.approx(retuned["P[B]"].values[1], rel=1e-6)  # the file's own point
    assert left["S_pair[A-B]"].values[1] == pytest.approx(S[1], rel=1e-5)
    assert retuned["P[B]"].values.min() > 0.98
    assert left["P[B]"].values[[3, 5]].max() < 0.5
    assert left["S_pair[A-B]"].values[5] < S[5] / 5


def test_ions_meet_their_resonance_as_the_well_deepens_and_couple_less_as_they_part():
    """V ∝ s⁻³ of two wells far apart."""
    depth = qh.sweep(
        "ion_pair_mixed", {"$.node.B.potential.depth_in_recoils": "9100, 9132.74, 9165"}, "distance[A-B]", settings=FEW
    )["distance[A-B]"].values
    assert np.argmin(depth) == 1
    assert depth[1] < 0.1
    asked = {"$.node.B.position": "200, 240, 300 um"}
    V = qh.sweep("ion_pair_mixed", asked, "coupling[A-B]", settings=FEW)["coupling[A-B]"].values
    assert np.polyfit(np.log([200, 240, 300]), np.log(np.abs(V)), 1)[0] == pytest.approx(-3, abs=0.01)


def test_S_of_every_two_nodes_is_named_by_them():
    path = "$.node.C.oscillator.josephson_energy"
    found = qh.sweep("three_transmons", {path: "20 GHz"}, "S,S[C-A],S_mediated[A-B]", settings={"network_levels": 3})
    assert found["pair"].values.tolist() == ["A-C", "A-B", "C-B"]
    assert found.S.sel(pair="A-C").item() == found["S[C-A]"].item()
    chip = qh.load_chip("three_transmons")
    network = qh.ChipAnalysis(chip, network_levels=3).network
    assert found.S.values[0] == pytest.approx([network.S[0, 1], network.S[0, 2], network.S[1, 2]], rel=1e-6)
    assert found["S_mediated[A-B]"].item() > found.S.sel(pair="A-B").item()  # Fig. 4 of Lörch 2017: V2 < 0 suppresses


def test_a_stored_sweep_of_a_chip_is_resumed(twins, tmp_path, do):
    store = tmp_path / "chip.zarr"
    first = plan_of(twins, {"$.node.B.damping.linewidth": "5, 6 MHz"}, "sigma[B],P[A]", FEW)
    assert do(first, store).computed == 2
    more = plan_of(twins, {"$.node.B.damping.linewidth": "5, 6, 7 MHz"}, "sigma[B],P[A]", FEW)
    summary = do(more, store)
    assert (summary.reused, summary.computed) == (2, 1)
    assert (
        do(plan_of(twins, {"$.node.B.damping.linewidth": "5 MHz"}, "sigma[B],P[A]", FEW, pumps="left"), store).reused
        == 0
    )
    found = qh.open_sweep(store)
    assert found.attrs["pumps"] == "left"


def test_what_a_capacitance_file_holds_is_part_of_the_physics(tmp_path):
    table = read_toml(shipped_chips()["three_transmons"])
    section = table["capacitance"]
    names, rows = section.pop("conductors"), section.pop("matrix")
    digests = set()
    for factor in (1.0, 1.001):
        lines = [",".join(names), *(",".join(f"{factor * float(e.split()[0]):.4f}" for e in row) for row in rows)]
        (tmp_path / "c.csv").write_text("\n".join(lines) + "\n")
        section["file"], section["unit"] = "c.csv", "fF"
        source = str(tmp_path / "chip.toml")
        digests.add(Subject(prepared(chip_from_spec(table, source).spec), source).digest)
    assert len(digests) == 2


def test_which_links_are_named_and_the_order_of_the_nodes_are_part_of_the_subject():
    table = read_toml(shipped_chips()["three_transmons"])
    fewer = table | {"link": {"A-C": {}}}
    turned = table | {"node": {name: table["node"][name] for name in ("A", "B", "C")}}
    assert len({subject_of(one).digest for one in (table, fewer, turned)}) == 3


def test_any_two_nodes_have_criteria_of_their_own():
    """A and B of the line couple without a link: |V| ≪ γ shows in their margin, not in that of the chip."""
    asked = ["margin[A-B]", "margin[B-A]", "margin[A-C]", "margin", "margin:coupling_to_gamma_visible[A-B]"]
    found = qh.sweep("three_transmons", {"network_levels": "3"}, asked, settings={"levels": 3})
    assert found["margin[A-B]"].item() == found["margin[B-A]"].item()
    assert found["margin[A-B]"].item() < found["margin"].item() <= found["margin[A-C]"].item()
    assert found["margin:coupling_to_gamma_visible[A-B]"].item() / 1.5 == pytest.approx(found["margin[A-B]"].item())


def test_both_entries_of_a_capacitance_matrix_move_together():
    path = "$.capacitance.matrix[2][3]"
    subject = subject_of("three_transmons")
    moved = subject.spec({path: -0.02e-15}).capacitance.matrix
    assert moved[2][3].value == moved[3][2].value == pytest.approx(-0.02e-15)
    V = [subject.build(values).coupling_between("A", "C").real for values in (None, {path: -0.0376e-15})]
    assert abs(V[1]) > 1.5 * abs(V[0])


def test_every_node_inherits_and_varies_by_itself(tunable):
    subject = subject_of(tunable)
    assert subject.expanded("$.node.*.damping.linewidth") == (
        "$.node.A.damping.linewidth", "$.node.B.damping.linewidth",
    )  # fmt: skip
    assert subject.expanded("$.link.B-A.coupling_capacitance") == ("$.link.A-B.coupling_capacitance",)
    one = subject.spec({"$.node.A.damping.linewidth": TWO_PI * 22e6}).node
    assert (one["A"].damping.linewidth.value, one["B"].damping.linewidth.value) == pytest.approx(
        (TWO_PI * 22e6, TWO_PI * 20e6)
    )


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("$.node.C.damping.linewidth", "one of A, B"),
        ("$.node.A.damping.linewith", "did you mean"),
        ("$.link.A-C.coupling", "one of A, B"),
        ("$.link.A.coupling", "between two nodes"),
        ("detuning", r"detuning\[A\]"),
        ("detuning[C]", "one of A, B"),
        ("coupling", r"\$.link.A-B.coupling"),
        ("frobnicate", "Nodes are A, B"),
    ],
)
def test_a_path_of_no_number_of_a_chip_is_refused_by_the_names_of_its_nodes(path, words):
    with pytest.raises(ArgumentError, match=f"(?i){words}"):
        plan_of(TUNABLE, {path: "1, 2 MHz"}, "S")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("contrast", r"Say of which: contrast\[A-B\]"),
        ("P", r"Say of which: P\[A\]"),
        ("P[C]", "one of A, B"),
        ("S[A-C]", "one of A, B"),
        ("S[A-A]", "named like A-B"),
        ("contrast[A]", r"Say of which: contrast\[A-B\]"),
        ("distanse[A-B]", "distance"),
        ("nothing", "Nodes are A, B"),
        ("S[A-B", "Nodes are A, B"),
    ],
)
def test_a_measure_that_no_chip_has_is_refused_by_names(name, words):
    with pytest.raises(ArgumentError, match=words):
        measures_of([name], subject_of(TUNABLE))


def test_every_listed_measure_of_a_chip_is_one():
    subject = subject_of(TUNABLE)
    names = [m.name.replace("[NODE]", "[B]") for m in listed()]
    assert [m.name for m in measures_of(names, subject)] == names


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: qh.sweep(TUNABLE, {FLUX: "0.1 Phi_0"}, "S", pumps="both"), "retuned or left"),
        (lambda: qh.sweep({"model": "kerr_cavities", "kerr_to_linewidth": 1, "coupling_to_linewidth": 0.1,
                           "fock_state": 1}, {"$.kerr_to_linewidth": "1, 2"}, "sigma", pumps="left"), "of a device"),
        (lambda: qh.sweep(TUNABLE, {"detuning[A]": "1 MHz"}, "S", pumps="left"), "must not follow a detuning"),
        (lambda: qh.sweep(TUNABLE, {FLUX: "0.1 Phi_0"}, "S", settings={"coupling": 1e5}), "without a coupling"),
    ],
)  # fmt: skip
def test_conditions_that_mean_nothing_are_refused(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()


def test_a_point_that_is_no_chip_says_at_which_node():
    found = qh.sweep(TUNABLE, {"$.node.B.oscillator.josephson_energy": "0.5, 24 GHz"}, "P[A]", settings=FEW)
    assert found.status.values.tolist() == [3, 1]
    assert "$.node.B" in " ".join(found.attrs["reasons"].values())


def test_steps_that_pass_a_resonance_between_two_points_are_said():
    """The line at 0.12999 Φ0 is some 0.001 Φ0 wide."""
    wide, fine = "0.126, 0.128, 0.132, 0.134, 0.136 Phi_0", "0.126, 0.128, 0.12999, 0.132, 0.134 Phi_0"
    with pytest.warns(ResolutionWarning, match=r"A-B passes a resonance between 0.128 Phi_0 and 0.132 Phi_0"):
        found = qh.sweep(TUNABLE, {FLUX: wide}, "S_pair[A-B]", settings=FEW)
    assert found.attrs["warnings"]
    assert not plan_of(TUNABLE, {FLUX: fine}, "S", FEW).warnings
    assert not plan_of(TUNABLE, {FLUX: wide}, "P[B]", FEW).warnings
