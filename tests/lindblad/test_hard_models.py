"""Stiff, bistable, nearly dark and long models, against closed forms and 50 digits, with every solver."""

import numpy as np
import pytest

import qsb_hw as qh

mpmath = pytest.importorskip("mpmath")  # comes with scqubits (by way of sympy)

SOLVERS = [qh.Auto(), qh.SparseDirect(), qh.SylvesterGMRES(), qh.SylvesterGMRES(single_above=0)]
every_solver = pytest.mark.parametrize("solver", SOLVERS, ids=["auto", "direct", "gmres", "single"])
EXACT = SOLVERS[:2]
"""What must answer; the others may say that they cannot."""


def annihilation(levels):
    return np.diag(np.sqrt(np.arange(1.0, levels)), 1).astype(complex)


def check(solver, hamiltonian, jumps, expected, measured, answerable=True):
    """The answer is the expected one within its bound (a factor where `measured` weighs ρ), or there is none."""
    answer = qh.steady_state(qh.LindbladModel(hamiltonian, tuple(jumps)), solver)
    assert answer.status not in (qh.Status.NOT_UNIQUE, qh.Status.UNPHYSICAL), answer
    if solver is EXACT[0] or (solver is EXACT[1] and answerable):
        assert answer.ok, answer.message
    if answer.ok:
        found, weight = measured(answer)
        assert np.all(np.abs(found - expected) <= weight * answer.error_bound + 1e-11 * np.abs(expected)), answer
    return answer


def two_photon(levels, detuning, drive, kerr, double, single):
    a = annihilation(levels)
    number = a.conj().T @ a
    hamiltonian = detuning * number + drive * (a @ a + (a @ a).conj().T) + kerr * (number @ number - number)
    return hamiltonian, [double * a @ a, np.sqrt(single) * a]


@every_solver
@pytest.mark.parametrize(
    ("model", "vacuum"),
    [
        ((60, 0.7, 1e-3, -1.0, 1.3, 1e-7), 0.999998134390609),
        ((36, 0.7, 1e-4, 0.0, 1.3, 1e-6), 0.999999987541796),
        ((100, 0.7, 1e-3, -1.0, 1.3, 1e-7), 0.999998134390609),
    ],
)
def test_slow_exchange_of_parities_is_not_lost_in_a_small_residual(solver, model, vacuum):
    # two-photon loss keeps the parity, and single-photon loss of 1e-7 of it decides between the two
    answer = check(solver, *two_photon(*model), vacuum, lambda s: (s.populations(0)[0], 1.0))
    assert not answer.ok or answer.gap == pytest.approx(model[-1], rel=0.2)


def test_vacuum_of_the_two_photon_oscillator_from_fifty_digits():
    # a shorter ladder, by Gaussian elimination with 50 digits
    hamiltonian, jumps = two_photon(6, 0.7, 1e-3, -1.0, 1.3, 1e-7)
    answer = qh.steady_state(qh.LindbladModel(hamiltonian, tuple(jumps)))
    exact = populations_with_fifty_digits(hamiltonian, jumps)
    assert np.abs(answer.require().populations(0) - exact).max() <= answer.error_bound


def populations_with_fifty_digits(hamiltonian, jumps):
    size = hamiltonian.shape[0]
    with mpmath.workdps(50):
        h = mpmath.matrix(hamiltonian.tolist())
        operators = [mpmath.matrix(j.tolist()) for j in jumps]
        decay = mpmath.zeros(size)
        for j in operators:
            decay += j.H * j
        effective = h - mpmath.mpc(0, 0.5) * decay
        generator = mpmath.zeros(size * size)
        for i in range(size):
            for k in range(size):
                for m in range(size):
                    generator[i * size + k, m * size + k] += -1j * effective[i, m]
                    generator[i * size + k, i * size + m] += 1j * mpmath.conj(effective[k, m])
        for j in operators:
            nonzero = [(r, c, j[r, c]) for r in range(size) for c in range(size) if j[r, c] != 0]
            for r, c, x in nonzero:
                for s, d, y in nonzero:
                    generator[r * size + s, c * size + d] += x * mpmath.conj(y)
        for k in range(size * size):
            generator[0, k] = 1 if k % (size + 1) == 0 else 0
        solved = mpmath.lu_solve(generator, mpmath.matrix([1] + [0] * (size * size - 1)))
        return np.array([float(solved[n * (size + 1)].real) for n in range(size)])


