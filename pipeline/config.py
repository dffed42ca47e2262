"""From files and options to `Settings`, and back to a commented `pipeline.toml`."""

from __future__ import annotations

import difflib
import json
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from pipeline.settings import Section, Settings
from pipeline.units import parse_duration, parse_memory, parse_paper, parse_size
from stages.errors import TilebrushError, UsageError
from stages.tiles import Size

__all__ = [
    "CONFIG_NAME",
    "Settings",
    "apply_preset",
    "describe",
    "differences",
    "find_config",
    "from_record",
    "load",
    "parse_duration",
    "parse_memory",
    "parse_paper",
    "parse_size",
    "print_size",
    "style_weights",
    "to_record",
    "to_toml",
]

CONFIG_NAME = "pipeline.toml"
_PRESETS = {"draft": 1 / 3, "standard": 1.0, "fine": 3.0}
# These change how fast a print is made or what is said about it, never the picture.
_WITHOUT_EFFECT = ("run.threads", "run.nice", "run.memory", "energy.")
_Tables = dict[str, Any]


def find_config(path: Path | None) -> Path | None:
    """The file to read: `path` if given, else ``./pipeline.toml`` if there is one, else none."""
    default = Path(CONFIG_NAME)
    return path if path is not None else default if default.is_file() else None


def load(path: Path | None, overrides: Mapping[str, object] | None = None) -> Settings:
    """Settings from a TOML file (see `find_config`) and dotted keys that override it.

    Override values that are text are read as on the command line (``tiles.core=256``,
    ``levels.sweeps=2,2``); None means not given. A relative ``encoder.weights`` counts from the
    file's folder, as override from the current one.

    Raises:
        UsageError: Unreadable file, unknown key or bad value, in one line.
    """
    file = find_config(path)
    tables = _read(file) if file is not None else {}
    _check_keys(tables, str(file))
    if file is not None:
        _anchor_weights(tables, file.resolve().parent)
    origin = dict.fromkeys(_flat(tables), f" in {file}")
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    for key, value in given.items():
        _put(tables, key, value)
        origin[key] = ""
    if "encoder.weights" in given:
        _anchor_weights(tables, Path.cwd())
    try:
        return Settings.model_validate(tables)
    except ValidationError as error:
        raise UsageError(_explained(error, origin)) from None


def _read(path: Path) -> _Tables:
    try:
        # Some editors begin a file with a byte order mark; TOML does not allow it.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not valid TOML: {error}; correct that line") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text ({error.reason}); save it as UTF-8") from None
    except OSError as error:
        raise UsageError(
            f"cannot read settings from {path}: {error.strerror}; name a readable file"
        ) from None


def _fields() -> dict[str, FieldInfo]:
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


def _flat(tables: _Tables) -> Iterator[str]:
    for name, value in tables.items():
        if isinstance(value, dict):
            yield from (f"{name}.{key}" for key in value)
        else:
            yield name


def _check_keys(tables: _Tables, where: str) -> None:
    known = _fields()
    sections = {key.split(".")[0] for key in known if "." in key}
    for name, value in tables.items():
        if name in sections and not isinstance(value, dict):
            raise UsageError(f"{name!r} in {where} must be a table: [{name}] on a line of its own")
        if isinstance(value, dict) and name not in sections:
            close = difflib.get_close_matches(name, sections, 1)
            hint = f"; did you mean [{close[0]}]?" if close else f"; known are {sorted(sections)}"
            raise UsageError(f"unknown table [{name}] in {where}{hint}")
    for key in _flat(tables):
        if key not in known:
            raise UsageError(_unknown(key, known, f" in {where}"))


def _unknown(key: str, known: Mapping[str, object], where: str) -> str:
    close = difflib.get_close_matches(key, known, 1)
    if not close:  # perhaps the right name in the wrong table, or in none
        leaf = key.rsplit(".", 1)[-1]
        close = [other for other in known if other.rsplit(".", 1)[-1] == leaf][:1]
    hint = f"did you mean {close[0]!r}?" if close else f"{CONFIG_NAME} lists them all"
    return f"unknown setting {key!r}{where}; {hint}"


def _put(tables: _Tables, key: str, value: object) -> None:
    known = _fields()
    if key not in known:
        raise UsageError(_unknown(key, known, ""))
    table = tables
    *section, leaf = key.split(".")
    for name in section:
        table = table.setdefault(name, {})
    table[leaf] = _typed(value, known[key]) if isinstance(value, str) else value


