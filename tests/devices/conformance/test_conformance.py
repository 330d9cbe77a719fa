"""What every platform must do: one set of tests for all of them, a newcomer included."""

import copy
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.devices import catalog
from qsb_hw.elimination.eliminate import bath_rates
from qsb_hw.elimination.hierarchy import build_description, neglected_between
from qsb_hw.lindblad.sectors import check_charge
from qsb_hw.model.bath import Role
from qsb_hw.model.criterion import Criteria, CriterionKind
from qsb_hw.model.noise import Noise
from qsb_hw.model.oscillator import has_fock_state
from qsb_hw.questions.criteria import criteria_from
from qsb_hw.show.plain import to_json
from qsb_hw.show.record import CHECK
from qsb_hw.spec.load import read_toml

NAMES = [*qh.shipped_specs(), "toy"]
UNITS = {"", "Hz", "1/s", "s", "m", "K", "J", "W", "dBm", "A", "V", "F", "H", "Wb", "kg", "N"}


def scaled(oscillator, factor):
    """Every bath coupled more weakly by `factor`, cooling tones included."""
    baths = tuple(
        bath.with_tones(lambda tone: replace(tone, coupling=factor * tone.coupling)) for bath in oscillator.baths
    )
    return replace(oscillator, baths=baths, decoherence=qh.Decoherence())


@pytest.fixture(params=NAMES)
def device(request, devices):
    return devices[request.param]


@pytest.fixture
def short(device):
    """With as few levels as hold the limit cycle and one more."""
    return device.oscillator(min(device.target + 3, device.complete.levels))


def test_device_says_what_it_is(device):
    assert device.name
    assert device.description
    assert device.platform in catalog.platforms()
    assert device.spec.platform == device.platform


def test_ladder_holds_the_target_with_both_neighbours(device):
    assert 1 <= device.target <= device.complete.levels - 2
    assert device.complete.target == device.target
    assert device.complete.ladder.coupling[0, 1] == pytest.approx(1, abs=1e-15)


def test_there_is_a_tone_on_either_side_with_a_positive_linewidth(device):
    for role in Role:
        tones = device.complete.tones(role)
        assert tones
        assert all(tone.linewidth > 0 and tone.gamma > 0 for tone in tones)
    assert all(tone.detuning < 0 for tone in device.complete.tones(Role.DAMPING))
    assert all(tone.detuning > 0 for tone in device.complete.tones(Role.AMPLIFICATION))


def test_coupling_is_a_hermitian_matrix_without_diagonal(device):
    coupling = device.coupling
    assert coupling.shape[0] == coupling.shape[1] >= 1
    assert np.array_equal(coupling, coupling.T)
    assert not np.diag(coupling).any()


def test_derived_quantities_are_finite_in_si_and_named_once(device):
    assert device.derived_quantities
    assert all(np.isfinite(fact.value) for fact in device.derived_quantities)
    assert {fact.unit for fact in device.derived_quantities} <= UNITS
    names = [fact.name for fact in device.derived_quantities]
    assert len(set(names)) == len(names)


def test_criteria_say_what_they_are_for_and_what_to_do(device):
    for criterion in criteria_from(device):
        assert criterion.why
        assert criterion.remedy
        assert criterion.bound > 0
        assert criterion.kind in CriterionKind
        assert criterion.value is None or np.isfinite(criterion.value)
    names = [criterion.name for criterion in criteria_from(device)]
    assert len(set(names)) == len(names)


def test_keys_are_identifiers_and_given_once(device):
    for items in (device.criteria, device.derived_quantities):
        keys = [item.key for item in items]
        assert all(re.fullmatch(r"[a-z][a-z0-9_]*", key) for key in keys), keys
        assert len(set(keys)) == len(keys)


def test_criteria_and_quantities_are_found_by_key_or_name_and_the_nearest_is_suggested(device):
    first = device.derived_quantities[0]
    assert device.quantity(first.key) is device.quantity(first.name) is first
    for criterion in device.criteria:
        assert (
            Criteria(device.criteria).get(criterion.key) is Criteria(device.criteria).get(criterion.name) is criterion
        )
    with pytest.raises(qh.ArgumentError, match=f"Did you mean .*{re.escape(first.key[:3])}"):
        device.quantity(first.key + "x")


OTHERS_WORDS = re.compile(r"cavit|pump|transmon|squid|\bion|laser|\btrap|\bwell\b|circuit|junction|photon|recoil", re.I)


def test_the_vocabulary_covers_what_it_is_asked_for(device):
    words = device.vocabulary
    assert all((words.bath, words.baths, words.drive, words.drives))
    assert all(words.noise(noise) for noise in Noise)
    assert set(words.descriptions) <= set(qh.HIERARCHY)
    assert words.remedy("no_such_key", "neutral") == "neutral"
    for text in (*words.remedies.values(), *words.noise_remedies.values()):
        assert text[0].isupper()
        assert text.endswith(".")


