"""Thousands of mutated device files: each is refused with a path and a hint, or is a device whose numbers hold.

``pytest tests/systems/test_mutated_files.py --fuzz 20000 --fuzz-seed 7`` reads more of them. Every file follows from
the seed and its number alone; a failure shows both and the text.
"""

from __future__ import annotations

import contextlib
import copy
import random
import re
import signal
import tomllib
from functools import cache

import numpy as np
import pytest
import tomlkit

from qsb_hw.analysis.analysis import analyse
from qsb_hw.devices.catalog import load_chip, load_device, shipped_chips, shipped_specs
from qsb_hw.elimination.eliminate import eliminate
from qsb_hw.errors import ArgumentError, QsbError, SpecError

LONGEST = 10.0
"""Seconds that one file may take."""


def words(text):
    return text.split()


UNITS = [
    *words("Hz kHz MHz GHz THz 1/s 1/ms rad/s s ms us ns K mK uK W nW dBm pH nH H fF pF F nA uA A Phi_0 Wb % m um nm"),
    *words("meV J eV mV count kg degC 1 V^2/m^2/Hz meV/um^2 meV/um^3 meV/um^4 Hz**2 Hz**10**10**10 µs Ω hertz dB Hz²"),
    *("bananas", "10**10**10 Hz", "m m m", "(Hz", "Hz^-1", "Hz/0", "√Hz", "K*K", "\x00"),
]
NUMBERS = [
    *words("0 -0 1 -1 2 3 0.5 -0.5 6.5 7 12 64 65 1e300 1e-300 1e308 -1e300 1e17 1e-17 1e6 1e-6 nan inf -inf 1e999"),
    *("9" * 400, "0x10", "1_000", "٣", "1,5", "½", "--1", "1e", ".", ""),
]
WORDS = [
    *words("x lattice tweezer electrodes polynomial double_well table axial softening 9Be+ 171Yb+ 40Ca+ S1/2-P3/2"),
    *("S1/2-F7/2", "0", "", " ", "../x.csv", "/dev/zero", "/etc/passwd", "a" * 5000, "\u202e", "\x1b[31m", "a\nb", "κ"),
]
TABLES = [[], {}, [[]], ["1 MHz"], [1, 2], {"value": 1}, {"value": "1 MHz", "sorce": "x"}, {"value": {}}]
PLAIN = [True, False, 0, 1, -1, 2, 3, 1e300, -1e300, 1e-300, 6.5, 2**70, 10**400, float("nan"), float("inf")]
VALUES = [*WORDS, *TABLES, *PLAIN, tomllib.loads("t = 1979-05-27")["t"]]
PIECES = [*words("\x00 \ufeff é [ ] \" = ''' { \u2028 💥 \\ #"), "\n"]


def flat(table, at=()):
    """Every key with the table it is in, sections included."""
    for key, value in table.items():
        yield table, key
        if isinstance(value, dict):
            yield from flat(value, (*at, key))


def pick(rng, table):
    return rng.choice(list(flat(table)))


def number_of(text):
    head = str(text).split()[0] if str(text).split() else ""
    try:
        return float(head), str(text)[len(head) :]
    except ValueError:
        return None


def set_value(table, key, value):
    if isinstance(table[key], dict) and "value" in table[key]:
        table[key]["value"] = value
    else:
        table[key] = value


def value_at(table, key):
    found = table[key]
    return found["value"] if isinstance(found, dict) and "value" in found else found


def delete(rng, table, others):
    inside, key = pick(rng, table)
    del inside[key]


def swap(rng, table, others):
    (one, a), (two, b) = pick(rng, table), pick(rng, table)
    first, second = copy.deepcopy(one[a]), copy.deepcopy(two[b])
    one[a], two[b] = second, first


def scale(rng, table, others):
    for _ in range(50):
        inside, key = pick(rng, table)
        if not isinstance(inside[key], dict) or "value" in inside[key]:
            found = number_of(value_at(inside, key))
            if found is not None:
                factor = 10.0 ** rng.choice([*range(-20, 21), -0.3, 0.3, -0.1, 0.1, 100, -100])
                scaled = found[0] * factor * rng.choice([1, 1, 1, -1])
                set_value(inside, key, f"{scaled!r}{found[1]}")
                return


