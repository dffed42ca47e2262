"""Results as text for people and as JSON for programs.

Any dataclass can be shown. The names of its fields say how: what ends in `seconds` is a duration,
`bytes` an amount, `share` a percentage, `kwh` energy, `grams` a mass; sequences of dataclasses are
tables. A result may have a `headline`, a property that is printed first, or a `document`, which is
printed as it is and instead of all else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from typing import Any

from pipeline.config import units

_UNITS = {"kwh": "kWh", "watts": "W", "grams": "g", "px": "px", "dpi": "dpi", "megapixels": "MP"}


def one_line(text: str) -> str:
    """`text` without line breaks and control characters, which could redraw a terminal."""
    joined = " ".join(text.split())
    if joined.isprintable():
        return joined
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in joined
    )


def as_json(result: object) -> str:
    """A result as one JSON object; numbers that are not finite become null."""
    return json.dumps(_plain(result), indent=1, allow_nan=False) + "\n"


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def as_text(result: object) -> str:
    """A result as lines of text: a headline, names with values, then tables."""
    if isinstance(result, Sequence) and not isinstance(result, str):
        return _joined(_table(result))
    document = getattr(result, "document", None)
    if document is not None:
        return str(document)
    headline = getattr(result, "headline", None)
    lines = [one_line(str(headline))] if headline else []
    simple, tables = _parts(result)
    width = max((len(name) for name in simple), default=0)
    lines += [f"{name:<{width}}  {value}".rstrip() for name, value in simple.items()]
    for name, rows in tables.items():
        lines += ["", f"{name}:", *(f"  {line}" for line in _table(rows))]
    return _joined(lines)


def _joined(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _parts(result: object) -> tuple[dict[str, str], dict[str, Sequence[object]]]:
    simple: dict[str, str] = {}
    tables: dict[str, Sequence[object]] = {}
    for name, value in _items(result):
        if isinstance(value, list | tuple) and value and _is_table(value):
            tables[_label(name)] = value
        elif value is not None and value != () and value != [] and value != "":
            simple[_label(name)] = _shown(name, value)
    return simple, tables


def _items(result: object) -> list[tuple[str, Any]]:
    if is_dataclass(result) and not isinstance(result, type):
        return [(field.name, getattr(result, field.name)) for field in fields(result)]
    if isinstance(result, Mapping):
        return [(str(key), value) for key, value in result.items()]
    return [("result", result)]


def _is_table(values: Sequence[object]) -> bool:
    # Several texts are easier to read one a line.
    texts = len(values) > 1 and isinstance(values[0], str)
    return texts or _has_columns(values[0])


def _has_columns(value: object) -> bool:
    # A class with a __str__ of its own, such as Size, is a value and not a row.
    return is_dataclass(value) and type(value).__str__ is object.__str__


def _table(rows: Sequence[object]) -> list[str]:
    if not rows or not _has_columns(rows[0]):
        return [one_line(str(row)) for row in rows]
    names = [name for name, _ in _items(rows[0])]
    cells = [[_label(name) for name in names]]
    cells += [[_shown(name, value) for name, value in _items(row)] for row in rows]
    numeric = [
        all(isinstance(getattr(row, name), int | float | None) for row in rows) for name in names
    ]
    widths = [max(len(row[i]) for row in cells) for i in range(len(names))]

    def line(row: list[str]) -> str:
        padded = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        )
        return "  ".join(padded).rstrip()

    return [line(row) for row in cells]


def _label(name: str) -> str:
    """A field's name for people; units that its value shows are dropped."""
    words = name.split("_")
    if len(words) > 1 and _unit(name) in (*_UNITS, "seconds", "bytes", "share"):
        words = words[:-1]
    return " ".join(words)


def _unit(name: str) -> str:
    """The unit that a field's name ends in; that of a rate, such as `price_per_kwh`, is none."""
    rest, _, unit = name.rpartition("_")
    return "" if rest.endswith("per") else unit


def _shown(name: str, value: object) -> str:
    unit = _unit(name)
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(unit, value)
    if isinstance(value, Mapping):
        return ", ".join(f"{one_line(str(key))} {_shown('', item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_shown(name, item) for item in value)
    if _has_columns(value):
        return _shown(name, asdict(value))  # type: ignore[call-overload]
    return one_line(str(value))


def _number(unit: str, value: float) -> str:
    if not math.isfinite(value):
        return "unknown"
    if unit == "seconds":
        return units.duration(value)
    if unit == "bytes":
        return units.amount(value)
    if unit == "share":
        return f"{100 * value:.0f} %"
    text = f"{value}" if isinstance(value, int) else f"{value:.4g}"
    return f"{text} {_UNITS[unit]}" if unit in _UNITS else text
