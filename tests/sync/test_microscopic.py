"""Three-level oscillators: closed forms against the Husimi function, QuTiP and what the paper says of them."""

import math
from itertools import product

import numpy as np
import pytest
import qutip
from scipy.linalg import expm
from scipy.optimize import minimize_scalar

from qsb_hw.errors import ArgumentError
from qsb_hw.sync.microscopic import driven_phase_distribution, pair_first_harmonic, pair_phase_distribution

# m = 1, 0, −1 are the levels 2, 1, 0 of the paper; QuTiP's spin-1 basis comes in the order of falling m
RAISE, SZ, SY = qutip.jmat(1, "+"), qutip.jmat(1, "z"), qutip.jmat(1, "y")
LEVEL = {level: qutip.basis(3, 2 - level) for level in range(3)}
ONE = qutip.qeye(3)
ANGLES = np.linspace(-math.pi, math.pi, 8, endpoint=False)  # harmonics up to 2 are summed exactly
NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)
THETAS, THETA_WEIGHTS = math.pi / 2 * (NODES + 1), math.pi / 2 * WEIGHTS

DRIVEN = [
    {"gain": 0.5, "loss": 1.0, "asymmetry": 0.7, "drive": 0.4},
    {"gain": 1.3, "loss": 0.2, "asymmetry": -2.0, "drive": -0.9},
    {"gain": 1.0, "loss": 1.0, "asymmetry": 0.0, "drive": 0.1},
]
PAIRS = [
    {"gain": 0.5, "loss": 1.0, "asymmetry": 0.7, "detuning": 0.3, "coupling": 0.4},
    {"gain": 2.0, "loss": 1.0, "asymmetry": -6.0, "detuning": 5.5, "coupling": -0.5},
    {"gain": 0.7, "loss": 0.9, "asymmetry": 0.0, "detuning": -1.1, "coupling": 0.6},
]


def transition(upper, lower):
    return LEVEL[upper] * LEVEL[lower].dag()


def driven_state(gain, loss, asymmetry, drive):
    H = asymmetry * transition(2, 2) + drive * (RAISE + RAISE.dag())
    jumps = [math.sqrt(gain) * transition(1, 0), math.sqrt(loss) * transition(1, 2)]
    return qutip.steadystate(H, jumps).full()


def pair_state(gain, loss, asymmetry, detuning, coupling):
    on_a, on_b = (lambda X: qutip.tensor(X, ONE)), (lambda X: qutip.tensor(ONE, X))
    hop = on_a(RAISE) * on_b(RAISE.dag())
    H = detuning / 2 * (on_a(SZ) - on_b(SZ)) + coupling * (hop + hop.dag())
    H += asymmetry * (on_a(transition(2, 2)) + on_b(transition(2, 2)))
    one = [math.sqrt(gain) * transition(1, 0), math.sqrt(loss) * transition(1, 2)]
    return qutip.steadystate(H, [on(jump) for on in (on_a, on_b) for jump in one]).full()


def coherent(theta, phi):
    return expm(-1j * phi * SZ.full()) @ expm(-1j * theta * SY.full())[:, 0]


def husimi_marginal(rho, phi):
    states = np.array([coherent(theta, phi) for theta in THETAS])
    Q = 3 / (4 * math.pi) * np.einsum("ti,ij,tj->t", states.conj(), rho, states).real
    return np.sum(THETA_WEIGHTS * np.sin(THETAS) * Q)


def husimi_relative_marginal(rho, phase):
    """∫ over θ_A, θ_B and φ_B of Q, with φ_A = φ_B + phase."""
    rho, total = rho.reshape(3, 3, 3, 3), 0.0
    measure = THETA_WEIGHTS * np.sin(THETAS)
    for phi_b in ANGLES:
        a = np.array([coherent(theta, phi_b + phase) for theta in THETAS])
        b = np.array([coherent(theta, phi_b) for theta in THETAS])
        Q = np.einsum("si,tj,ijkl,sk,tl->st", a.conj(), b.conj(), rho, a, b, optimize=True).real
        total += measure @ Q @ measure
    return (3 / (4 * math.pi)) ** 2 * total * 2 * math.pi / ANGLES.size


