"""What the sections of every device file share: frozen, no unknown keys, all mistakes at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, ValidationError
from pydantic import model_validator as _model_validator
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import ErrorDetails, core_schema

from qsb_hw.errors import shown, suggestion
from qsb_hw.spec.mistakes import OURS, Mistake, raise_mistakes
from qsb_hw.spec.quantity import Quantity, Reads


def _one_line(text: str) -> str:
    if not text.isprintable():
        message = f"must hold no line breaks or control characters, but found {shown(text)}. Remove them."
        raise_mistakes("text", [Mistake((), message)])
    return text


def _text(text: str) -> str:
    _one_line(text.replace("\n", " ").replace("\t", " "))
    return text


def optional(description: str, *examples: Any) -> Any:
    """Key that may be left out."""
    return Field(None, description=description, examples=list(examples) or None)


Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
"""Text that tables, labels and messages repeat."""
Prose = Annotated[str, Field(max_length=2000), AfterValidator(_text)]
"""Sentences, over several lines if need be."""


@dataclass(frozen=True, slots=True)
class Given:
    """A section as written, for rules between its keys; `read` has the valid quantities in it, in internal units."""

    table: Mapping[str, Any]
    read: Mapping[str, float]

    def among(self, *keys: str) -> list[str]:
        """Which of `keys` are there."""
        return [key for key in keys if key in self.table]

    def keys_in(self, section: str) -> set[str]:
        """Keys of a section inside; empty where it is missing or no table."""
        inside = self.table.get(section)
        return set(inside) if isinstance(inside, Mapping) else set()

    def text(self, key: str) -> str:
        """Value of a key as written, without its source."""
        found = self.table.get(key)
        if isinstance(found, Quantity):
            return repr(found.text)
        return shown(found.get("value") if isinstance(found, Mapping) else found)

    def values(self, *keys: str) -> tuple[float, ...] | None:
        """Values of all `keys`; None unless every one is there and fine."""
        return tuple(self.read[key] for key in keys) if all(key in self.read for key in keys) else None


class Section(BaseModel):
    """A table of a device file: frozen, every key known, every mistake reported at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    replaces: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """By key: inherited keys that give way where a node of a chip gives this one itself."""

    @classmethod
    def merged(cls, own: Mapping[str, Any], inherited: Mapping[str, Any]) -> dict[str, Any]:
        """What a node gives of this section, and of what it is like all the rest."""
        replaced = {key for given in own for key in cls.replaces.get(given, ())}
        table = {key: value for key, value in inherited.items() if key not in replaced} | dict(own)
        for key, info in cls.model_fields.items():
            inside, before = own.get(key), inherited.get(key)
            if (section := section_of(info)) and isinstance(inside, Mapping) and isinstance(before, Mapping):
                table[key] = section.merged(inside, before)
        return table

    @classmethod
    def rules(cls, given: Given) -> Iterable[Mistake]:  # noqa: ARG003
        """Rules between keys, checked on whatever could be read; overridden where there are any."""
        return ()

    @_model_validator(mode="wrap")
    @classmethod
    def _all_mistakes_at_once(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(data, cls):
            return data
        if not isinstance(data, Mapping):
            message = f"must be a table, but found {shown(data)}. Write a [section]."
            raise_mistakes(cls.__name__, [Mistake((), message)])
        mistakes, built = list(cls.rules(Given(data, readable(cls, data)))), None
        try:
            built = handler(data)
        except ValidationError as error:
            mistakes = [_in_our_words(cls, detail) for detail in error.errors()] + mistakes
        raise_mistakes(cls.__name__, mistakes)
        assert built is not None
        return built


class DeviceSpec(Section):
    """What every platform's file begins with."""

    name: Line = Field(description="name of the device, for tables and labels")
    platform: Line = Field(description="tag of the platform")
    description: Prose = Field(default="", description="what the device is, in a sentence")


class SpecJsonSchema(GenerateJsonSchema):
    """JSON Schema of a device file: TOML has no null, so a key is there or it is not."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Leave the null out."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Name the default only where it is a value."""
        described = super().default_schema(schema)
        return {key: value for key, value in described.items() if key != "default" or value is not None}


def one_of(given: Given, *keys: str, needed: bool = True) -> Iterator[Mistake]:
    """Rule: exactly one of `keys` (at most one unless `needed`)."""
    found = given.among(*keys)
    if len(found) > 1:
        which = f"{' or '.join(keys)}, but found {' and '.join(found)}"
        yield Mistake((), f"must have only one of {which}. Remove all but one.")
    elif needed and not found:
        yield Mistake((), f"must have one of {', '.join(keys)}, but found none of them. Add one.")


def one_replaces(*ways: str | tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """For `Section.replaces`: each key makes the keys of all other ways give way."""
    sets = [(way,) if isinstance(way, str) else way for way in ways]
    return {key: tuple(k for other in sets if other is not way for k in other) for way in sets for key in way}


def needs(model: type[Section], given: Given, *keys: str) -> Iterator[Mistake]:
    """Rule: every one of `keys` must be there."""
    return (Mistake((key,), _missing(model, key)) for key in keys if key not in given.table)


def _missing(model: type[Section], key: str) -> str:
    """Message for a missing key: what to write, and what it means."""
    info = model.model_fields[key]
    declared = declaration(info)
    example = declared.example if declared else '"…"'
    if info.examples:
        example = json.dumps(info.examples[0], ensure_ascii=False)
    is_section = isinstance(info.annotation, type) and issubclass(info.annotation, Section)
    how = f"Add a section [{key}]" if is_section else f"Write {key} = {example}"
    meaning = f" ({info.description})" if info.description else ""
    return f"must be given, but is missing. {how}{meaning}."


def section_of(info: FieldInfo) -> type[Section] | None:
    """Section class of a field that holds one; None for any other field."""
    candidates = (info.annotation, *get_args(info.annotation))
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, Section)), None)


def declaration(info: FieldInfo) -> Reads | None:
    """How a field of a section reads its number; None for what is no number."""
    inside = getattr(info.annotation, "__args__", ())
    candidates = [*info.metadata, *(m for a in inside for m in getattr(a, "__metadata__", ()))]
    return next((c for c in candidates if isinstance(c, Reads)), None)


@cache
def _declared(model: type[Section]) -> dict[str, Reads]:
    found = {name: declaration(info) for name, info in model.model_fields.items()}
    return {name: reads for name, reads in found.items() if reads is not None}


def readable(model: type[Section], data: Mapping[str, Any]) -> dict[str, float]:
    """Quantities of a table that can be read, in internal units."""
    found = {}
    for name, reads in _declared(model).items():
        if name in data:
            with suppress(ValidationError):
                found[name] = reads.read(data[name]).value
    return found


_WORDS = {
    "string_type": "must be text",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "literal_error": "must be {expected}",
    "too_short": "must have at least {min_length} entries",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
}


def _in_our_words(model: type[Section], detail: ErrorDetails) -> Mistake:
    location, kind, words = detail["loc"], detail["type"], detail["msg"]
    if kind == "missing":
        words = _missing(model, str(location[-1]))
    elif kind == "extra_forbidden":
        key, known = str(location[-1]), [*model.model_fields]
        hint = suggestion(key, known, f"The keys here are {', '.join(known)}.")
        words = f"must be a key that is known here, but found {shown(key)}. {hint}"
    elif kind != OURS:
        words = _WORDS[kind].format(**detail.get("ctx", {})) if kind in _WORDS else words
        words = f"{words}, but found {shown(detail['input'])}. See `qsb-hw specs --schema`."
    return Mistake(location, words)
