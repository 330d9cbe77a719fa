"""Files that are not what they should be."""

from __future__ import annotations

import pytest

from qsb_hw.errors import SpecError
from qsb_hw.spec.load import read_toml


def refusal(path):
    with pytest.raises(SpecError) as caught:
        read_toml(path)
    assert caught.value.source == str(path)
    (problem,) = caught.value.problems
    assert problem.path == "$"
    return problem.message


def test_no_such_file(tmp_path):
    assert "found none of that name" in refusal(tmp_path / "none.toml")


def test_a_directory(tmp_path):
    assert "directory" in refusal(tmp_path)


def test_not_utf8_names_the_line(tmp_path):
    file = tmp_path / "latin.toml"
    file.write_bytes(b'name = "x"\ndescription = "\xb5"\n')
    assert "0xb5 in line 2" in refusal(file)


def test_not_toml_names_line_and_column(tmp_path):
    file = tmp_path / "bad.toml"
    file.write_text('name = "x"\nt1 = 50 us\n', encoding="utf-8")
    message = refusal(file)
    assert "must be TOML" in message
    assert "line 2, column" in message


def test_windows_line_ends_are_fine(tmp_path):
    file = tmp_path / "dos.toml"
    file.write_bytes(b'name = "x"\r\nt1 = "50 us"\r\n')
    assert read_toml(file) == {"name": "x", "t1": "50 us"}
