"""The model hierarchy: from everything a platform knows to the printed closed forms, one piece of physics a step.

Every description is built from the device's own oscillator and from no other description, so that they can be compared.
Equations are those of Lörch et al., PRL 118, 243602 (2017). Each drive acts on its own bath only: time-dependent cross
terms are neglected by all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace

from qsb_hw.elimination import variants
from qsb_hw.elimination.conventions import Convention, closed_forms
from qsb_hw.elimination.eliminate import closed_form, eliminate
from qsb_hw.errors import ArgumentError, require, suggestion
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.model.vocabulary import NEUTRAL, DescriptionWords, Vocabulary

Built = SelfOscillator | EffectiveOscillator

FIRST_WITHOUT_COUNTER_ROTATING = "rotating_wave"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Description:
    """One model of a device."""

    name: str  # one of `HIERARCHY`
    words: DescriptionWords
    rwa: bool  # whether counter-rotating terms are neglected
    oscillator: Built | None  # the model: baths kept, or eliminated; None where the description is skipped
    skipped: str = ""  # why there is none, "" otherwise
    failed: bool = False  # whether it was tried and could not be built

    @property
    def meaning(self) -> str:
        """What is in the model."""
        return self.words.meaning

    @property
    def keeps_baths(self) -> bool:
        """Whether the baths are still there."""
        return isinstance(self.oscillator, SelfOscillator)

    def shortened(self, levels: int, bath_levels: int | None = None) -> Built:
        """Its model on fewer levels, and with fewer Fock states of each mode if asked; an error where it is skipped."""
        if self.oscillator is None:
            raise ArgumentError(
                f"Description {self.name!r} must be built, but found {self.skipped}. Ask for another description."
            )
        if isinstance(self.oscillator, EffectiveOscillator):
            return self.oscillator.truncated(min(levels, self.oscillator.levels))
        return variants.shortened(self.oscillator, levels, bath_levels)


@dataclass(frozen=True, slots=True)
class _Definition:
    """How a description is built, what it is called, and why it may be missing ("" if it is not)."""

    build: Callable[[SelfOscillator], Built]
    words: DescriptionWords
    light: DescriptionWords | None = None
    missing: Callable[[SelfOscillator, Vocabulary], str] = lambda _oscillator, _vocabulary: ""


def build_description(oscillator: SelfOscillator, name: str, vocabulary: Vocabulary = NEUTRAL) -> Description:
    """One description of an oscillator with all its levels; skipped, with the reason, if it cannot be built."""
    _check_names([name])
    check_ladder(oscillator)
    definition, skipped, built = _DEFINITIONS[name], "", None
    missing = definition.missing(oscillator, vocabulary)
    if not missing:
        try:
            built = definition.build(oscillator)
        except ArgumentError as error:
            skipped = str(error)
    return Description(
        name=name,
        words=_words(oscillator, name, vocabulary),
        rwa=HIERARCHY.index(name) >= HIERARCHY.index(FIRST_WITHOUT_COUNTER_ROTATING),
        oscillator=built,
        skipped=missing or skipped,
        failed=bool(skipped),
    )


def check_descriptions(names: Sequence[str]) -> tuple[str, ...]:
    """The names, two or more, in the order of the hierarchy."""
    _check_names(names)
    chosen = tuple(name for name in HIERARCHY if name in set(names))
    must = "A model hierarchy must have at least two descriptions"
    require(len(chosen) >= 2, must, f"{len(chosen)}", "Name one more.")
    return chosen


def neglected_between(
    oscillator: SelfOscillator, above: str, below: str, vocabulary: Vocabulary = NEUTRAL
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The terms neglected from one description down to another, one by one, and the remedy for each."""
    between = HIERARCHY[HIERARCHY.index(above) + 1 : HIERARCHY.index(below) + 1]
    built = [name for name in between if not _DEFINITIONS[name].missing(oscillator, vocabulary)]
    passed = [_words(oscillator, name, vocabulary) for name in built]
    return tuple(words.neglected for words in passed), tuple(words.remedy for words in passed)


