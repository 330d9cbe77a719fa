"""Capacitance matrices: every form a solver exports, and what junctions see of them, by independent routes."""

import math

import numpy as np
import pytest
from scipy.constants import e, hbar

import qsb_hw as qh
from qsb_hw.devices.transmon_squid.matrix_file import last_digit, read_matrix
from qsb_hw.devices.transmon_squid.maxwell import maxwell, reduce, without_ground
from qsb_hw.errors import ArgumentError
from qsb_hw.spec.load import read_toml

CAVITY = {
    "linewidth": "20 MHz", "external_linewidth": "19 MHz", "capacitance": "500 fF", "squid_critical_current": "8.6 uA",
    "flux_bias": "0.35 Phi_0", "mutual_inductance": "16 pH", "coupling_to_linewidth": 0.07,
}  # fmt: skip
NODE = {
    "oscillator": {"josephson_energy": "20 GHz", "t1": "100 us", "temperature": "35 mK"},
    "target": {"fock_state": 1},
    "damping": CAVITY | {"inductance": "620 pH"},
    "amplification": CAVITY | {"inductance": "850 pH"},
}
NAMES = ["gnd", "b", "a1", "bus", "a2", "c1", "c2", "r"]


def positive(n, seed):
    """Mutual capacitances (n, n) in fF between conductors, the first of which is ground."""
    rng = np.random.default_rng(seed)
    mutual = np.triu(rng.uniform(0.01, 3.0, (n, n)), 1)
    mutual[0, 1:] = rng.uniform(60, 90, n - 1)
    return mutual + mutual.T


def to_maxwell(mutual, stray=0.0):
    return np.diag(mutual.sum(axis=1) + stray) - mutual


def rows(matrix, digits=15):
    return [[f"{value:.{digits}g} fF" for value in row] for row in matrix]


def table(names, matrix, junctions, ground="gnd", **section):
    nodes = {name: NODE | {"oscillator": dict(NODE["oscillator"])} for name in junctions}
    given = {"conductors": list(names), "matrix": rows(matrix)} if "file" not in section else {}
    capacitance = given | {"junctions": junctions} | ({"ground": ground} if ground else {}) | section
    return {"name": "chip", "platform": "transmon_squid", "node": nodes, "capacitance": capacitance}


def by_lagrangian(matrix, vectors):
    """C_eff of the junctions: the kinetic energy ½VᵀCV with every charge but those on the junctions zero.

    Coordinates: the branch voltages and a complement of free ones; the free ones are eliminated by ∂T/∂w = 0.
    """
    m = np.array(vectors, dtype=float)
    count, size = m.shape
    complement = np.linalg.svd(m)[2][count:]  # directions that no junction feels
    change = np.linalg.inv(np.vstack([m, complement]))  # V = change (v, w)
    kinetic = change.T @ matrix @ change
    free = kinetic[count:, count:]
    assert np.linalg.eigvalsh(free).min() > 0 if size > count else True
    return kinetic[:count, :count] - kinetic[:count, count:] @ np.linalg.inv(free) @ kinetic[count:, :count]


JUNCTIONS = {"A": ["a1", "a2"], "B": ["b"], "C": ["c1", "c2"]}


def expected(matrix, own=0.0):
    """E_C (rad/s) and the inverse effective capacitance (1/F) of the three junctions."""
    c = matrix[1:, 1:] * 1e-15
    kept = NAMES[1:]
    vectors = np.zeros((3, len(kept)))
    for row, pads in zip(vectors, JUNCTIONS.values(), strict=True):
        for sign, pad in zip((1, -1), pads, strict=False):
            row[kept.index(pad)] = sign
    if own:
        c = c + own * np.outer(vectors[1], vectors[1])
    inverse = np.linalg.inv(by_lagrangian(c, vectors))
    return e**2 * np.diag(inverse) / (2 * hbar), inverse


