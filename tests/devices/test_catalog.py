"""What ships, how it is found, and the schema that describes it."""

from __future__ import annotations

import json
import math

import pytest

import qsb_hw as qh
from qsb_hw.devices.catalog import device_from_spec, json_schema, load_device, platforms, shipped_specs
from qsb_hw.model.build import full_model
from qsb_hw.model.criterion import CriterionKind
from qsb_hw.spec.load import read_toml

SHIPPED = sorted(shipped_specs())


def local_kerr_over_linewidth(device):
    widest = max(tone.linewidth for tone in device.complete.stabilising_tones)
    return device.complete.ladder.kerr_at(device.target) / widest


IONS = ["ion_lattice_be9", "ion_lattice_ca40", "ion_surface_trap_brown2011"]
CIRCUITS = ["kerr_squid_array", "photon_pressure", "transmon_squid"]
WORDS = {"species", "kind", "direction", "transition", "file", "anharmonicity"}
"""Keys whose value is no number."""


@pytest.mark.parametrize("read", [qh.load, qh.load_chip, qh.load_device])
@pytest.mark.parametrize("path", [3, None, ["transmon_squid"]])
def test_what_is_no_path_is_refused(read, path):
    with pytest.raises(qh.ArgumentError, match="must be given by its path"):
        read(path)


def test_six_files_ship():
    assert [*IONS, *CIRCUITS] == SHIPPED
    assert {load_device(name).platform for name in IONS} == {"ion_trap"}
    assert {load_device(name).platform for name in CIRCUITS} == {"transmon_squid"}


@pytest.mark.parametrize(
    ("name", "ratio"),
    [
        ("transmon_squid", 7.0),
        ("kerr_squid_array", 1.25),
        ("photon_pressure", 5e-5),
        ("ion_lattice_be9", 4.0),
        ("ion_lattice_ca40", 1.52),
        ("ion_surface_trap_brown2011", 5.26e-5),
    ],
)
def test_shipped_devices_have_the_kerr_they_claim(name, ratio):
    assert local_kerr_over_linewidth(load_device(name)) == pytest.approx(ratio, rel=0.05)


@pytest.mark.parametrize("name", ["transmon_squid", "ion_lattice_be9"])
def test_the_feasible_devices_meet_every_platform_need_with_margin(name):
    known = [c for c in load_device(name).criteria if c.passed is not None]
    assert all(c.meets_margin for c in known if c.kind is CriterionKind.REQUIREMENT)
    assert all(c.passed for c in known)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_number_that_ships_has_a_source(name):
    def bare(value, path):
        if isinstance(value, dict) and "value" not in value:
            for key in value.keys() - WORDS:
                yield from bare(value[key], f"{path}.{key}")
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
    assert all(
        d.derived_quantities == devices[0].derived_quantities and d.criteria == devices[0].criteria for d in devices
    )


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_device_cuts_down_to_a_solvable_oscillator(name):
    device = load_device(name)
    least = device.target + 2
    short = device.oscillator(levels=least)
    assert short.dims == (least, *(bath.levels for bath in device.complete.baths))
    assert full_model(short).size == math.prod(short.dims)
    assert device.oscillator().levels == device.complete.levels


def sections_of(schema, spec):
    """Description of every section of a platform's file, by its key."""
    for key, described in schema["$defs"][spec.__name__]["properties"].items():
        if reference := described.get("$ref"):
            yield key, schema["$defs"][reference.rsplit("/", 1)[1]]


def test_the_schema_describes_every_key():
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert len(schema["oneOf"]) == 2 * len(platforms())  # a device and a chip of each
    for platform in platforms().values():
        found = dict(sections_of(schema, platform.spec))
        assert {"target", "damping", "amplification", "pair"} <= set(found)
        for section, described in found.items():
            for key, entry in described["properties"].items():
                assert entry.get("description"), (section, key)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_schema_and_the_files_that_ship_use_the_same_keys(name):
    table = read_toml(shipped_specs()[name])
    found = dict(sections_of(json_schema(), platforms()[table["platform"]].spec))
    for section, described in found.items():
        assert set(table.get(section, {})) <= set(described["properties"])