@pytest.mark.parametrize("parameters", DRIVEN)
def test_driven_distribution_is_the_husimi_marginal(parameters):
    distribution, rho = driven_phase_distribution(**parameters), driven_state(**parameters)
    quadrature = np.array([husimi_marginal(rho, phi) for phi in ANGLES]) - 1 / (2 * math.pi)
    np.testing.assert_allclose(distribution(ANGLES), quadrature, atol=1e-10)
    assert np.ptp(quadrature) > 1e-3


@pytest.mark.parametrize("parameters", PAIRS)
def test_pair_distribution_is_the_husimi_marginal_of_the_relative_phase(parameters):
    distribution, rho = pair_phase_distribution(**parameters), pair_state(**parameters)
    quadrature = np.array([husimi_relative_marginal(rho, phase) for phase in ANGLES]) - 1 / (2 * math.pi)
    np.testing.assert_allclose(distribution(ANGLES), quadrature, atol=1e-10)
    assert np.ptp(quadrature) > 1e-3


@pytest.mark.parametrize("seed", range(4))
def test_random_parameters_against_qutip(seed):
    rng = np.random.default_rng(seed)
    rates = dict(zip(("gain", "loss"), rng.uniform(0.2, 2, 2), strict=True))
    asymmetry, drive, detuning, coupling = rng.uniform(-3, 3, 4)
    rho = driven_state(**rates, asymmetry=asymmetry, drive=drive)
    found = driven_phase_distribution(**rates, asymmetry=asymmetry, drive=drive).coefficients
    lowered = np.trace(rho @ RAISE.dag().full())
    np.testing.assert_allclose(found, [1, 3 * math.pi / 16 * lowered, rho[0, 2] / 2], atol=1e-10)
    rho = pair_state(**rates, asymmetry=asymmetry, detuning=detuning, coupling=coupling)
    found = pair_phase_distribution(**rates, asymmetry=asymmetry, detuning=detuning, coupling=coupling).coefficients
    lowered = np.trace(rho @ qutip.tensor(RAISE.dag(), RAISE).full())
    np.testing.assert_allclose(found, [1, 9 * math.pi**2 / 256 * lowered, rho[2, 6] / 4], atol=1e-10)


def deviations(distribution, name, parameters, values):
    """|exact − first order| of c_1 and of c_2 at every value of the coupling."""
    others = {key: value for key, value in parameters.items() if key != name}
    exact = [distribution(**others, **{name: value}).coefficients for value in values]
    first = [distribution(**others, **{name: value}, order=1).coefficients for value in values]
    assert {c.size for c in first} == {2}  # first order has one harmonic
    return np.array([[abs(e[1] - f[1]), abs(e[2])] for e, f in zip(exact, first, strict=True)]).T


@pytest.mark.parametrize(
    ("distribution", "name", "parameters"),
    [
        *((driven_phase_distribution, "drive", p) for p in DRIVEN[:2]),
        *((pair_phase_distribution, "coupling", p) for p in PAIRS[:2]),
    ],
)
def test_first_order_is_left_as_the_square_and_the_cube(lab, distribution, name, parameters):
    # turning one phase by π changes the sign of the coupling: c_1 is odd in it, c_2 even
    values = np.array([2e-3, 4e-3, 8e-3])
    harmonic, second = deviations(distribution, name, parameters, values)
    assert lab.exponent(values, harmonic) == pytest.approx(3, abs=0.02)
    assert lab.exponent(values, second) == pytest.approx(2, abs=0.02)


def test_first_order_in_closed_form():
    p = DRIVEN[0]
    both = 2 / p["gain"] - 1 / (p["loss"] / 2 + 1j * p["asymmetry"])
    expected = 3 * math.pi / 8 * 1j * p["drive"] * both
    assert driven_phase_distribution(**p, order=1).coefficients[1] == pytest.approx(expected, rel=1e-12)
    p = PAIRS[1]
    width = ((p["gain"] + p["loss"]) / 2 + 1j * p["detuning"]) ** 2 + p["asymmetry"] ** 2
    expected = -9 * math.pi**2 / 32 * p["coupling"] * p["asymmetry"] / width
    assert pair_phase_distribution(**p, order=1).coefficients[1] == pytest.approx(expected, rel=1e-12)