@every_solver
@pytest.mark.parametrize("mismatch", [1e-2, 1e-4, 1.468e-6])
def test_nearly_dark_pair_of_qubits_is_pure(solver, mismatch):
    # detuned by d each, with collective drive and loss: the dark state has a share ∝ d/Ω of the triplet, and is pure
    lower = np.array([[0, 1], [0, 0]], dtype=complex)
    one, two = np.kron(lower, np.eye(2)), np.kron(np.eye(2), lower)
    jump = one + two
    hamiltonian = 0.8 * (jump + jump.conj().T) + 0.5 * mismatch * (one.conj().T @ one - two.conj().T @ two)
    answer = check(solver, hamiltonian, [jump], 1.0, lambda s: (np.trace(s.state() @ s.state()).real, 2.0))
    assert answer.gap < 2 * mismatch**2


def drummond_walls(detuning, kerr, drive, loss=1.0):
    """⟨a†a⟩ of H = Δ a†a + χ a†²a² + F(a + a†): Drummond & Walls, J. Phys. A 13, 725 (1980)."""
    c = (detuning - 0.5j * loss) / kerr
    z = 2 * (drive / kerr) ** 2
    ratio = mpmath.hyper([], [c + 1, mpmath.conj(c) + 1], z) / mpmath.hyper([], [c, mpmath.conj(c)], z)
    return float((abs(drive / (detuning - 0.5j * loss)) ** 2 * ratio).real)


@every_solver
@pytest.mark.parametrize(
    ("detuning", "kerr", "drive"),
    [(-3.0, 0.1, 3.3), (-3.0, 0.1, 3.0), (-2.0, 0.1, 2.0), (-4.0, 0.25, 4.0), (-1.0, 0.5, 1.5), (-6.0, 0.5, 5.0)],
)
def test_bistable_oscillator_has_the_photons_of_drummond_and_walls(solver, detuning, kerr, drive):
    a = annihilation(48)
    number = a.conj().T @ a
    hamiltonian = detuning * number + kerr * (number @ number - number) + drive * (a + a.conj().T)
    expected = drummond_walls(detuning, kerr, drive)
    check(solver, hamiltonian, [a], expected, lambda s: (np.arange(48) @ s.populations(0), 48.0 * 7))


def test_bistable_oscillator_of_forty_levels():
    assert drummond_walls(-3.0, 0.1, 3.3) == pytest.approx(4.09025, abs=1e-5)


@every_solver
def test_strong_drive_of_a_long_ladder_gives_a_coherent_state(solver):
    # H_eff = 3(a + a†) − i a†a/2 is far from normal; the state is |α = −6i⟩ but for the end of the ladder
    a = annihilation(80)
    answer = check(
        solver,
        3 * (a + a.conj().T),
        [a],
        36.0,
        lambda s: (np.arange(80) @ s.populations(0), 1e6),  # cut at 80: 4e-7
    )
    if answer.ok:
        assert np.arange(80) @ answer.populations(0) == pytest.approx(36.0, abs=1e-6)
    else:
        assert "Raise `max_steps`" not in answer.message


@every_solver
@pytest.mark.parametrize("fast", [1e3, 1e6, 1e9])
def test_pump_against_a_much_faster_two_photon_loss(solver, fast):
    a = annihilation(6)
    expected = np.array([2 / 3, 1 / 3, 0, 0, 0, 0]) + 10 / fast**2 * np.array([-1, 1, 1, 0, 0, 0])
    check(
        solver,
        np.zeros((6, 6)),
        [a.conj().T, fast * a @ a],
        expected,
        lambda s: (s.populations(0), 1.0 + 20 / fast**2 / max(s.error_bound, 1e-300)),
        answerable=fast < 1e8,  # rates over 19 decades: only elimination without subtractions has the digits
    )