def test_a_platform_is_described_in_its_own_words(devices):
    toy = devices["toy"]
    words, complete = toy.vocabulary, toy.complete
    descriptions = [build_description(complete, name, words) for name in qh.HIERARCHY]
    _, remedies = neglected_between(complete, "linearised", "published", words)
    said = [*remedies, *(d.skipped for d in descriptions), *(words.noise(n) for n in Noise)]
    said += [text for d in descriptions for text in (d.meaning, d.words.neglected, d.words.remedy)]
    said = [text for text in said if "recoil" not in text]  # a name of a noise, not of a platform
    assert not [text for text in said if OTHERS_WORDS.search(text)]
    assert "Turn the antennas down." in remedies
    assert descriptions[0].skipped.endswith("of the reservoirs is known: measure the reservoirs' Kerr constant")
    assert (words.noise(Noise.T1), words.noise_remedy(Noise.T1)) == ("leakage", "Close the lid.")


def test_platforms_are_named_in_the_catalog_and_nowhere_else_outside_their_packages():
    package = Path(qh.__file__).parent
    tags = {name: platform.spec.__module__.split(".")[2] for name, platform in catalog.platforms().items()}
    for file in (*package.glob("devices/*.py"), *package.glob("model/*.py"), *package.glob("elimination/*.py")):
        if file.name != "catalog.py":
            lines = file.read_text(encoding="utf-8").splitlines()
            text = "\n".join(line for line in lines if ">>>" not in line)  # examples load a device that ships
            assert not [tag for name, module in tags.items() for tag in (name, f"devices.{module}") if tag in text], (
                file
            )


