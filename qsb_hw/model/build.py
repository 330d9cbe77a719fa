"""Lindblad models of oscillators and networks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from qsb_hw._typing import Complexes, Integers
from qsb_hw.errors import CapacityError, printable
from qsb_hw.lindblad.capacity import require_memory
from qsb_hw.lindblad.elements import Elements, embedded, embedded_jumps
from qsb_hw.lindblad.jumps import Entries, JumpEntries
from qsb_hw.lindblad.operators import embed
from qsb_hw.model.bath import Bath, BathCoupling
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.lindblad import AssembledModel, LindbladModel
from qsb_hw.model.network import Network
from qsb_hw.model.oscillator import SelfOscillator

NEGLIGIBLE_KICK = 1e-9
"""Amplitude of a recoil below which it is left out where kicks are sorted by how far they climb."""
ELEMENT_BYTES = 72
"""Of every sparse element: value and indices, three times while operators are added up."""
SHIFTED_ABOVE = 200
"""Basis states above which it is asked whether a ring looks the same after its oscillators move on around it."""
LARGEST_SPACE = 2**17
"""Hilbert-space dimension beyond which not even the sparse operators are built."""


@dataclass(frozen=True, slots=True, eq=False)
class _Site:
    """One oscillator with its baths by their elements, before it is put into a network."""

    hamiltonian: Entries
    jumps: JumpEntries
    lowering: Entries
    charge: Integers
    dims: tuple[int, ...]
    labels: tuple[str, ...]

    @property
    def size(self) -> int:
        """Basis states."""
        return self.hamiltonian.size

    def model(self, charge: Integers | None) -> LindbladModel:
        """The site on its own."""
        return AssembledModel(Elements.of(self.hamiltonian, self.jumps), self.dims, charge, self.labels)


def full_model(oscillator: SelfOscillator, rwa: bool = True) -> LindbladModel:
    """Model with every bath kept, in the frame of each drive; subsystem 0 is the oscillator.

    H = Σ E_n|n⟩⟨n| + Σ_j (H_j + B_j ⊗ X), jumps of the baths, and the intrinsic channels
    √(n_th/T1) a†, √((1+n_th)/T1) a, √(2/Tφ) a†a.

    Parameters
    ----------
    oscillator : SelfOscillator
    rwa : bool
        True keeps only the terms that conserve a†a + c†c − b†b (a rotating-wave approximation);
        False keeps them all, and only parity is left where the ladder has it.

    Returns
    -------
    LindbladModel
        dims (levels, bath levels…), charge set when `rwa`.

    Raises
    ------
    CapacityError
        If the state space is too large to write down.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> baths = [qh.Bath.cavity(-48, 0.8, 0.02), qh.Bath.cavity(50, 0.8, 0.02)]
    >>> model = qh.full_model(qh.SelfOscillator(qh.Ladder.kerr(frequency=50, kerr=1, levels=4), baths))
    >>> model.dims
    (4, 3, 3)
    """
    site = _self_oscillator_site(oscillator, rwa)
    return site.model(site.charge if rwa else None)


def effective_model(oscillator: EffectiveOscillator) -> LindbladModel:
    """Model of an eliminated oscillator: one jump per transition (Lörch 2017 Eq. 2).

    Parameters
    ----------
    oscillator : EffectiveOscillator

    Returns
    -------
    LindbladModel
        dims (levels,).

    Examples
    --------
    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.1, n_plus=1, n_minus=2, levels=4)
    >>> qh.steady_state(qh.effective_model(one)).populations(0).round(2).tolist()
    [0.01, 0.98, 0.01, 0.0]
    """
    site = _effective_site(oscillator)
    return site.model(site.charge)


def network_model(network: Network, rwa: bool = True) -> LindbladModel:
    """Model of coupled oscillators (Lörch 2017 Eq. 4).

    Parameters
    ----------
    network : Network
    rwa : bool
        As of `full_model`, for baths that are kept.

    Returns
    -------
    LindbladModel
        Subsystems site by site, the oscillator first.

    Raises
    ------
    CapacityError
        If the state space is too large to write down.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.1, n_plus=1, n_minus=2, levels=4)
    >>> qh.network_model(qh.Network([one, one], [[0, 0.1], [0.1, 0]])).dims
    (4, 4)
    """
    _refuse_if_too_large([d for o in network.oscillators for d in site_dims(o)])
    alike = {
        id(o): _effective_site(o) if isinstance(o, EffectiveOscillator) else _self_oscillator_site(o, rwa)
        for o in {id(o): o for o in network.oscillators}.values()
    }
    sites = [alike[id(o)] for o in network.oscillators]
    sizes = [site.size for site in sites]
    _require_memory(network, sites)
    parts = [embedded({k: site.hamiltonian}, sizes) for k, site in enumerate(sites)]
    for j, k in zip(*np.nonzero(np.triu(network.coupling)), strict=True):
        hop = complex(network.coupling[j, k]) * embedded({j: sites[j].lowering.adjoint, k: sites[k].lowering}, sizes)
        parts += [hop, hop.adjoint]
    return AssembledModel(
        elements=Elements.of(Entries.total(parts), embedded_jumps([site.jumps for site in sites])),
        dims=tuple(d for site in sites for d in site.dims),
        charge=_outer_sum([site.charge for site in sites]) if rwa else None,
        labels=tuple(f"{label} {k + 1}" for k, site in enumerate(sites) for label in site.labels),
        shift=_shift(network, sites) if len(sites) > 2 and math.prod(sizes) > SHIFTED_ABOVE else None,
    )


def _shift(network: Network, sites: list[_Site]) -> Integers | None:
    """Where every basis state goes as all oscillators move on around a ring that looks the same then, if one does.

    Given only where the steady state is unique: where jumps of one element each lead from every state of a site to
    every other one, products of them make up every matrix, and no subspace but the whole is closed under the jumps.
    """
    count, coupling = len(sites), network.coupling
    for by in (k for k in range(1, count // 2 + 1) if count % k == 0):
        alike = all(_same(site, sites[(k + by) % count]) for k, site in enumerate(sites))
        if alike and np.array_equal(coupling, np.roll(coupling, (by, by), (0, 1))) and all(map(_mixing, sites)):
            states = np.arange(math.prod(site.size for site in sites)).reshape([site.size for site in sites])
            return states.transpose([(k + by) % count for k in range(count)]).ravel()
    return None


def are_twins(network: Network, rwa: bool = True) -> bool:
    """Whether a network is two oscillators with the same elements and a real V: exchanged it looks the same."""
    if network.size != 2 or network.coupling.imag.any():
        return False
    one, other = network.oscillators
    if one is other:
        return True
    if isinstance(one, EffectiveOscillator) and isinstance(other, EffectiveOscillator):
        return _same(_effective_site(one), _effective_site(other))
    if isinstance(one, SelfOscillator) and isinstance(other, SelfOscillator):
        return _same(_self_oscillator_site(one, rwa), _self_oscillator_site(other, rwa))
    return False


def _same(one: _Site, other: _Site) -> bool:
    """Whether two sites have the same elements."""
    if one is other:
        return True
    pairs = ((one.hamiltonian, other.hamiltonian), (one.jumps, other.jumps), (one.lowering, other.lowering))
    return one.dims == other.dims and all(
        np.array_equal(getattr(a, name), getattr(b, name)) for a, b in pairs for name in a.__slots__
    )


def _mixing(site: _Site) -> bool:
    """Whether jumps of one element each lead from every state to every other one."""
    jumps = site.jumps
    single = np.bincount(jumps.number, minlength=jumps.count)[jumps.number] == 1
    places = (jumps.target[single], jumps.source[single])
    links = sp.csr_array((np.ones(places[0].size), places), shape=(site.size, site.size))
    return int(connected_components(links, directed=True, connection="strong")[0]) == 1


def site_dims(oscillator: EffectiveOscillator | SelfOscillator) -> tuple[int, ...]:
    """Dimensions of one site: the oscillator, then whatever baths are kept."""
    return (oscillator.levels,) if isinstance(oscillator, EffectiveOscillator) else oscillator.dims


def oscillator_subsystems(network: Network) -> tuple[int, ...]:
    """Position of every oscillator among the subsystems of `network_model`."""
    lengths = [len(site_dims(o)) for o in network.oscillators]
    return tuple(int(k) for k in np.cumsum([0, *lengths[:-1]]))


def exchange_operator(network: Network, first: int, second: int) -> sp.csr_array:
    """a_i†a_j on the space of `network_model`, (D, D)."""
    one, other = network.pair(first, second)
    places = oscillator_subsystems(network)
    dims = [size for oscillator in network.oscillators for size in site_dims(oscillator)]
    return embed({places[first]: one.ladder.annihilation.conj().T, places[second]: other.ladder.annihilation}, dims)


def oscillator_charge(network: Network, oscillator: int) -> Integers:
    """Charge of one oscillator and its baths in every basis state of the network, shape (D,).

    Raising that oscillator by Δ, its tones following, adds Δ times this to the Hamiltonian.
    """
    parts = [
        [np.arange(o.levels), *(b.charge for b in o.baths)] if isinstance(o, SelfOscillator) else [np.arange(o.levels)]
        for o in network.oscillators
    ]
    return _outer_sum([c if k == oscillator else np.zeros_like(c) for k, site in enumerate(parts) for c in site])


def _effective_site(oscillator: EffectiveOscillator) -> _Site:
    levels = np.arange(oscillator.levels)
    rates = oscillator.secular_rates
    target, source = np.nonzero(rates)
    amplitudes = np.sqrt(rates[target, source]).astype(complex)
    secular = JumpEntries(np.arange(target.size), target, source, amplitudes, target.size, levels.size)
    # with recoil a jump climbs by several numbers of levels; as in the full model's rotating wave, each by itself
    climbs = range(1 - levels.size, levels.size)
    rest = [np.diag(np.diag(jump, climb), climb) for jump in oscillator.collective for climb in climbs]
    if oscillator.dephasing_rate:
        rest.append(np.diag(math.sqrt(2 * oscillator.dephasing_rate) * levels))
    return _Site(
        Entries.diagonal(oscillator.ladder.energies),
        JumpEntries.joined([secular, JumpEntries.of_dense(rest, levels.size)]) if rest else secular,
        Entries.of(oscillator.ladder.annihilation),
        levels,
        (oscillator.levels,),
        (oscillator.name,),
    )


def _self_oscillator_site(oscillator: SelfOscillator, rwa: bool) -> _Site:
    dims = oscillator.dims
    _refuse_if_too_large(dims)
    ladder, intrinsic = oscillator.ladder, oscillator.decoherence
    levels = np.arange(oscillator.levels)
    parts = [embedded({0: Entries.diagonal(ladder.energies)}, dims)]
    own = (
        math.sqrt(intrinsic.down_rate) * ladder.lowering,
        math.sqrt(intrinsic.up_rate) * ladder.lowering.conj().T,
        np.diag(math.sqrt(2 * intrinsic.dephasing_rate) * levels),
    )
    jumps = [embedded({0: Entries.of(jump)}, dims) for jump in own]
    for k, bath in enumerate(oscillator.baths):
        kept = bath.charge[:, None] == bath.charge[None, :] if rwa else True
        parts.append(embedded({k + 1: Entries.of(np.where(kept, bath.hamiltonian, 0))}, dims))
        parts += _interactions(oscillator, k, rwa)
        jumps += _bath_jumps(oscillator, k, rwa)
    return _Site(
        Entries.total(parts).summed(),
        JumpEntries.of_entries(jumps, math.prod(dims)),
        embedded({0: Entries.of(ladder.annihilation)}, dims),
        _outer_sum([levels, *(bath.charge for bath in oscillator.baths)]),
        dims,
        (oscillator.name, *(bath.name for bath in oscillator.baths)),
    )


def _bath_jumps(oscillator: SelfOscillator, bath: int, rwa: bool) -> list[Entries]:
    """Jumps of one bath with their recoil; in a rotating-wave approximation each kick climbs by a definite number."""
    dims, chosen = oscillator.dims, oscillator.baths[bath]
    recoil = chosen.recoil or ((),) * len(chosen.jumps)
    jumps = []
    for jump, kicks in zip(chosen.jumps, recoil, strict=True):
        parts, own = _by_climb(kicks) if rwa and kicks else list(kicks), Entries.of(jump)
        kicked = [embedded({0: Entries.of(part), bath + 1: own}, dims) for part in parts]
        jumps += kicked or [embedded({bath + 1: own}, dims)]
    return jumps


def _by_climb(kicks: tuple[Complexes, ...]) -> list[Complexes]:
    """The same kicks, each climbing by a definite number of levels: as few for every number as do the same together."""
    size, parts = kicks[0].shape[0], []
    for climb in range(1 - size, size):
        columns = np.array([np.diag(kick, climb) for kick in kicks]).T  # only their Gram matrix matters
        vectors, strengths, _ = np.linalg.svd(columns, full_matrices=False)
        parts += [np.diag(v * s, climb) for v, s in zip(vectors.T, strengths, strict=True) if s > NEGLIGIBLE_KICK]
    return parts


def bath_interaction(oscillator: SelfOscillator, bath: int, rwa: bool = True, tone: int | None = None) -> sp.csr_array:
    """Coupling Hamiltonian of one bath in the full model (of one of its tones if asked), rad/s, shape (D, D)."""
    size = math.prod(oscillator.dims)
    nothing = Entries.diagonal(np.zeros(size))
    return Entries.total([nothing, *_interactions(oscillator, bath, rwa, tone)]).sparse()


def _interactions(oscillator: SelfOscillator, bath: int, rwa: bool, tone: int | None = None) -> list[Entries]:
    """The terms of that coupling."""
    coordinate, chosen = oscillator.ladder.coupling, oscillator.baths[bath]
    couplings = chosen.couplings if tone is None else chosen.couplings_of(tone)
    pairs = (pair for term in couplings for pair in _interaction(chosen, term, coordinate, rwa))
    return [embedded({0: Entries.of(x), bath + 1: Entries.of(b)}, oscillator.dims) for b, x in pairs]


def _interaction(bath: Bath, term: BathCoupling, coordinate: Complexes, rwa: bool) -> list[tuple[Complexes, Complexes]]:
    """Pairs (B, X) whose products add up to the coupling; with `rwa` only those that conserve the charge."""
    oscillator = coordinate if term.oscillator is None else term.oscillator
    if not rwa:
        return [(term.bath, oscillator)]
    changes = bath.charge[:, None] - bath.charge[None, :]
    n = np.arange(oscillator.shape[0])
    rises = n[:, None] - n[None, :]
    pairs = [(np.where(changes == q, term.bath, 0), np.where(rises == -q, oscillator, 0)) for q in np.unique(changes)]
    return [(b, x) for b, x in pairs if np.any(b) and np.any(x)]


def _outer_sum(charges: list[Integers]) -> Integers:
    total = np.zeros(1, dtype=np.int64)
    for charge in charges:
        total = (total[:, None] + charge[None, :]).ravel()
    return total


def _refuse_if_too_large(dims: tuple[int, ...] | list[int]) -> None:
    size = math.prod(dims)
    if size > LARGEST_SPACE:
        digits = sum(map(math.log10, dims))
        raise CapacityError(
            f"The state space must have at most {LARGEST_SPACE} states to be written down, but found "
            f"{printable(' × '.join(map(str, dims)), 60)} = {_scientific(digits)}; one density matrix alone would take "
            f"{_scientific(2 * digits + math.log10(16 / 2**30))} GiB. Keep fewer levels or eliminate the baths."
        )


def _scientific(digits: float) -> str:
    """10^digits as text, however large."""
    return f"{10**digits:.3g}" if digits < 15 else f"{10 ** (digits % 1):.3g}e+{math.floor(digits):02d}"


def _require_memory(network: Network, sites: list[_Site]) -> None:
    """Refuse a network whose sparse operators would not fit, before any is made."""
    size = math.prod(site.size for site in sites)
    elements = sum((site.hamiltonian.value.size + site.jumps.value.size) / site.size for site in sites)
    density = [site.lowering.value.size / site.size for site in sites]
    links = zip(*np.nonzero(np.triu(network.coupling)), strict=True)
    elements += sum(2 * density[j] * density[k] for j, k in links)
    require_memory(ELEMENT_BYTES * size * elements, "The model of the network", "Keep fewer levels or oscillators.")