@pytest.mark.parametrize("own", [0.0, 4e-15])
def test_charging_energies_and_couplings_are_those_of_the_constrained_lagrangian(own):
    matrix = to_maxwell(positive(8, 1), stray=5.0)
    given = table(NAMES, matrix, JUNCTIONS)
    if own:
        given["node"]["B"]["oscillator"]["junction_capacitance"] = "4 fF"
    chip = qh.chip_from_spec(given)
    charging, inverse = expected(matrix, own)
    found = np.array([node.spec.oscillator.charging_energy.value for node in chip.nodes])
    assert np.allclose(found, charging, rtol=1e-9, atol=0)
    charges = np.array([node.quantity("zero_point_charge").value for node in chip.nodes])
    v = 4 * e**2 * inverse * np.outer(charges, charges) / hbar
    assert np.allclose(chip.coupling, v - np.diag(np.diag(v)), rtol=1e-9, atol=0)
    assert chip.links == (("A", "B"), ("A", "C"), ("B", "C"))  # none is named
    assert chip.given == ()


def test_the_two_forms_permuted_conductors_and_pads_of_opposite_order_give_the_same():
    mutual = positive(8, 2)
    matrix = to_maxwell(mutual, stray=5.0)
    chip = qh.chip_from_spec(table(NAMES, matrix, JUNCTIONS))
    spice = mutual + np.diag(np.full(8, 5.0))
    order = np.random.default_rng(3).permutation(8)
    turned = JUNCTIONS | {"A": ["a2", "a1"]}
    for other, sign in (
        (table(NAMES, spice, JUNCTIONS), 1),
        (table([NAMES[k] for k in order], matrix[np.ix_(order, order)], JUNCTIONS), 1),
        (table(NAMES, matrix, turned), -1),
        (table(NAMES, matrix, JUNCTIONS | {"B": ["gnd", "b"]}, ground=["gnd"]), 1),
        (table(NAMES[1:], matrix[1:, 1:], JUNCTIONS, ground=None), 1),
    ):
        found = qh.chip_from_spec(other)
        factor = np.array([[1, sign, sign], [sign, 1, 1], [sign, 1, 1]])
        assert np.allclose(found.coupling, chip.coupling * factor, rtol=1e-9, atol=0)


def test_relabelled_nodes_permute_everything():
    matrix = to_maxwell(positive(8, 4), stray=5.0)
    one = qh.chip_from_spec(table(NAMES, matrix, JUNCTIONS))
    other = qh.chip_from_spec(table(NAMES, matrix, {name: JUNCTIONS[name] for name in "CAB"}))
    for a in "ABC":
        assert other.node(a).derived_quantities == one.node(a).derived_quantities
        assert [c.value for c in other.node(a).criteria] == [c.value for c in one.node(a).criteria]
        for b in "ABC":
            assert other.coupling_between(a, b) == pytest.approx(one.coupling_between(a, b), rel=1e-12)
    values = {c.key: c.value for c in one.criteria}
    assert {c.key: c.value for c in other.criteria} == pytest.approx(values)


def splitting(matrix, josephson):
    """Half the splitting of |01⟩ and |10⟩ of two islands, from the whole Hamiltonian in the charge basis, in rad/s."""
    n = np.arange(-14, 15) - 0.25
    one = np.eye(n.size)
    hop = -josephson / 2 * (np.eye(n.size, k=1) + np.eye(n.size, k=-1))
    inverse = np.linalg.inv(matrix)
    charge, scale = np.diag(n), (2 * e) ** 2 / (2 * hbar)
    own = [scale * inverse[k, k] * charge @ charge + hop for k in (0, 1)]
    h = np.kron(own[0], one) + np.kron(one, own[1]) + 2 * scale * inverse[0, 1] * np.kron(charge, charge)
    from scipy.linalg import eigh

    levels = eigh(h, eigvals_only=True, subset_by_index=[1, 2])
    return (levels[1] - levels[0]) / 2


