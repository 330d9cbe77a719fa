"""Symbols spelt out where a terminal or a file does not have them: κ is "kappa", ± is "+-", |1⟩ is "|1>"."""

from __future__ import annotations

import codecs
import encodings.ascii
import re
import unicodedata

SPELLED = {
    "×": "x", "·": "*", "−": "-", "–": "-", "—": "-", "…": "...", "→": "->", "↔": "<->", "←": "<-", "≥": ">=",
    "≤": "<=", "±": "+-", "∓": "-+", "≈": "~", "∝": "~", "≪": "<<", "≫": ">>", "≠": "!=", "∞": "inf", "√": "sqrt",
    "⟨": "<", "⟩": ">", "†": "^+", "‖": "||", "½": "1/2", "∫": "int ", "ħ": "hbar", "ℏ": "hbar", "∆": "Delta", "∂": "d",
    "µ": "u", "μ": "u", "Å": "A", "°": " deg", "′": "'", "“": '"', "”": '"', "‘": "'", "’": "'", "•": "*", "∈": "in",
    "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "\xa0": " ", "✓": "ok",
}  # fmt: skip
HANDLER = "qsb_hw.spelled"
"""Name of the error handler for `str.encode` and streams."""
PLAIN_ASCII = "plain_ascii"
"""ASCII by a name that the library which prints help does not take for a mistake and replace by UTF-8."""
_GREEK = re.compile(r"GREEK (SMALL|CAPITAL) (?:LETTER )?(?:FINAL )?(\w+)")


def asciified(text: str, encoding: str) -> str:
    """Text in the characters that an encoding has."""
    if text.isascii():
        return text
    return text.encode(encoding, HANDLER).decode(encoding)


def _spelling(character: str) -> str:
    """How one character is spelt; as an escape where that is not known."""
    if character in SPELLED:
        return SPELLED[character]
    name = unicodedata.name(character, "")
    if found := _GREEK.fullmatch(name):
        return found[2].capitalize() if found[1] == "CAPITAL" else found[2].lower()
    if name.startswith("BOX DRAWINGS"):
        kinds = {"HORIZONTAL": "-", "VERTICAL": "|"}
        return next((sign for kind, sign in kinds.items() if name.endswith(kind) and " AND " not in name), "+")
    parts = (SPELLED.get(c, c) for c in unicodedata.normalize("NFKD", character))
    plain = "".join(c for c in parts if c.isascii())
    return plain or character.encode("ascii", "backslashreplace").decode("ascii")


def _spell(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    run = error.object[error.start : error.end]
    words = ""
    for before, character in zip(f" {run}", run, strict=False):
        joined = "*" if _named(character, "GREEK") and _named(before, "GREEK") else ""
        raised = "^" if _named(character, "SUPERSCRIPT") and not _named(before, "SUPERSCRIPT") else ""
        words += joined + raised + _spelling(character)
    return words, error.end


def _named(character: str, word: str) -> bool:
    return unicodedata.name(character, "").startswith(word)


def _plain_ascii(name: str) -> codecs.CodecInfo | None:
    if name != PLAIN_ASCII:
        return None
    codec = encodings.ascii
    return codecs.CodecInfo(
        codec.Codec.encode, codec.Codec.decode, name=PLAIN_ASCII, incrementalencoder=codec.IncrementalEncoder,
        incrementaldecoder=codec.IncrementalDecoder, streamwriter=codec.StreamWriter, streamreader=codec.StreamReader,
    )  # fmt: skip


codecs.register_error(HANDLER, _spell)
codecs.register(_plain_ascii)