def check_ladder(oscillator: SelfOscillator) -> int:
    """n0 of an oscillator whose ladder holds it and both its neighbours; any other is refused."""
    target = oscillator.target
    if target is None:
        raise ArgumentError(
            "An oscillator must be stabilised to a level to have a model hierarchy, but found no amplifying tone. "
            "Give it a bath with a blue one."
        )
    must = f"The ladder must hold n0 = {target} and both its neighbours, {target + 2} levels"
    require(oscillator.levels >= target + 2, must, f"{oscillator.levels} levels", "Keep more levels.")
    return target


def _check_names(names: Iterable[str]) -> None:
    for name in names:
        known = name in _DEFINITIONS
        require(known, "A description must be one of the model hierarchy", repr(name), suggestion(str(name), HIERARCHY))


def _words(oscillator: SelfOscillator, name: str, vocabulary: Vocabulary) -> DescriptionWords:
    """The words of a platform, else those of modes or of light."""
    definition, given = _DEFINITIONS[name], vocabulary.descriptions.get(name, DescriptionWords())
    own = definition.light if definition.light and variants.drives_light(oscillator) else definition.words
    return replace(own, **{key: text for key, text in asdict(given).items() if text})


def _everything(oscillator: SelfOscillator) -> SelfOscillator:
    """Real levels under the drives' force, cubic terms, Kerr of the modes; internal levels as they are."""
    if variants.drives_light(oscillator):
        return oscillator
    return variants.with_mode_kerr(_linear_modes(oscillator))


def _linear_modes(oscillator: SelfOscillator) -> SelfOscillator:
    return variants.under_static_force(variants.with_cubic_terms(oscillator))


def _unlinearised(oscillator: SelfOscillator) -> SelfOscillator:
    # each acts on one kind of bath: internal levels have no cubic term, modes no recoil
    return variants.with_cubic_terms(variants.without_recoil(oscillator))


def _linearised(oscillator: SelfOscillator) -> SelfOscillator:
    if not variants.drives_light(oscillator):
        return oscillator
    return variants.lamb_dicke(variants.without_recoil(oscillator))


def _kerr(oscillator: SelfOscillator) -> SelfOscillator:
    return variants.on_kerr_ladder(variants.without_recoil(oscillator))


def _no_kerr_known(oscillator: SelfOscillator, vocabulary: Vocabulary) -> str:
    if variants.drives_light(oscillator):
        recoil = any(bath.recoil for bath in oscillator.baths)
        return "" if recoil else "no recoil is given: the hierarchy begins at 'unlinearised'"
    if any(bath.kerr is not None for bath in oscillator.baths):
        return ""
    return f"no Kerr constant K_c of the {vocabulary.baths} is known{vocabulary.hint('kerr')}"


def _no_mode(oscillator: SelfOscillator, vocabulary: Vocabulary) -> str:
    if variants.drives_light(oscillator):
        return f"the {vocabulary.baths} hold one quantum at most: there is no mode with a Kerr effect"
    return _no_single_photon_coupling(oscillator, vocabulary)


def _no_single_photon_coupling(oscillator: SelfOscillator, vocabulary: Vocabulary) -> str:
    if variants.drives_light(oscillator) or any(bath.photons is not None for bath in oscillator.baths):
        return ""
    return f"no g0 of the {vocabulary.baths} is known{vocabulary.hint('single_photon_coupling')}"


def _no_closed_form(oscillator: SelfOscillator, _vocabulary: Vocabulary) -> str:
    if all(closed_forms(oscillator, Convention.DERIVED)):
        return ""
    return "γ, σ, n± need one tone per side and K > 0 at n0"


_TOP = "nothing: this is the top of the hierarchy"