def test_the_coupling_is_half_the_splitting_of_two_cooper_pair_boxes_to_second_order_in_the_coupling_capacitance():
    total, ratios, errors = 77.0, np.array([0.02, 0.04, 0.08]), []
    for ratio in ratios:
        matrix = np.array([[total, -ratio * total], [-ratio * total, total]])
        chip = qh.chip_from_spec(table(["a", "b"], matrix, {"A": ["a"], "B": ["b"]}, ground=None))
        exact = splitting(matrix * 1e-15, chip.node("A").spec.oscillator.josephson_energy.value)
        errors.append(abs(chip.coupling_between("A", "B") / exact - 1))
    assert np.polyfit(np.log(ratios), np.log(errors), 1)[0] == pytest.approx(2, abs=0.1)
    assert errors[0] < 1e-3


def test_couplings_fall_by_the_ratio_of_capacitances_a_step():
    ratios, steps = np.array([1e-4, 1e-3, 1e-2]), []
    for ratio in ratios:
        matrix = np.diag([70.0, 75.0, 80.0])
        matrix[0, 1] = matrix[1, 0] = matrix[1, 2] = matrix[2, 1] = -75 * ratio
        chip = qh.chip_from_spec(table(["a", "b", "c"], matrix, {"A": ["a"], "B": ["b"], "C": ["c"]}, ground=None))
        steps.append((chip.coupling_between("A", "C") / chip.coupling_between("A", "B")).real)
    assert np.polyfit(np.log(ratios), np.log(steps), 1)[0] == pytest.approx(1, abs=0.02)


def test_links_by_capacitors_are_the_inverse_of_one_matrix():
    given = read_toml(qh.shipped_chips()["ring_of_four"])
    chip = qh.chip_from_spec(given)
    matrix = np.diag([e**2 / (2 * hbar * node.spec.oscillator.charging_energy.value) for node in chip.nodes])
    for key, link in given["link"].items():
        j, k = (chip.index(name) for name in key.split("-"))
        matrix[j, k] = matrix[k, j] = -float(link["coupling_capacitance"]["value"].split()[0]) * 1e-18
    charges = np.array([node.quantity("zero_point_charge").value for node in chip.nodes])
    v = 4 * e**2 * np.linalg.inv(matrix) * np.outer(charges, charges) / hbar
    assert np.allclose(chip.coupling, v - np.diag(np.diag(v)), rtol=1e-9, atol=0)
    assert 0 < chip.coupling_between("A", "C").real < 1e-3 * chip.coupling_between("A", "B").real
    given["link"]["A-B"] = {"coupling": "-1 MHz"}
    changed = qh.chip_from_spec(given)
    assert changed.coupling_between("B", "A") == pytest.approx(-2e6 * math.pi)
    assert changed.coupling_between("C", "D") == pytest.approx(chip.coupling_between("C", "D"), rel=1e-6)


def test_a_matrix_tells_the_sign_of_a_direct_coupling():
    chip = qh.load_chip("three_transmons")
    product = np.prod([chip.coupling_between(*pair).real for pair in (("A", "C"), ("C", "B"), ("A", "B"))])
    assert product < 0
    assert chip.given == (("A", "C"), ("C", "B"))


# files of field solvers

Q3D = """DesignVariation:$BBoxL='650um' $boxH='750um'\tpass='12'
Setup1:LastAdaptive
Problem Type:C
C Units:{unit}, G Units:mSie
Reduce Matrix:Original
Frequency: 5.5E+09 Hz

Capacitance Matrix
\t{header}\t
{rows}

Conductance Matrix
\t{header}\t
{rows}

Capacitance Matrix Coupling Coefficient
\t{header}\t
{rows}
"""


def q3d(names, matrix, unit="fF", scale=1.0, digits=".6e", order=None):
    order = range(len(names)) if order is None else order
    lines = ["\t".join([names[k], *(format(value * scale, digits) for value in matrix[k])]) for k in order]
    return Q3D.format(unit=unit, header="\t".join(names), rows="\n".join(lines))


@pytest.fixture
def loaded(tmp_path):
    def load(text, junctions=JUNCTIONS, **section):
        (tmp_path / "q3d.txt").write_bytes(text.encode())
        given = table((), (), junctions, file="q3d.txt", **section)
        return qh.chip_from_spec(given, str(tmp_path / "chip.toml"))

    return load


