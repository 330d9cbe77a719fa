"""What ships, how it is found, and the schema that describes it."""

from __future__ import annotations

import json

import pytest

from qsb_hw.devices.catalog import device_from_spec, json_schema, load_device, platforms, shipped_specs
from qsb_hw.model.criterion import CriterionKind
from qsb_hw.spec.load import read_toml

SHIPPED = sorted(shipped_specs())


def local_kerr_over_linewidth(device):
    widest = max(tone.linewidth for bath in device.complete.baths for tone in bath.tones)
    return device.complete.ladder.kerr_at(device.target) / widest


def test_three_files_ship():
    assert SHIPPED == ["kerr_squid_array", "photon_pressure", "transmon_squid"]


@pytest.mark.parametrize(
    ("name", "ratio"), [("transmon_squid", 7.0), ("kerr_squid_array", 1.25), ("photon_pressure", 5e-5)]
)
def test_shipped_devices_have_the_kerr_they_claim(name, ratio):
    assert local_kerr_over_linewidth(load_device(name)) == pytest.approx(ratio, rel=0.05)


def test_the_feasible_device_meets_every_platform_need_with_margin():
    criteria = load_device("transmon_squid").criteria
    assert all(c.comfortable for c in criteria if c.kind is CriterionKind.NEED)
    assert all(c.passed for c in criteria)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_number_that_ships_has_a_source(name):
    def bare(value, path):
        if isinstance(value, dict) and "value" not in value:
            for key, inner in value.items():
                yield from bare(inner, f"{path}.{key}")
        elif not isinstance(value, dict) or not value.get("source"):
            yield path

    table = read_toml(shipped_specs()[name])
    sections = {key: value for key, value in table.items() if isinstance(value, dict)}
    assert list(bare(sections, "$")) == []


@pytest.mark.parametrize("name", SHIPPED)
def test_a_path_a_bare_name_and_a_table_are_the_same_device(name):
    path = shipped_specs()[name]
    devices = [load_device(path), load_device(str(path)), load_device(name), device_from_spec(read_toml(path))]
    devices.append(device_from_spec(devices[0].spec))
    assert all(d.facts == devices[0].facts and d.criteria == devices[0].criteria for d in devices)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_device_cuts_down_to_a_solvable_oscillator(name):
    device = load_device(name)
    least = device.target + 2
    assert device.oscillator(levels=least).dims == (least, 3, 3)
    assert device.oscillator().levels == device.complete.levels
    assert [bath.name for bath in device.complete.baths] == ["damping", "amplification"]


def test_the_schema_describes_every_key():
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert len(schema["oneOf"]) == len(platforms())
    for section in ("Oscillator", "Damping", "Amplification", "Target", "Pair", "TransmonSquidSpec"):
        for key, described in schema["$defs"][section]["properties"].items():
            assert described.get("description"), (section, key)


def test_the_schema_and_the_files_that_ship_use_the_same_keys():
    definitions = json_schema()["$defs"]
    for path in shipped_specs().values():
        table = read_toml(path)
        for section in ("oscillator", "target", "damping", "amplification", "pair"):
            assert set(table[section]) <= set(definitions[section.capitalize()]["properties"])
