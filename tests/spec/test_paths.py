"""Numbers of a device file by their path."""

import pytest

import qsb_hw as qh
from qsb_hw.devices.catalog import platforms, shipped_specs
from qsb_hw.spec.load import read_toml
from qsb_hw.spec.paths import field_at, leaves, numeric_fields, prepared, with_value
from qsb_hw.spec.quantity import Quantity

MATRIX = [["77.48 fF", "-5 aF"], ["-5 aF", "77.48 fF"]]


@pytest.mark.parametrize("name", shipped_specs())
def test_a_prepared_table_is_the_same_device(name):
    table = read_toml(shipped_specs()[name])
    spec = platforms()[table["platform"]].spec
    first = spec.model_validate(table)
    again = spec.model_validate(prepared(first))
    assert again == first
    assert dict(leaves(prepared(again))) == dict(leaves(prepared(first)))
    assert {path for path, value in leaves(prepared(first)) if isinstance(value, Quantity)} <= {
        field.path for field in numeric_fields(spec)
    }


def test_entries_of_a_matrix_have_paths():
    table = read_toml(shipped_specs()["transmon_squid"])
    table["pair"] = {"capacitance_matrix": MATRIX}
    spec = qh.device_from_spec(table).spec
    field = field_at(type(spec), "$.pair.capacitance_matrix[0][1]")
    assert field.reads.kind.name == "capacitance"
    changed = with_value(prepared(spec), field.keys, Quantity(-6e-18, "-6 aF"))
    assert changed["pair"]["capacitance_matrix"][0][1].value == -6e-18
    assert changed["pair"]["capacitance_matrix"][1][0].value == -5e-18
    with pytest.raises(qh.ArgumentError, match="must point into a list"):
        with_value(prepared(spec), field_at(type(spec), "$.pair.capacitance_matrix[7][1]").keys, Quantity(0.0, "0"))


@pytest.mark.parametrize(
    "path", ["damping.linewidth", "$", "$.", "$.damping", "$.damping.linewidth[", "$.name", "$..a"]
)
def test_what_is_no_path_to_a_number_is_refused(path):
    spec = platforms()["transmon_squid"].spec
    with pytest.raises(qh.ArgumentError, match="path must"):
        field_at(spec, path)