def scatter(rng, table, others):
    """Every number, each by its own factor: devices that no one would build and that are described well."""
    widest = rng.choice([0.3, 1, 3, 6])
    for inside, key in list(flat(table)):
        if not isinstance(inside[key], dict) or "value" in inside[key]:
            found = number_of(value_at(inside, key))
            if found is not None and rng.random() < 0.7:
                set_value(inside, key, f"{found[0] * 10 ** rng.uniform(-widest, widest)!r}{found[1]}")


def change_unit(rng, table, others):
    inside, key = pick(rng, table)
    found = number_of(value_at(inside, key)) or (1.0, "")
    set_value(inside, key, f"{found[0]!r} {rng.choice(UNITS)}")


def change_number(rng, table, others):
    inside, key = pick(rng, table)
    found = number_of(value_at(inside, key)) or (1.0, "")
    set_value(inside, key, rng.choice(NUMBERS) + found[1])


def change_value(rng, table, others):
    inside, key = pick(rng, table)
    if rng.random() < 0.5:
        inside[key] = copy.deepcopy(rng.choice(VALUES))
    else:
        set_value(inside, key, copy.deepcopy(rng.choice(VALUES)))


def rename(rng, table, others):
    inside, key = pick(rng, table)
    name = rng.choice([key[:-1], key + "s", key.upper(), "", "κ", "a.b", "x" * 300, "\x1b[1m", key + " "])
    inside[name] = inside.pop(key)


def borrow(rng, table, others):
    """A key or a section of another file, here or one floor up or down."""
    other = copy.deepcopy(rng.choice(others))
    inside, key = pick(rng, other)
    target = rng.choice([table, *(value for value in table.values() if isinstance(value, dict))])
    target[key] = inside[key]


def merge(rng, table, others):
    for key, value in copy.deepcopy(rng.choice(others)).items():
        if isinstance(value, dict) and isinstance(table.get(key), dict) and rng.random() < 0.7:
            table[key] |= value
        elif rng.random() < 0.5:
            table[key] = value


TABLE_CHANGES = [
    *[scale] * 4,
    scatter,
    scatter,
    delete,
    swap,
    change_unit,
    change_number,
    change_value,
    rename,
    borrow,
    merge,
]


def cut(rng, text):
    return text[: rng.randrange(len(text) + 1)]


def drop_line(rng, text):
    lines = text.splitlines(keepends=True)
    del lines[rng.randrange(len(lines))]
    return "".join(lines)


def double_line(rng, text):
    lines = text.splitlines(keepends=True)
    lines.insert(rng.randrange(len(lines)), rng.choice(lines))
    return "".join(lines)


def exchange_lines(rng, text):
    lines = text.splitlines(keepends=True)
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[i], lines[j] = lines[j], lines[i]
    return "".join(lines)


def put_in(rng, text):
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice(PIECES) + text[at:]


def repeat(rng, text):
    at, size = rng.randrange(len(text)), rng.randrange(1, 60)
    return text[:at] + text[at : at + size] * rng.choice([2, 3, 1000]) + text[at + size :]


TEXT_CHANGES = [cut, drop_line, double_line, exchange_lines, put_in, repeat]


