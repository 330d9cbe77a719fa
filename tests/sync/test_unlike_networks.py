"""Networks of unlike oscillators against QuTiP: eliminated ones, and complete ones with a bath each."""

import numpy as np
import pytest
import qutip

import qsb_hw as qh


def eliminated(kerr, gamma, sigma, detuning, n_plus=1):
    one = qh.EffectiveOscillator.lorentzian(
        kerr=kerr, gamma=gamma, sigma=sigma, n_plus=n_plus, n_minus=n_plus + 1, levels=n_plus + 2
    )
    return one.detuned(detuning)


def complete(kerr, frequency, kappa, g, t1):
    ladder = qh.Ladder.kerr(frequency, kerr, 3)
    bath = qh.Bath.cavity(ladder.transition_frequencies[0], kappa, g).resized(2)
    return qh.SelfOscillator(ladder, [bath], qh.Decoherence(t1=t1, t_phi=5.0))


NETWORKS = {
    "eliminated": (
        [eliminated(10, 1.0, 0.2, 3.0), eliminated(12, 1.4, 0.15, -8.0), eliminated(9, 0.7, 0.3, 0.0, n_plus=2)],
        [[0, 0.4, 0.1j], [0.4, 0, -0.3], [-0.1j, -0.3, 0]],
    ),
    "complete": (
        [complete(4.0, 50.0, 1.5, 0.5, 8.0), complete(5.0, 51.0, 1.0, 0.35, 6.0)],
        [[0, -0.25], [-0.25, 0]],
    ),
}


@pytest.fixture(params=NETWORKS)
def both(request):
    network = qh.Network(*NETWORKS[request.param])
    solution = qh.steady_state(network)
    hamiltonian, jumps = _by_hand(network)
    return solution, qutip.steadystate(hamiltonian, jumps, method="direct", solver="spsolve")


def _by_hand(network):
    """H and jumps of the network in QuTiP's operators, from rates, levels and bath parameters alone."""
    dims = [d for o in network.oscillators for d in ([o.levels] if isinstance(o, qh.EffectiveOscillator) else o.dims)]

    def at(place, matrix):
        return qutip.tensor(
            [qutip.Qobj(np.asarray(matrix)) if k == place else qutip.qeye(d) for k, d in enumerate(dims)]
        )

    places, hamiltonian, jumps, place = [], 0, [], 0
    for one in network.oscillators:
        places.append(place)
        hamiltonian += at(place, np.diag(one.ladder.energies))
        if isinstance(one, qh.EffectiveOscillator):
            for m, n in zip(*np.nonzero(one.rates), strict=True):
                jump = np.zeros((one.levels,) * 2)
                jump[m, n] = np.sqrt(one.rates[m, n])
                jumps.append(at(place, jump))
            place += 1
            continue
        lowering, (tone,) = np.diag(np.sqrt([1.0, 2.0]), 1), one.baths[0].tones
        c = qutip.destroy(2).full()
        hamiltonian += at(place + 1, -tone.detuning * c.T @ c)
        exchange = at(place, lowering.T) * at(place + 1, c.T)  # a blue tone makes pairs
        hamiltonian += tone.coupling * (exchange + exchange.dag())
        jumps += [
            at(place + 1, np.sqrt(tone.linewidth) * c),
            at(place, lowering / np.sqrt(one.decoherence.t1)),
            at(place, np.sqrt(2 / one.decoherence.t_phi) * np.diag(np.arange(3.0))),
        ]
        place += 2
    for j, k in zip(*np.nonzero(np.triu(network.coupling)), strict=True):
        a_j, a_k = (at(places[i], network.oscillators[i].ladder.annihilation) for i in (j, k))
        hop = network.coupling[j, k] * a_j.dag() * a_k
        hamiltonian += hop + hop.dag()
    return hamiltonian, jumps


def test_populations_and_cross_correlations(both):
    solution, rho = both
    for k, place in enumerate(solution.subsystems):
        np.testing.assert_allclose(solution.populations(k), rho.ptrace(place).diag().real, atol=1e-8)
    for i in range(solution.network.size):
        for j in range(i):
            pair = rho.ptrace([solution.subsystems[j], solution.subsystems[i]])
            a_j, a_i = (qutip.Qobj(solution.network.oscillators[k].ladder.annihilation) for k in (j, i))
            expected = qutip.expect(qutip.tensor(a_j.dag(), a_i), pair)
            assert solution.cross_correlation(j, i) == pytest.approx(expected, abs=1e-8)


def test_synchronization_by_the_largest_phase_density(both):
    solution, rho = both
    phases = np.linspace(-np.pi, np.pi, 4001)
    for i in range(solution.network.size):
        for j in range(i):
            pair = rho.ptrace([solution.subsystems[j], solution.subsystems[i]])
            n_j, n_i = pair.dims[0]
            tensor = pair.full().reshape(n_j, n_i, n_j, n_i)
            density = np.ones_like(phases)
            for k in range(1, min(n_i, n_j)):
                c = sum(tensor[m + k, n - k, m, n] for m in range(n_j - k) for n in range(k, n_i))
                density += 2 * (c * np.exp(-1j * k * phases)).real
            assert solution.synchronization(j, i) == pytest.approx(density.max() - 1, abs=1e-6)
            assert solution.synchronizations[i, j] == solution.synchronization(j, i)