def test_first_harmonic_over_a_plane_is_that_of_every_point():
    rates, detunings, asymmetries = {"gain": 0.5, "loss": 1.0}, np.array([-7.0, 0.0, 0.3]), np.array([-7.0, 0.0, 6.0])
    plane = pair_first_harmonic(**rates, asymmetry=asymmetries[:, None], detuning=detunings, coupling=0.4)
    for k, row in zip(asymmetries, plane, strict=True):
        for delta, harmonic in zip(detunings, row, strict=True):
            one = pair_phase_distribution(**rates, asymmetry=k, detuning=delta, coupling=0.4, order=1)
            exact = pair_phase_distribution(**rates, asymmetry=k, detuning=delta, coupling=1e-4).coefficients[1]
            assert harmonic == pytest.approx(one.coefficients[1], abs=1e-15)
            assert harmonic == pytest.approx(exact / 1e-4 * 0.4, abs=1e-6)
            if k:
                assert one.maximum == pytest.approx(abs(harmonic) / math.pi, rel=1e-12)
                assert one.argmax == pytest.approx(-np.angle(harmonic), abs=1e-12)


def test_first_order_follows_the_sign_of_the_coupling():
    plus, minus = (pair_phase_distribution(**{**PAIRS[0], "coupling": s * 0.1}, order=1) for s in (1, -1))
    np.testing.assert_allclose(plus(ANGLES), -minus(ANGLES), atol=1e-15)


def test_equal_gain_and_loss_leave_two_equal_maxima():
    blocked = driven_phase_distribution(gain=1, loss=1, asymmetry=0, drive=0.1)
    assert abs(blocked.coefficients[1]) < 1e-14
    np.testing.assert_allclose(np.sort(np.abs(blocked.maxima())), [0, math.pi], atol=1e-8)
    assert blocked.bimodality == pytest.approx(1, abs=1e-10)
    assert driven_phase_distribution(gain=1, loss=1, asymmetry=0, drive=0.1, order=1).maximum == 0
    assert driven_phase_distribution(gain=0.5, loss=1, asymmetry=0, drive=0.1).maximum > 2 * blocked.maximum
    free = driven_phase_distribution(gain=0.5, loss=1, asymmetry=0, drive=0.02)
    np.testing.assert_allclose(free.maxima(), [-math.pi / 2], atol=1e-8)


@pytest.mark.parametrize("unit", [1e-9, 2 * math.pi * 1e6])
@pytest.mark.parametrize("order", [None, 1])
def test_any_one_unit_of_rate_will_do(unit, order):
    for distribution, parameters in ((driven_phase_distribution, DRIVEN[0]), (pair_phase_distribution, PAIRS[1])):
        scaled = distribution(**{name: unit * value for name, value in parameters.items()}, order=order)
        expected = distribution(**parameters, order=order)
        np.testing.assert_allclose(scaled.coefficients, expected.coefficients, atol=1e-10)


@pytest.mark.parametrize("order", [None, 1])
@pytest.mark.parametrize("K", [0.2, 1.0, 5.0])
def test_negative_asymmetry_aligns_with_the_drive_and_positive_one_anti_aligns(K, order):
    rates = {"gain": 1.0, "loss": 1.0, "drive": 0.02}
    towards = {sign: driven_phase_distribution(**rates, asymmetry=sign * K, order=order) for sign in (1, -1)}
    assert abs(towards[-1].argmax) < math.pi / 2
    assert abs(towards[1].argmax) > math.pi / 2
    first = driven_phase_distribution(**rates, asymmetry=-K, order=1)
    assert first.argmax == pytest.approx(-math.atan(2 * K), abs=1e-9)  # turned, but never beyond −π/2


