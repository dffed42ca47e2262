"""Every setting by its dotted key: listing, comparing, writing them down."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import PurePath

from pydantic.fields import FieldInfo

from pipeline.config.schema import Settings
from pipeline.config.schema.section import Section, needs

# These change how fast a print is made or what is said about it, never the picture. Of a recipe it
# is the settings that count.
_WITHOUT_EFFECT = (
    "recipe",
    "colour.mask",  # what masks hold is compared, not their names
    "style.masks",
    "style.maps",
    "run.threads",
    "run.nice",
    "run.memory",
    "run.only_between",
    "run.disk_wait",
    "energy.",
)


# Of names, which print files have anyway.
_UNSAID = ("print.name", "print.title", "print.files", "encoder.weights")


def all_fields() -> dict[str, FieldInfo]:
    """Every dotted key and its field, in the order of the file."""
    found: dict[str, FieldInfo] = {}
    for name, field in Settings.model_fields.items():
        section = _section_of(field)
        if section is None:
            found[name] = field
        else:
            found |= {f"{name}.{key}": sub for key, sub in section.model_fields.items()}
    return found


def _section_of(field: FieldInfo) -> type[Section] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def differences(old: Settings, new: Settings) -> list[str]:
    """What would change the picture, one ``tiles.core: 512 -> 256`` per setting."""
    before, after = dict(_values(old)), dict(_values(new))
    return [
        f"{key}: {_literal(before[key])} -> {_literal(after[key])}"
        for key in before
        if before[key] != after[key] and not key.startswith(_WITHOUT_EFFECT)
    ]


def said(settings: Settings) -> str:
    """What of the picture is not as by default, ``tiles.core=512; ...``, for print files.

    Of files their names alone, and nothing of this computer.
    """
    before, after = dict(_values(type(settings)())), dict(_values(settings))
    parts = []
    for key, value in after.items():
        ours = key.startswith(("run.", "energy.")) and key != "run.seed"
        if value == before[key] or ours or key in _UNSAID:
            continue
        shown = PurePath(value).name if isinstance(value, str) and "/" in value else value
        parts.append(f"{key}={_literal(shown)}")
    return "; ".join(parts)


def value_of(settings: Settings, key: str) -> object:
    """The value of a setting by its dotted key."""
    value: object = settings
    for name in key.split("."):
        value = getattr(value, name)
    return value


def counts(settings: Settings, key: str) -> bool:
    """Whether a setting has an effect beside the others."""
    wanted = needs(all_fields()[key])
    return wanted is None or value_of(settings, wanted[0]) in wanted[1]


def is_default(settings: Settings, key: str) -> bool:
    """Whether a setting has its default."""
    return bool(value_of(settings, key) == all_fields()[key].default)


def _values(settings: Settings) -> Iterator[tuple[str, object]]:
    for key in all_fields():
        yield key, value_of(settings, key)


def describe() -> list[tuple[str, object, str]]:
    """Every setting: dotted key, default, description."""
    defaults = dict(_values(Settings()))
    return [(key, defaults[key], field.description or "") for key, field in all_fields().items()]


def literals(settings: Settings) -> dict[str, str]:
    """Every setting's value as it is written in pipeline.toml, by its dotted key."""
    return {key: _literal(value) for key, value in _values(settings)}


def to_toml(settings: Settings) -> str:
    """The settings as TOML, every key with its description as a comment."""
    values = dict(_values(settings))
    lines = [
        "# Settings of tilebrush. It reads ./pipeline.toml, or the file named with --config;",
        "# any key can be left out, and --set KEY=VALUE overrides it.",
    ]
    table = ""
    for key, field in all_fields().items():
        section, _, leaf = key.rpartition(".")
        if section != table:
            table = section
            about = (type(getattr(settings, section)).__doc__ or "").strip()
            lines += ["", f"# {about}", f"[{section}]"]
        comment = f"{(field.description or '').rstrip('.')}."
        lines += ["", *textwrap.wrap(comment, 98, initial_indent="# ", subsequent_indent="# ")]
        lines.append(f"{leaf} = {_literal(values[key])}")
    return "\n".join(lines) + "\n"


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_literal(item) for item in value)}]"
    if isinstance(value, int) and abs(value) >= 100_000:
        return f"{value:_}"
    return json.dumps(value, ensure_ascii=False)
