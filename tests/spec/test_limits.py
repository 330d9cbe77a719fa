"""What no device file can be: endless, huge, deep, binary; refused before it is read, with the limit in the error."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from qsb_hw.devices.catalog import json_schema, load_device, shipped_specs
from qsb_hw.errors import LONGEST_SHOWN, MOST_PROBLEMS, ArgumentError, Problem, SpecError, printable, require, shown
from qsb_hw.spec.files import LARGEST_SPEC_FILE, beside
from qsb_hw.spec.load import MOST_NESTED, MOST_VALUES, read_toml

GOOD = shipped_specs()["transmon_squid"].read_text("utf-8")


def refusal(path):
    with pytest.raises(SpecError) as caught:
        load_device(path)
    text = str(caught.value)
    assert all(line.isprintable() for line in text.splitlines())
    assert len(text) < 60 * LONGEST_SHOWN
    return text


def written(tmp_path, text):
    file = tmp_path / "device.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


ENDLESS = """
import os, sys
from qsb_hw.devices.catalog import load_device
from qsb_hw.errors import QsbError
folder, good = sys.argv[1], open(sys.argv[2], encoding="utf-8").read()
def refused(path):
    try:
        load_device(path)
    except QsbError as error:
        print(str(error).splitlines()[-1])
    else:
        raise SystemExit(f"{path} was read")
def text(content):
    path = os.path.join(folder, "device.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(content)
    return path
for path in ("/dev/zero", os.path.join(folder, "queue")):
    refused(path) if os.path.exists(path) else print("skipped")
refused(text(".".join("a" * 100_000) + " = 1"))
refused(text("".join(f"k{n} = 1\\n" for n in range(600_000))))
refused(text("".join(f"k{n} = 1\\n" for n in range(19_000)) + good))
for quantity in ("20 10**10**10 Hz", "5 Hz**10**10**10", "20 a" + " " * 100_000 + "b", "1 " + "m" * 90, "9" * 100_000):
    refused(text(good.replace("20 GHz", quantity, 1)))
refused(text("a = " + "[" * 100_000))
refused(text("x = " + "'a' " * 60_000))
"""


def test_nothing_hangs(tmp_path):
    """A device, a queue, deep and wide tables, units that would be computed for ever."""
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "queue")
    command = [sys.executable, "-c", ENDLESS, str(tmp_path), str(shipped_specs()["transmon_squid"])]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, encoding="utf-8")
    assert result.returncode == 0, result.stderr[-2000:]
    lines = result.stdout.splitlines()
    assert len(lines) == 12
    for number, fragment in [(0, "regular file"), (1, "regular file")]:
        assert fragment in lines[number] or lines[number] == "skipped"
    assert f"at most {MOST_NESTED} deep" in lines[2]
    assert f"at most {LARGEST_SPEC_FILE // 1024} KiB" in lines[3]
    assert f"{19_000 - MOST_PROBLEMS} more" in lines[4]
    assert all("$.oscillator.josephson_energy.value" in line for line in lines[5:10])


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    assert read_toml(written(tmp_path, b"\xef\xbb\xbf" + GOOD.encode())) == read_toml(written(tmp_path, GOOD))
    assert "must be UTF-8" in refusal(written(tmp_path, GOOD.encode("utf-16")))


PUMP = 'pump_power = { value = "1e9 dBm"'
MANY = "".join(f"k{n} = 1\n" for n in range(MOST_VALUES + 1))
CASES = [
    ("decimal integer", GOOD.replace("= 0.07,", f"= {'9' * 5000},", 1), "must hold numbers that can be read"),
    ("hexadecimal integer", GOOD.replace("= 0.07,", f"= 0x{'f' * 5000},", 1), "a value of about 6021 digits"),
    ("name", GOOD.replace('"transmon_squid"', f'"{"x" * 200_000}"', 1), "$.name: must have at most 200 characters"),
    ("no name", GOOD.replace('"transmon_squid"', '""', 1), "$.name: must not be empty"),
    ("escape in the name", GOOD.replace('"transmon_squid"', '"a\\u001b[31mb"', 1), "found 'a\\x1b[31mb'"),
    ("right-to-left name", GOOD.replace('"transmon_squid"', '"a\\u202eb"', 1), "found 'a\\u202eb'"),
    ("escape in a key", GOOD + '"\\u001b[31m" = 1\n', "$.pair.\\x1b[31m: must be a key that is known"),
    ("escape in a value", GOOD.replace("20 GHz", "\\u001b]0;x\\u0007 GHz", 1), "found '\\x1b]0;x\\x07 GHz'"),
    ("long unit", GOOD.replace("20 GHz", "20 " + "x" * 1000, 1), "at most 100 characters"),
    ("long value", GOOD.replace('"20 GHz"', '["' + "x" * 10_000 + '"]', 1), "characters in all"),
    ("nested lists", "a = " + "[\n" * 40 + "]\n" * 40, f"at most {MOST_NESTED} deep"),
    ("many keys", MANY, f"at most {MOST_VALUES} keys"),
    ("count for a rate", GOOD.replace("20 GHz", "0.1 count", 1), "must be a frequency"),
    ("overflow", GOOD.replace("20 GHz", "1e300 GHz", 1), "must be finite"),
    ("above its range", GOOD.replace("20 GHz", "1e30 GHz", 1), "from 1 µHz to 10 PHz in size"),
    ("below its range", GOOD.replace("20 GHz", "1e-300 GHz", 1), "from 1 µHz to 10 PHz in size"),
    ("decibels", GOOD.replace("coupling_to_linewidth = { value = 0.07", PUMP, 1), "must be finite"),
    ("platform", GOOD.replace('platform = "transmon_squid"', "platform = [1]", 1), "must be a known platform"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "fragment"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_file_beyond_a_limit_is_refused_with_the_limit(tmp_path, text, fragment):
    assert fragment in refusal(written(tmp_path, text))


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000, ""])
def test_a_name_no_file_can_have(name):
    assert "must be" in refusal(name)


def test_every_field_shows_its_range_in_the_schema():
    fields = json_schema()["$defs"]["IonDamping"]["properties"]
    assert "positive, from 1 µHz to 10 PHz in size" in str(fields["linewidth"])
    assert "between 0 and 2" in str(fields["projection"])


def test_messages_are_short_and_printable():
    assert printable("\x1b[1m" + "x" * 9000, 100).startswith("\\x1b[1m")
    assert len(shown("x" * 10**6)) < 2 * LONGEST_SHOWN
    assert shown(10**5000) == "a value of about 5001 digits that is too long to show"
    assert shown([10**5000]) == "a value that is too long to show"
    assert "\x07" not in str(Problem("$.\x07", "\x07"))
    with pytest.raises(ArgumentError) as caught:
        require(False, "This must hold", "\x1b" + "y" * 10**5, "Mend it.")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 2 * LONGEST_SHOWN


def test_beside_a_file_is_not_beyond_it(tmp_path):
    assert beside(tmp_path / "a.toml", "b/c.csv") == tmp_path / "b" / "c.csv"
    for name in ("", "..", "../a.toml", "/etc/passwd", ".", "a\0"):
        with pytest.raises(ArgumentError, match="must name a file in the folder"):
            beside(tmp_path / "a.toml", name)