PREFIXES = {"f": -15, "p": -12, "n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12}
PREFIXED = re.compile(r"([-+\d.e]+)\s*([fpnumkMGT])(Hz|m|s|F|H|A|K|W)")


def in_base_units(value):
    """A table with every prefixed quantity written out: "20 GHz" as "20e9 Hz"."""
    if isinstance(value, dict):
        return {key: in_base_units(inner) for key, inner in value.items()}
    found = PREFIXED.fullmatch(value) if isinstance(value, str) else None
    return f"{found[1]}e{PREFIXES[found[2]]} {found[3]}" if found else value


@pytest.mark.parametrize("name", sorted(qh.shipped_specs()))
def test_prefixes_of_units_make_no_difference(name, with_toy):
    table = read_toml(qh.shipped_specs()[name])
    written_out = in_base_units(table)
    assert written_out != table
    one, other = qh.device_from_spec(table), qh.device_from_spec(written_out)
    assert np.allclose(other.complete.ladder.energies, one.complete.ladder.energies, rtol=1e-12)
    assert np.allclose(bath_rates(other.complete)[0], bath_rates(one.complete)[0], rtol=1e-9)
    assert np.allclose(other.coupling, one.coupling, rtol=1e-9)
    for fact, again in zip(one.derived_quantities, other.derived_quantities, strict=True):
        if not fact.name.startswith("tunnelling"):  # at the level of rounding
            assert again.value == pytest.approx(fact.value, rel=1e-6)


def test_charge_is_conserved_by_h_and_shifted_by_every_jump(short):
    model = qh.full_model(short, rwa=True)
    check_charge(model.charge, abs(model.hamiltonian), model.jumps)


def test_every_bath_tells_its_tones_apart(short):
    for bath in short.baths:
        signs = [1 if tone.role is Role.DAMPING else -1 for tone in bath.tones]
        assert np.array_equal(sum(s * q for s, q in zip(signs, bath.quanta, strict=True)), bath.charge)


def test_rates_grow_as_the_square_of_the_coupling(short):
    weak, strong = (bath_rates(scaled(short, factor))[0] for factor in (0.5, 1.0))
    assert np.allclose(strong, 4 * weak, rtol=1e-6, atol=1e-9 * strong.max())


def test_closed_form_of_gamma_is_that_of_the_golden_rule(short):
    # the rate of the addressed transition is |X|²γ for a tone on it, but for far lines and terms of order η²
    target = short.target
    rates, _ = bath_rates(short, rwa=True)
    strength = abs(short.ladder.coupling[target - 1, target]) ** 2
    tone = max(short.tones(Role.AMPLIFICATION), key=lambda t: t.gamma)
    assert rates[target, target - 1] == pytest.approx(strength * tone.gamma, rel=0.35)


def test_elimination_error_falls_as_the_square_of_the_coupling(short):
    if not has_fock_state(short):
        pytest.skip("all transitions share a line: it is not the coupling that limits the elimination there")
    largest = max(tone.coupling / tone.linewidth for bath in short.baths for tone in bath.tones)
    factors = np.array([0.02, 0.04, 0.08]) / largest
    errors = []
    for factor in factors:
        oscillator = scaled(short, factor)
        full = qh.steady_state(qh.full_model(oscillator)).populations(0)
        eliminated = qh.steady_state(qh.effective_model(qh.eliminate(oscillator, rwa=True))).populations(0)
        errors.append(np.abs(full - eliminated).max())
    assert np.polyfit(np.log(factors), np.log(errors), 1)[0] == pytest.approx(2, abs=0.2)


def test_detuning_with_the_tones_following_changes_no_population(short):
    kerr = abs(short.ladder.kerr_at(short.target))
    moved = short.detuned(0.37 * kerr)
    populations = [qh.steady_state(qh.full_model(o)).populations(0) for o in (short, moved)]
    assert np.allclose(*populations, rtol=0, atol=1e-9)


def test_truncation_is_building_shorter(device, short):
    again = device.oscillator(short.levels)
    assert again.dims == short.dims
    assert np.allclose(bath_rates(again)[0], bath_rates(short)[0], rtol=1e-12)


def test_json_keys_are_the_same_for_all(devices, monkeypatch):
    monkeypatch.setattr("qsb_hw.analysis.size.bath_error", lambda *_: 0.0)  # no keys depend on these
    monkeypatch.setattr("qsb_hw.analysis.pair.BACKGROUND", 3)
    monkeypatch.setattr("qsb_hw.analysis.pair.LINE_STEPS", (1.0,))

    def keys(value):
        if isinstance(value, dict):
            return {k: keys(v) for k, v in value.items() if k not in {"derived_quantities", "criteria"}}
        return None if not isinstance(value, list) or not value or not isinstance(value[0], dict) else keys(value[0])

    def parts(record):
        return {part: set(inside) if isinstance(inside, dict) else None for part, inside in record.items()}

    records = {}
    for name in ("transmon_squid", "toy", *(n for n in devices if n.startswith("ion_") and "brown" not in n)):
        device = devices[name]
        assessment = qh.assess(device, levels=device.target + 2, pair_levels=device.target + 2, bath_levels=2)
        records[name] = CHECK.record(assessment)
        assert to_json(records[name])
    reference = parts(records["transmon_squid"])
    for record in records.values():
        assert parts(record) == reference
        assert keys(record["oscillator"]["baths"]) == keys(records["transmon_squid"]["oscillator"]["baths"])


@pytest.mark.parametrize("name", sorted(qh.shipped_specs()))
def test_unknown_key_in_any_section_is_reported_with_its_path(name, with_toy):
    table = read_toml(qh.shipped_specs()[name])
    sections = [key for key, value in table.items() if isinstance(value, dict) and "value" not in value]
    for section in sections:
        broken = table | {section: table[section] | {"flux_capacitance": "1 F"}}
        with pytest.raises(qh.SpecError) as error:
            qh.device_from_spec(broken)
        assert f"$.{section}.flux_capacitance" in str(error.value)


CHIPS = [*qh.shipped_chips(), *qh.shipped_specs(), "toys", "toy"]


@pytest.fixture(params=CHIPS)
def chip(request, chips):
    return chips[request.param]


def test_every_platform_has_a_chip_that_ships(chips):
    assert {chips[name].platform for name in qh.shipped_chips()} == set(catalog.platforms()) - {"toy"}


def test_a_chip_is_nodes_with_a_coupling_between_every_two(chip):
    assert chip.platform in catalog.platforms()
    assert chip.platform == chip.spec.platform
    assert {node.platform for node in chip.nodes} == {chip.platform}
    assert chip.coupling.shape == (chip.size, chip.size)
    assert np.array_equal(chip.coupling, chip.coupling.conj().T)
    assert not np.diag(chip.coupling).any()
    assert not chip.coupling.imag.any()
    assert set(chip.given) <= set(chip.links)


def test_nodes_of_a_chip_are_devices_of_their_platform(chip):
    for node in chip.nodes:
        again = qh.device_from_spec(node.spec)
        assert again.target == node.target
        if chip.size == 2 and isinstance(chip.spec, type(node.spec)):
            assert np.array_equal(again.complete.ladder.energies, node.complete.ladder.energies)
        assert len(chip.network(levels=node.target + 3, nodes=[node.name]).oscillators) == 1


def test_criteria_and_quantities_of_a_chip_are_like_those_of_a_device(chip):
    for criterion in chip.criteria:
        assert criterion.why
        assert criterion.remedy
        assert criterion.bound > 0
        assert criterion.kind in (CriterionKind.REQUIREMENT, CriterionKind.APPROXIMATION)
        assert criterion.value is None or np.isfinite(criterion.value)
    assert all(np.isfinite(fact.value) for fact in chip.derived_quantities)
    assert {fact.unit for fact in chip.derived_quantities} <= UNITS
    for items in (chip.criteria, chip.derived_quantities):
        assert all(re.fullmatch(r"[a-z][a-z0-9_]*", item.key) for item in items)
        assert len({item.key for item in items}) == len({item.name for item in items}) == len(items)


def test_a_platform_that_knows_nothing_of_chips_has_them_in_its_own_words(chips):
    toys = chips["toys"]
    assert toys.names == ("A", "B", "C")
    assert toys.node("A").complete is toys.node("C").complete is not toys.node("B").complete
    assert toys.coupling_between("B", "A") == pytest.approx(-2 * np.pi * 40e3)
    assert toys.given == (("A", "B"), ("B", "C"))
    said = [text for c in toys.criteria for text in (c.name, c.why, c.remedy)]
    said += [text for q in toys.derived_quantities for text in (q.name, q.note)]
    assert said
    assert not [text for text in said if OTHERS_WORDS.search(text)]
    table = read_toml(catalog.device_file("three_transmons")) | {"platform": "toy"}
    with pytest.raises(qh.SpecError) as error:
        qh.chip_from_spec(table)
    assert "$.node.A.oscillator" in str(error.value)


@pytest.mark.parametrize("name", sorted(qh.shipped_chips()))
def test_unknown_key_anywhere_in_a_chip_is_reported_with_its_path(name, with_toy):
    table = read_toml(qh.shipped_chips()[name])
    nodes = [f"node.{node}.{key}" for node, t in table["node"].items() for key, v in t.items() if isinstance(v, dict)]
    for path in (*(n for n in nodes if "position" not in n), *(f"node.{n}" for n in table["node"]), "", "link.X"):
        broken = copy.deepcopy(table)
        inside = broken
        for key in filter(None, path.split(".")):
            inside = inside.setdefault(key, {})
        inside["flux_capacitance"] = "1 F"
        with pytest.raises(qh.SpecError) as error:
            qh.chip_from_spec(broken)
        assert f"$.{path}{'.' if path else ''}flux_capacitance" in str(error.value)


def test_a_third_platform_is_a_module_a_line_and_a_file(devices):
    assessment = qh.assess(devices["toy"], pair_levels=3)
    assert assessment.verdict.value in {"feasible", "borderline", "infeasible"}
    assert assessment.comparison.supported_convention == "derived"
    assert "toy" in str(catalog.json_schema())


@pytest.mark.usefixtures("with_few_members")
@pytest.mark.parametrize("verb", ["check", "hierarchy", "budget", "ensemble"])
def test_results_of_a_platform_are_in_its_own_words(devices, verb):
    """Every table and record of the toy, read for words of the other platforms."""
    from rich.console import Console

    from qsb_hw.show import budget, ensemble, error_budget, record
    from qsb_hw.show.plain import to_json

    toy = devices["toy"]
    if verb == "check":
        found = qh.assess(toy, levels=4, pair_levels=3)
        shown, written = record.assessment_view(found), record.CHECK.record(found)
    elif verb == "hierarchy":
        found = qh.error_budget(toy, levels=4)
        shown, written = error_budget.error_budget_tables(found), error_budget.ERROR_BUDGET.record(found)
    elif verb == "budget":
        noises = ["t1", "cavity-kerr", "heating", "recoil"]
        found = qh.device_budget(toy, levels=4, pair_levels=3, bath_levels=2, noises=noises)
        shown, written = budget.budget_view(found), budget.BUDGET.record(found)
    else:
        found = qh.predict_ensemble(toy, levels=3, sites=4, sizes=[10])
        shown, written = ensemble.ensemble_tables(found), ensemble.ENSEMBLE.record(found)
    console = Console(width=200)
    with console.capture() as captured:
        console.print(shown)
    said = captured.get() + to_json(written)
    identifiers = (*qh.HIERARCHY, *(n.value for n in Noise), *(toy.vocabulary.noise(n) for n in Noise))
    for identifier in sorted(identifiers, key=len, reverse=True):
        said = said.replace(identifier, "")
    said = re.sub(r"pump(ing|ed) ?(rate|only|faster)?", "", said.replace("slowest_pumping", ""))  # of a level
    assert not OTHERS_WORDS.findall(said), [line for line in said.split("\n") if OTHERS_WORDS.search(line)]
    if verb == "check":
        assert "Bend the resonator more." in said
    if verb == "budget":
        assert "leakage" in captured.get()
        assert "Close the lid." in said