@pytest.mark.parametrize("ratio", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("detuning", [0.0, 2.0])
def test_pair_without_asymmetry_is_blocked_for_any_gain_and_loss(ratio, detuning):
    found = pair_phase_distribution(gain=ratio, loss=1, asymmetry=0, detuning=detuning, coupling=0.3)
    assert abs(found.coefficients[1]) < 1e-13
    assert abs(found.coefficients[2]) > 1e-4
    assert found.bimodality == pytest.approx(1, abs=1e-8)


def test_pair_is_resonant_where_the_detuning_cancels_the_asymmetry():
    rates, decay = {"gain": 2.0, "loss": 1.0, "coupling": 0.1, "order": 1}, 1.5
    for K, side in product((-12.0, 12.0), (-1, 1)):

        def height(detuning, K=K):
            return pair_phase_distribution(**rates, asymmetry=K, detuning=detuning).maximum

        window = sorted((side * 6.0, side * 20.0))
        peak = minimize_scalar(lambda d, h=height: -h(d), bounds=window, method="bounded", options={"xatol": 1e-9}).x
        assert peak == pytest.approx(side * math.sqrt(K**2 - decay**2), abs=1e-5)
        assert peak == pytest.approx(side * abs(K), rel=0.01)
        assert height(peak) == pytest.approx(9 * math.pi * 0.1 / (64 * decay), rel=1e-9)
        assert height(0) < 0.3 * height(peak)  # blocked between the resonances
    small = [pair_phase_distribution(**rates, asymmetry=1.0, detuning=d).maximum for d in (0.0, 0.3, 1.0)]
    assert small == sorted(small, reverse=True)


@pytest.mark.parametrize(("K", "below", "above"), [(8.0, math.pi, 0.0), (-8.0, 0.0, math.pi)])
def test_relative_phase_passes_a_right_angle_at_the_resonance(K, below, above):
    rates = {"gain": 2.0, "loss": 1.0, "coupling": 0.05, "asymmetry": K}

    def phase(detuning, order=1):
        return pair_phase_distribution(**rates, detuning=detuning, order=order).argmax

    right = math.copysign(math.hypot(K, 1.5), K)
    assert abs(phase(right)) == pytest.approx(math.pi / 2, abs=1e-9)
    assert phase(right) == pytest.approx(-phase(-right), abs=1e-9)  # swapping A and B turns the phase around
    assert abs(phase(abs(K))) == pytest.approx(math.pi / 2, abs=0.15)
    assert abs(phase(0.0)) == pytest.approx(below, abs=1e-9)
    assert abs(phase(1e4)) == pytest.approx(above, abs=1e-3)
    assert phase(K) == pytest.approx(phase(K, order=None), abs=0.01)


def test_without_coupling_the_phase_is_free():
    assert driven_phase_distribution(gain=1, loss=2, drive=0).maximum == 0
    assert pair_phase_distribution(gain=1, loss=2, detuning=1, asymmetry=3, coupling=0).maximum == 0


@pytest.mark.parametrize("order", [None, 1])
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"gain": -1.0}, r"Gain and loss must be positive and finite, but found gain -1\.0, loss 1\.0\. Without"),
        ({"gain": 0.0, "loss": 0.0}, r"positive and finite, but found gain 0\.0, loss 0\.0"),
        ({"loss": math.nan}, "positive and finite, but found gain 1.0, loss nan"),
        ({"loss": math.inf}, "positive and finite, but found gain 1.0, loss inf"),
        ({"asymmetry": math.inf}, "The asymmetry must be finite, but found inf"),
        ({"order": 2}, "The order must be None or 1, but found 2"),
        ({"order": "first"}, "The order must be None or 1, but found 'first'"),
    ],
)
def test_bad_input_is_refused(changed, message, order):
    rates = {"gain": 1.0, "loss": 1.0, "asymmetry": 0.5, "order": order, **changed}
    with pytest.raises(ArgumentError, match=message):
        driven_phase_distribution(**rates, drive=0.1)
    with pytest.raises(ArgumentError, match=message):
        pair_phase_distribution(**rates, detuning=0.1, coupling=0.1)


@pytest.mark.parametrize("value", [math.nan, -math.inf])
def test_couplings_that_are_not_finite_are_refused(value):
    with pytest.raises(ArgumentError, match="The drive must be finite, but found"):
        driven_phase_distribution(gain=1, loss=1, drive=value)
    with pytest.raises(ArgumentError, match="The coupling must be finite, but found"):
        pair_phase_distribution(gain=1, loss=1, coupling=value)
    with pytest.raises(ArgumentError, match="The detuning must be finite, but found"):
        pair_phase_distribution(gain=1, loss=1, coupling=0.1, detuning=value)