_DEFINITIONS: dict[str, _Definition] = {
    "circuit": _Definition(
        _everything,
        DescriptionWords(
            "real levels shifted by the static force, cubic coupling g0 c†c X, Kerr effect of the baths", _TOP
        ),
        DescriptionWords("exact e^{ikx} with carriers, recoil of emitted photons", _TOP),
        missing=_no_kerr_known,
    ),
    "linear_cavity": _Definition(
        _linear_modes,
        DescriptionWords(
            "the same with linear baths",
            "the baths' Kerr effect −K_c c†²c²",
            "Retune each drive by −4K_c n_c, or lower K_c or n_c.",
        ),
        missing=_no_mode,
    ),
    "unlinearised": _Definition(
        _unlinearised,
        DescriptionWords(
            "cubic coupling g0 c†c X, static force compensated",
            "the static force g0 n_c X of the drives",
            "Tune the drives to baths and transitions as they are with every drive on; ⟨X⟩ shifts a bath by 2Σg²/ω.",
        ),
        DescriptionWords(
            "exact e^{ikx} with carriers, no recoil",
            "the recoil of emitted photons",
            "Include it (`eliminate` does), or lower the Lamb–Dicke parameter η_d of the emitted photon.",
        ),
        missing=_no_single_photon_coupling,
    ),
    "linearised": _Definition(
        _linearised,
        DescriptionWords(
            "linear coupling g X(c + c†), all terms",
            "the cubic coupling g0 c†c X",
            "Lower g0 and drive harder to the same g.",
        ),
        DescriptionWords(
            "1 + ikx with carriers",
            "all but the first order of e^{ikx}",
            "Use the exact elements of e^{ikx} (`eliminate` does), or lower the Lamb–Dicke parameter η.",
        ),
    ),
    "rotating_wave": _Definition(
        _linearised,
        DescriptionWords(
            "resonant terms only",
            "the counter-rotating terms",
            "Keep them (`compare --no-rwa`), raise ω/κ, or make both tones equally strong.",
        ),
        DescriptionWords(
            "resonant sidebands only",
            "carriers and counter-rotating sidebands",
            "Retune the light by the light shift Ω²/4|δ|, raise ω, or lower Ω.",
        ),
    ),
    "kerr": _Definition(
        _kerr,
        DescriptionWords(
            "Kerr ladder matched at n0",
            "the real ladder: level-dependent K and matrix elements",
            "Use the per-transition rates of the real ladder: the eliminated model of `check` does.",
        ),
    ),
    "eliminated": _Definition(
        lambda oscillator: eliminate(_kerr(oscillator), rwa=True, secular=False),
        DescriptionWords(
            "baths eliminated, coherences between transitions kept",
            "the baths' own dynamics",
            "Drive less or widen κ: the error falls as (g/κ)². Or trust the full model.",
        ),
    ),
    "secular": _Definition(
        lambda oscillator: eliminate(_kerr(oscillator), rwa=True),
        DescriptionWords(
            "one dissipator per transition (Eq. 2)",
            "coherences between neighbouring transitions",
            "Keep them (`eliminate(…, secular=False)`), or lower σ = κ/4K.",
        ),
    ),
    "lorentzian": _Definition(
        lambda oscillator: closed_form(_kerr(oscillator)),
        DescriptionWords(
            "γ, σ, n± alone (Eqs. 2–3)", "the baths' level shifts", "Set Δ to the shifted resonance, or lower g."
        ),
        missing=_no_closed_form,
    ),
    "published": _Definition(
        lambda oscillator: closed_form(_kerr(oscillator), Convention.PUBLISHED),
        DescriptionWords(
            "σ and n± as printed",
            "the derived σ and n±, for the printed ones",
            "Do not use the printed σ = κ/8K, n± = ±(δ± − ω0)/2K: the full model does not support them.",
        ),
        missing=_no_closed_form,
    ),
}
HIERARCHY: tuple[str, ...] = tuple(_DEFINITIONS)
"""Names of all descriptions, from everything the platform knows down to the printed closed forms."""