@pytest.mark.parametrize("sigma", [1e-2, 1e-6, 1e-9])
@pytest.mark.parametrize("solver", EXACT, ids=["auto", "direct"])
def test_narrow_tones_leave_a_birth_death_ladder_with_one_steady_state(solver, sigma):
    # P(n) ∝ σ²/((n − n0)² + σ²), whatever the widths (equal γ and σ, n− = n+ + 1)
    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=sigma, n_plus=1, n_minus=2, levels=8)
    answer = qh.steady_state(qh.effective_model(one), solver)
    weights = sigma**2 / ((np.arange(8) - 1) ** 2 + sigma**2)
    if isinstance(solver, qh.Auto):
        assert np.allclose(answer.require().populations(0), weights / weights.sum(), rtol=1e-9, atol=0)
    else:
        assert answer.status is not qh.Status.NOT_UNIQUE
        assert not answer.ok or np.allclose(
            answer.populations(0), weights / weights.sum(), rtol=0, atol=answer.error_bound
        )


def test_relaxation_too_slow_to_resolve_is_a_status_with_its_time():
    lower = np.array([[0, 1], [0, 0]], dtype=complex)
    one, two = np.kron(lower, np.eye(2)), np.kron(np.eye(2), lower)
    jump = one + two
    hamiltonian = 0.8 * (jump + jump.conj().T) + 0.5e-8 * (one.conj().T @ one - two.conj().T @ two)
    answer = qh.steady_state(qh.LindbladModel(hamiltonian, (jump,)))
    assert answer.status is qh.Status.SLOW_RELAXATION
    assert "cannot be distinguished from zero" in answer.message
    with pytest.raises(qh.ConvergenceError, match="slow relaxation"):
        answer.require()


def test_accuracy_asked_for_decides_and_can_be_changed():
    # the same state is converged to 1e-6 and not to 1e-17
    a = annihilation(8)
    model = qh.LindbladModel(0.3 * (a + a.conj().T), (a,))
    assert qh.steady_state(model, qh.Auto(accuracy=1e-6)).ok
    refused = qh.steady_state(model, qh.Auto(accuracy=1e-17))
    assert refused.status is qh.Status.NOT_CONVERGED
    assert "accuracy" in refused.message


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("two dark states", "dark states"),
        ("two blocks", "conserved quantity"),
        ("nothing connects them", "sets of states"),
    ],
)
def test_proof_of_several_steady_states_says_what_keeps_them_apart(lab, model, words):
    if model == "two dark states":
        fields = sum(f * lab.transition(4, 3, n) for n, f in enumerate((1.0, 0.7, 0.4)))
        hamiltonian, jumps = lab.hidden(fields + fields.conj().T, [lab.transition(4, n, 3) for n in range(3)])
    elif model == "two blocks":
        rng = np.random.default_rng(3)
        same = (np.arange(6) < 3)[:, None] == (np.arange(6) < 3)[None, :]
        hamiltonian, jumps = lab.hidden(lab.random_hermitian(rng, 6) * same, [lab.random_jump(rng, 6) * same])
    else:
        a = lab.annihilation(7)
        hamiltonian, jumps = np.zeros((7, 7)), [a @ a]
    answer = qh.steady_state(qh.LindbladModel(hamiltonian, tuple(jumps)))
    assert answer.status is qh.Status.NOT_UNIQUE
    assert words in answer.message


@pytest.mark.parametrize("link", [1e-1, 1e-3])
def test_krylov_vectors_bound_the_error_of_models_too_large_to_factorise(lab, link):
    # two blocks of 13 levels, hidden, joined by a weak jump: what is slow is found by iteration as by factors
    rng = np.random.default_rng(11)
    same = (np.arange(26) < 13)[:, None] == (np.arange(26) < 13)[None, :]
    parts = [lab.random_hermitian(rng, 26) * same, lab.random_jump(rng, 26) * same, lab.random_jump(rng, 26) * same]
    hamiltonian, jumps = lab.hidden(parts[0], [*parts[1:], link * lab.random_jump(rng, 26)])
    model = qh.LindbladModel(hamiltonian, tuple(jumps))
    direct = qh.steady_state(model, qh.SparseDirect())
    for certify in (0.0, 5e7):  # by Krylov vectors, and by factors
        found = qh.steady_state(model, qh.SylvesterGMRES(certifying_work=certify, refine=False))
        assert found.gap == pytest.approx(direct.gap, rel=0.5)
        if found.ok:
            assert np.linalg.norm(found.flat - direct.flat) <= found.error_bound + direct.error_bound