def random_bytes(rng, data):
    changed = bytearray(data)
    for _ in range(rng.randrange(1, 12)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


@cache
def tables(files):
    return [tomllib.loads(text) for text in files]


def mutated(seed, number, files):
    """Bytes of one mutated file."""
    rng = random.Random(f"{seed}/{number}")
    text = rng.choice(files)
    kind = rng.random()
    if kind < 0.75:
        others = tables(tuple(files))
        table = copy.deepcopy(others[files.index(text)])
        for _ in range(rng.choice([1, 1, 1, 2, 3, 6])):
            with contextlib.suppress(IndexError):  # nothing is left to change
                rng.choice(TABLE_CHANGES)(rng, table, others)
        return tomlkit.dumps(table).encode("utf-8", "surrogatepass")
    for _ in range(rng.choice([1, 1, 2, 4])):
        text = rng.choice(TEXT_CHANGES)(rng, text) or " "
    data = text.encode()
    return random_bytes(rng, data) if kind > 0.95 else data


class TooLongError(BaseException):
    """A file took longer than `LONGEST`; no handler of the package may catch it."""


@contextlib.contextmanager
def guarded():
    """Interrupt what takes longer than `LONGEST`, where the system can."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(*_):
        raise TooLongError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def stationary(rates):
    """Populations of rates[m, n] of n → m by the elimination of Grassmann, Taksar and Heyman: no subtraction."""
    left = rates.copy()
    size = len(left)
    for k in range(size - 1, 0, -1):
        leaving = left[:k, k].sum()
        if leaving == 0:
            return None
        left[k, :k] /= leaving
        left[:k, :k] += np.outer(left[:k, k], left[k, :k])
    populations = np.ones(size)
    for k in range(1, size):
        populations[k] = left[k, :k] @ populations[:k]
    return populations / populations.sum()


def check_refusal(error):
    assert isinstance(error, SpecError)
    for problem in error.problems:
        assert problem.path.startswith("$")
        assert len(problem.message) < 2500
        assert problem.message.isprintable()
    assert len(str(error)) < 150_000
    assert all(line.isprintable() for line in str(error).splitlines())


def check_device(device):
    """Whether it can be eliminated; then its numbers hold, and else the error names the section of the file."""
    try:
        effective = analyse(device, complete=False).effective
    except ArgumentError as refusal:
        error = refusal
    else:
        error = None
    if error is not None:
        assert "$." in str(error)
        return False
    rates = effective.rates
    assert np.all(np.isfinite(rates))
    assert np.all(rates >= 0)
    assert np.all(np.isfinite(effective.ladder.energies))
    populations = stationary(rates)
    if populations is not None:
        assert np.all(np.isfinite(populations))
        assert np.all(populations >= 0)
        assert populations.sum() == pytest.approx(1)
    numbers = [fact.value for fact in device.derived_quantities] + [
        c.value for c in device.criteria if c.value is not None
    ]
    assert not np.any(np.isnan(numbers))
    return True


WELLS = [
    'kind = "tweezer"\nwaist = "1 um"\ndepth = "2 mK"',
    'kind = "electrodes"\nfrequency = "4 MHz"\ndistance = "1 um"\nanharmonicity = "hardening"',
    'kind = "polynomial"\nfrequency = "4 MHz"\ncubic = "0.1 meV/um^3"\nquartic = "-2 meV/um^4"',
    'kind = "double_well"\nquadratic = "0.06 meV/um^2"\nquartic = "200 meV/um^4"',
    'kind = "double_well"\nquartic = "200 meV/um^4"',
    'kind = "table"\nfile = "well.csv"',
]
MEASURED = """
frequency = "5.2 GHz"
anharmonicity = "-250 MHz"
zero_point_current = "25 nA"
t1 = "50 us"
temperature = "20 mK"
frequency_noise = "100 Hz"
"""


TABLE = "x [um], V [meV]\n" + "\n".join(
    f"{x / 50:.2f}, {(x / 50) ** 2 * (1 - (x / 50) ** 2 / 9):.9f}" for x in range(-50, 51)
)


def all_originals():
    """Every shipped file, and kinds of devices that none of them is."""
    texts = [path.read_text("utf-8") for path in shipped_specs().values()]
    ion = shipped_specs()["ion_lattice_ca40"].read_text("utf-8")
    circuit = shipped_specs()["transmon_squid"].read_text("utf-8")
    others = [re.sub(r"(?s)(\[potential\]\n).*?(\n\[target)", rf"\1{well}\n\2", ion) for well in WELLS]
    others.append(re.sub(r"(?s)(\[oscillator\]\n).*?(\n\[target)", rf"\1{MEASURED}\2", circuit.partition("[pair]")[0]))
    matrix = 'capacitance_matrix = [["77.48 fF", "-5 aF"], ["-5 aF", "77.48 fF"]]'
    others.append(re.sub(r"(?s)(\[pair\]\n).*", rf"\1{matrix}\n", circuit))
    return [*texts, *others]


@pytest.fixture(scope="module")
def originals():
    return all_originals()


def test_mutated_files_are_refused_with_a_path_or_are_devices(originals, tmp_path, request):
    count, seed = request.config.getoption("--fuzz"), request.config.getoption("--fuzz-seed")
    file, accepted, failures = tmp_path / "mutated.toml", 0, []
    (tmp_path / "well.csv").write_text(TABLE, encoding="utf-8")
    for text in originals:
        file.write_text(text, encoding="utf-8")
        assert check_device(load_device(file))
    for number in range(count):
        data = mutated(seed, number, originals)
        file.write_bytes(data)
        try:
            with guarded():
                try:
                    device = load_device(file)
                except QsbError as error:
                    check_refusal(error)
                else:
                    accepted += check_device(device)
        except (Exception, TooLongError) as error:
            failures.append(f"--fuzz-seed {seed}, file {number}: {type(error).__name__}: {error}")
    assert not failures, f"{len(failures)} of {count}:\n" + "\n".join(failures[:20])
    assert accepted > count / 50  # what refuses everything tests nothing


Q3D = """Problem Type:C
C Units:fF, G Units:mSie

Capacitance Matrix
\tgnd\ta1\ta2\tc1\tc2\tb1
gnd\t400\t-60\t-60\t-62\t-61\t-75
a1\t-60\t95.02\t-35\t-0.02\t0\t0
a2\t-60\t-35\t95.05\t0\t-0.05\t0
c1\t-62\t-0.02\t0\t97.05\t-35\t-0.03
c2\t-61\t0\t-0.05\t-35\t96.05\t0
b1\t-75\t0\t0\t-0.03\t0\t75.03
"""
FILE = """[capacitance]
file = "q3d.txt"
ground = "gnd"
junctions = { A = ["a1", "a2"], C = ["c1", "c2"], B = ["b1"] }
"""


def all_chips():
    """Every shipped chip, and one whose matrix is in a file."""
    texts = [path.read_text("utf-8") for path in shipped_chips().values()]
    three = shipped_chips()["three_transmons"].read_text("utf-8")
    return [*texts, three.partition("[capacitance]")[0].partition("# Pads")[0] + FILE]


def check_chip(chip):
    assert np.all(np.isfinite(chip.coupling))
    assert np.array_equal(chip.coupling, chip.coupling.T)
    for holder in (chip, *chip.nodes):
        numbers = [fact.value for fact in holder.derived_quantities]
        numbers += [c.value for c in holder.criteria if c.value is not None]
        assert not np.any(np.isnan(numbers))
    assert all("$.node." in refusal for node in chip.nodes if (refusal := refusal_to_eliminate(node)))
    return 1


def refusal_to_eliminate(device):
    try:
        eliminate(device.complete)
    except ArgumentError as error:
        return str(error)
    return ""


def test_mutated_chips_and_matrices_are_refused_with_a_path_or_are_chips(tmp_path, request):
    count, seed = max(request.config.getoption("--fuzz") // 6, 1), request.config.getoption("--fuzz-seed")
    originals, rng, failures, accepted = all_chips(), random.Random(f"{seed}/q3d"), [], 0
    file, matrix = tmp_path / "mutated.toml", tmp_path / "q3d.txt"
    for number in range(count):
        text = Q3D
        if number % 3 == 0:
            file.write_text(originals[-1], encoding="utf-8")
            for _ in range(rng.choice([1, 1, 2, 4])):
                text = rng.choice(TEXT_CHANGES)(rng, text) or " "
        else:
            file.write_bytes(mutated(seed, number, originals))
        matrix.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            with guarded():
                try:
                    accepted += check_chip(load_chip(file))
                except QsbError as error:
                    check_refusal(error)
        except (Exception, TooLongError) as error:
            failures.append(f"--fuzz-seed {seed}, file {number}: {type(error).__name__}: {error}")
    assert not failures, f"{len(failures)} of {count}:\n" + "\n".join(failures[:20])
    assert accepted > count / 50