def test_exports_of_a_field_solver_in_every_dress_are_the_same_chip(loaded):
    mutual = positive(8, 5)
    matrix = to_maxwell(mutual, stray=5.0)
    reference = qh.chip_from_spec(table(NAMES, matrix, JUNCTIONS))
    spice = mutual + np.diag(np.full(8, 5.0))
    csv = "\n".join(
        [
            ",".join(["C [fF]", *NAMES]),
            *(",".join([n, *map(repr, r)]) for n, r in zip(NAMES, matrix.tolist(), strict=True)),
        ]
    )
    bare = "\n".join([";".join(NAMES), *(";".join(map(repr, row)) for row in matrix.tolist())])
    own = bare.replace(";", " fF;").replace("\n", " fF\n")
    own = "\n".join([bare.split("\n")[0], *own.split("\n")[1:]]) + " fF"
    fine = ".15e"
    for text, section in (
        (q3d(NAMES, matrix, digits=fine), {}),
        (q3d(NAMES, matrix, "farad", 1e-15, fine), {}),
        (q3d(NAMES, matrix, "pF", 1e-3, fine).replace("\n", "\r\n"), {}),
        ("\ufeff" + q3d(NAMES, spice, "nF", 1e-6, fine), {}),
        (q3d(NAMES, matrix, digits=fine, order=[3, 1, 0, 7, 2, 6, 5, 4]), {}),
        (csv, {}),
        ("# exported\n" + bare, {"unit": "fF"}),
        (own, {}),
    ):
        assert np.allclose(loaded(text, **section).coupling, reference.coupling, rtol=1e-9, atol=0)


def test_numbers_that_are_symmetric_to_their_digits_are_made_symmetric_and_others_refused(loaded):
    matrix = to_maxwell(positive(8, 6), stray=5.0)
    skewed = matrix + np.triu(np.full((8, 8), 0.9e-4), 1) * np.sign(-matrix)
    text = q3d(NAMES, skewed, digits=".4f")
    given = read_matrix(text)
    assert not np.array_equal(given.values, given.values.T)
    found = maxwell(given)
    assert np.array_equal(found.capacitance, found.capacitance.T)
    assert np.allclose(loaded(text).coupling, qh.chip_from_spec(table(NAMES, matrix, JUNCTIONS)).coupling, rtol=1e-3)
    with pytest.raises(qh.SpecError, match=r"\$.capacitance.file: must be symmetric to the digits given"):
        loaded(q3d(NAMES, skewed, digits=".6f"))


def test_what_the_digits_of_a_solver_do_not_resolve_is_flagged(loaded):
    mutual = np.zeros((4, 4))
    mutual[0, 1:] = 75.0
    mutual[1, 2], mutual[1, 3], mutual[2, 3] = 0.05, 0.05, 0.004
    matrix = to_maxwell(mutual + mutual.T)
    junctions = {"A": ["a"], "B": ["b"], "C": ["c"]}
    names = ["gnd", "a", "b", "c"]

    def criterion(digits, **links):
        chip = loaded(q3d(names, matrix, digits=digits), junctions, ground="gnd")
        return next(c for c in chip.criteria if c.key == "capacitance_resolution")

    coarse, fine = criterion(".3e"), criterion(".7e")  # last digits of 75 fF: 0.01 fF and 10⁻⁶ fF
    assert coarse.passed is False
    assert "B-C" in coarse.why
    assert coarse.value == pytest.approx(0.005 / 0.004, rel=0.05)
    assert fine.meets_margin
    assert fine.value == pytest.approx(coarse.value * 1e-4, rel=0.05)
    written = qh.chip_from_spec(table(names, matrix, junctions))
    assert next(c for c in written.criteria if c.key == "capacitance_resolution").value is None