def test_random_bistable_oscillators_have_the_photons_of_drummond_and_walls(request):
    rng, levels, compared = np.random.default_rng(41), 60, 0
    a = annihilation(levels)
    number = a.conj().T @ a
    for _ in range(request.config.getoption("--models") // 10):
        detuning, kerr, drive = -rng.uniform(0.5, 6), rng.uniform(0.05, 0.6), rng.uniform(0.3, 5)
        hamiltonian = detuning * number + kerr * (number @ number - number) + drive * (a + a.conj().T)
        answer = qh.steady_state(qh.LindbladModel(hamiltonian, (a,)))
        assert answer.ok, (detuning, kerr, drive, answer)
        populations = answer.populations(0)
        if populations[-1] < 1e-14:  # else the end of the ladder is felt
            error = abs(np.arange(levels) @ populations - drummond_walls(detuning, kerr, drive))
            assert error <= np.linalg.norm(np.arange(levels)) * answer.error_bound + 1e-10, (detuning, kerr, drive)
            compared += 1
    assert compared > request.config.getoption("--models") / 20


def test_random_ladders_balance_every_step_however_far_their_rates_lie_apart(request):
    # a birth–death chain: P(n + 1)/P(n) = up/down of that step
    rng = np.random.default_rng(42)
    for _ in range(request.config.getoption("--models") // 5):
        size = int(rng.integers(3, 40))
        up, down = 10.0 ** rng.uniform(-12, 12, (2, size - 1))
        weights = np.concatenate([[0.0], np.cumsum(np.log(up) - np.log(down))])
        weights = np.exp(weights - weights.max())
        jumps = [np.diag(np.where(np.arange(size - 1) == n, np.sqrt(up[n]), 0), -1) for n in range(size - 1)]
        jumps += [np.diag(np.where(np.arange(size - 1) == n, np.sqrt(down[n]), 0), 1) for n in range(size - 1)]
        answer = qh.steady_state(qh.LindbladModel(np.diag(rng.standard_normal(size)), tuple(jumps)))
        assert np.allclose(answer.require().populations(0), weights / weights.sum(), rtol=1e-11, atol=0)


@every_solver
@pytest.mark.parametrize(("drive", "loss"), [(1.0, 1.0), (0.01, 1e-6)])
def test_gap_of_a_driven_qubit_is_half_its_loss(solver, drive, loss):
    # σx commutes with the drive and decays at Γ/2, populations at 3Γ/4 while they turn
    sx = np.array([[0, 1], [1, 0]], dtype=complex)
    lower = np.array([[0, 1], [0, 0]], dtype=complex)
    answer = qh.steady_state(qh.LindbladModel(drive * sx, (np.sqrt(loss) * lower,)), solver)
    assert answer.gap == pytest.approx(loss / 2, rel=1e-3)


def test_five_atoms_with_unequal_shifts_are_solved_by_the_fallback():
    # collective loss and drive, weakly broken: iteration stagnates, and LU of 1024 elements is affordable
    lower, atoms = np.array([[0, 1], [0, 0]], dtype=complex), []
    for k in range(5):
        one = np.eye(1)
        for j in range(5):
            one = np.kron(one, lower if j == k else np.eye(2))
        atoms.append(one)
    jump = sum(atoms)
    shifts = sum(1e-2 * (k + 1) ** 1.5 * s.conj().T @ s for k, s in enumerate(atoms))
    answer = qh.steady_state(qh.LindbladModel(0.4 * (jump + jump.conj().T) + shifts, (jump,)))
    assert answer.ok, answer.message


def test_rates_beyond_what_numbers_can_square_are_not_called_converged():
    lower = np.array([[0, 1], [0, 0]], dtype=complex)
    with np.errstate(all="ignore"):
        answer = qh.steady_state(qh.LindbladModel(np.diag([1.0, -1.0]), (1e200 * lower,)))
    assert not answer.ok or np.isfinite(answer.residual)