def _typed(text: str, field: FieldInfo) -> object:
    """Text of a KEY=VALUE as a value for `field`: a number, a list, or the text itself."""
    if field.annotation is str:
        return text.strip("\"'") if text[:1] == text[-1:] and text[:1] in ("'", '"') else text
    if get_origin(field.annotation) is tuple:
        parts = text.strip().removeprefix("[").removesuffix("]").split(",")
        return [part.strip() for part in parts if part.strip()]
    try:
        return tomllib.loads(f"value = {text}")["value"] if "\n" not in text else text
    except tomllib.TOMLDecodeError:
        return text


def _anchor_weights(tables: _Tables, folder: Path) -> None:
    # An absolute path, so that a run can be resumed from any folder.
    weights = tables.get("encoder", {}).get("weights")
    if isinstance(weights, str) and weights:
        tables["encoder"]["weights"] = str(folder / Path(weights).expanduser())


def _explained(error: ValidationError, origin: Mapping[str, str]) -> str:
    """The first thing wrong, as one line: key, place, value, what is allowed."""
    first = error.errors(include_url=False, include_context=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    places = [where for name, where in origin.items() if (name + ".").startswith(key + ".")]
    place = places[0] if places else origin.get(".".join(key.split(".")[:2]), "")
    needed = str(first["msg"]).removeprefix("Value error, ").replace("Input should", "it must")
    needed = needed.replace("Tuple should", "it must").split(" after validation")[0]
    if isinstance(first["input"], Section | dict):
        return f"{key}{place}: {needed}"
    shown = textwrap.shorten(repr(first["input"]), 60, placeholder="...")
    return f"{key}{place} is {shown}; {needed}"


def print_size(settings: Settings) -> Size:
    """The box in px that the print fits in: paper at its dpi if named, else size."""
    if settings.print.paper:
        return parse_paper(settings.print.paper, settings.print.dpi)
    return parse_size(settings.print.size)


def style_weights(settings: Settings, count: int) -> tuple[float, ...]:
    """One weight per style image; they add up to one.

    Raises:
        UsageError: There are not as many weights as style images.
    """
    weights = settings.style.weights or (1.0,) * count
    if len(weights) != count:
        raise UsageError(
            f"style.weights has {len(weights)} numbers for {count} style images; "
            "give one per image, or none"
        )
    return tuple(weight / sum(weights) for weight in weights)


def apply_preset(settings: Settings) -> Settings:
    """The settings with iterations scaled by their quality, which is then ``standard``."""
    factor = _PRESETS[settings.quality]

    def scaled(iterations: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(max(1, round(count * factor)) for count in iterations)

    display, levels = settings.display, settings.levels
    return settings.model_copy(
        update={
            "quality": "standard",
            "display": display.model_copy(update={"iterations": scaled(display.iterations)}),
            "levels": levels.model_copy(update={"iterations": scaled(levels.iterations)}),
        }
    )


def to_record(settings: Settings) -> _Tables:
    """The settings as plain JSON values, for run.json."""
    return settings.model_dump(mode="json")


def from_record(record: object) -> Settings:
    """The settings that `to_record` wrote.

    Raises:
        TilebrushError: They are damaged, or of another version.
    """
    try:
        return Settings.model_validate(record)
    except ValidationError as error:
        raise TilebrushError(
            f"the run's settings cannot be read ({_explained(error, {})}); "
            "use the version that made the run, or start anew with --force"
        ) from None


def differences(old: Settings, new: Settings) -> list[str]:
    """What would change the picture, one ``tiles.core: 512 -> 256`` per setting."""
    before, after = dict(_values(old)), dict(_values(new))
    return [
        f"{key}: {_literal(before[key])} -> {_literal(after[key])}"
        for key in before
        if before[key] != after[key] and not key.startswith(_WITHOUT_EFFECT)
    ]


def _values(settings: Settings) -> Iterator[tuple[str, object]]:
    for key in _fields():
        value: object = settings
        for name in key.split("."):
            value = getattr(value, name)
        yield key, value


def describe() -> list[tuple[str, object, str]]:
    """Every setting: dotted key, default, description."""
    defaults = dict(_values(Settings()))
    return [(key, defaults[key], field.description or "") for key, field in _fields().items()]


def to_toml(settings: Settings) -> str:
    """The settings as TOML, every key with its description as a comment."""
    values = dict(_values(settings))
    lines = [
        "# Settings of tilebrush. It reads ./pipeline.toml, or the file named with --config;",
        "# any key can be left out, and --set KEY=VALUE overrides it.",
    ]
    table = ""
    for key, field in _fields().items():
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