def test_the_error_by_digits_is_that_of_perturbed_matrices():
    matrix = to_maxwell(positive(8, 7), stray=5.0)
    found = without_ground(maxwell(read_matrix(q3d(NAMES, matrix, digits=".2f"))), ["gnd"])
    reduced = reduce(found, JUNCTIONS)
    rng, changes = np.random.default_rng(8), []
    for _ in range(400):
        noise = np.triu(rng.normal(size=found.error.shape)) * found.error
        moved = found.capacitance + noise + np.triu(noise, 1).T
        changes.append(reduce(type(found)(found.names, moved, found.error), JUNCTIONS).inverse - reduced.inverse)
    assert np.allclose(np.std(changes, axis=0), reduced.error, rtol=0.2)


def test_matrices_that_are_none_are_refused_with_what_is_wrong(loaded):
    matrix = to_maxwell(positive(8, 9), stray=5.0)
    good = q3d(NAMES, matrix)
    mixed, low = matrix.copy(), matrix.copy()
    mixed[2, 4] = mixed[4, 2] = 1.0
    low[3, 3] = 10.0
    closed = to_maxwell(positive(8, 9))
    for text, section, words in (
        ("", {}, "must hold a header"),
        ("a,b\n1,2\n3,4", {}, "must say its unit"),
        ("a,b\n1,2\n3,4", {"unit": "pH"}, "unit of capacitance"),
        ("C Units:pF\nnothing", {}, "must hold a capacitance matrix"),
        (good + good, {}, "must hold one capacitance matrix"),
        (good.replace("a1\t", "a2\t"), {}, "name each conductor once"),
        (good.replace("\nbus\t", "\nbas\t", 1), {}, "a row and a column of every conductor"),
        (good.replace("fF", "F"), {}, "at most 1e-06 F"),
        (good.replace("fF", "furlong"), {}, "unit of capacitance"),
        (q3d(NAMES, mixed), {}, "one sign off its diagonal"),
        (q3d(NAMES, low), {}, "total capacitance of each conductor on the diagonal"),
        (q3d(NAMES, -matrix), {}, "positive diagonal"),
        (q3d(NAMES, closed, digits=".15e"), {"ground": None}, "Name the conductor at ground"),
    ):
        with pytest.raises(qh.SpecError, match=r"\$.capacitance.file: .*" + words):
            loaded(text, **section)
    with pytest.raises(qh.SpecError, match=r"\$.capacitance.file: must name a file in the folder"):
        qh.chip_from_spec(table((), (), JUNCTIONS, file="../q3d.txt"))
    with pytest.raises(qh.SpecError, match=r"\$.capacitance.junctions.A: .*'a9'"):
        loaded(good, JUNCTIONS | {"A": ["a9"]})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"matrix": rows(np.eye(3))}, "a row and a column for every conductor"),
        ({"matrix": [["1 fF", "-2 fF"], ["-2 fF", "1 fF"]]}, "total capacitance"),
        ({"matrix": [["5 fF", "-1 fF"], ["-2 fF", "5 fF"]]}, "symmetric"),
        ({"matrix": [["5 fF", "-5 fF"], ["-5 fF", "5 fF"]]}, "positive definite"),
        ({"conductors": ["a", "a"]}, "name each conductor once"),
    ],
)
def test_matrices_in_the_chip_file_are_checked_alike(change, words):
    given = table(["a", "b"], np.diag([70.0, 70.0]), {"A": ["a"], "B": ["b"]}, ground=None)
    given["capacitance"] |= change
    if "conductors" in change:
        given["capacitance"]["junctions"] = {"A": ["a"], "B": ["gnd"]}
    with pytest.raises(qh.SpecError, match=r"\$.capacitance.matrix: .*" + words):
        qh.chip_from_spec(given)


def test_last_digits_and_mixed_noise():
    assert [last_digit(text) for text in ("61", "-5.00", "6.1e-14", "x")] == pytest.approx([1, 0.01, 1e-15, 0])
    matrix = to_maxwell(positive(8, 1), stray=5.0)
    matrix[2, 6] = matrix[6, 2] = 1e-9  # a solver's zero
    assert maxwell(read_matrix(q3d(NAMES, matrix))).capacitance[2, 6] > 0
    with pytest.raises(ArgumentError, match="must hold finite numbers"):
        read_matrix("a,b\n1 fF,nan fF\n2 fF,1 fF")
