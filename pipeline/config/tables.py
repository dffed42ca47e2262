"""TOML files as tables of settings: read, and their keys checked against those that there are."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.config.fields import all_fields
from pipeline.config.masking import parse_mask
from stages.errors import UsageError

CONFIG_NAME = "pipeline.toml"
Tables = dict[str, Any]
# Settings that may name a file, and how its name ends if it does; without one, it always is.
FILES = {
    "encoder.name": (".safetensors",),
    "encoder.weights": (),
    "colour.mask": (),
    "style.masks": (),
    "style.maps": (),
    "print.profile": (".icc", ".icm"),
    "print.soft_proof": (".icc", ".icm"),
}


def read(path: Path) -> Tables:
    """The tables of a TOML file.

    Raises:
        UsageError: It cannot be read, in one line.
    """
    try:
        # Some editors begin a file with a byte order mark; TOML does not allow it.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not valid TOML: {error}; correct that line") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text ({error.reason}); save it as UTF-8") from None
    except (ValueError, RecursionError):  # numbers of thousands of digits, tables in tables
        raise UsageError(f"{path} holds a number or table too large to read") from None
    except OSError as error:
        raise UsageError(
            f"cannot read settings from {path}: {error.strerror}; name a readable file"
        ) from None


def flat(tables: Tables) -> Iterator[str]:
    """The dotted keys of tables."""
    for name, value in tables.items():
        if isinstance(value, dict):
            yield from (f"{name}.{key}" for key in value)
        else:
            yield name


def check_keys(tables: Tables, where: str) -> None:
    """Refuse keys and tables that there are not; `where` is the file that holds them.

    Raises:
        UsageError: One is unknown, with the near one that may be meant.
    """
    known = all_fields()
    sections = {key.split(".")[0] for key in known if "." in key}
    for name, value in tables.items():
        if name in sections and not isinstance(value, dict):
            raise UsageError(f"{name!r} in {where} must be a table: [{name}] on a line of its own")
        if isinstance(value, dict) and name not in sections:
            close = difflib.get_close_matches(name, sections, 1)
            hint = f"; did you mean [{close[0]}]?" if close else f"; known are {sorted(sections)}"
            raise UsageError(f"unknown table [{name}] in {where}{hint}")
    for key in flat(tables):
        if key not in known:
            raise UsageError(unknown(key, known, f" in {where}"))


def unknown(key: str, known: Mapping[str, object], where: str) -> str:
    """What to say of a setting that there is not."""
    close = difflib.get_close_matches(key, known, 1)
    if not close:  # perhaps the right name in the wrong table, or in none
        leaf = key.rsplit(".", 1)[-1]
        close = [other for other in known if other.rsplit(".", 1)[-1] == leaf][:1]
    hint = f"did you mean {close[0]!r}?" if close else f"{CONFIG_NAME} lists them all"
    return f"unknown setting {key!r}{where}; {hint}"


def anchor_files(tables: Tables, folder: Path) -> None:
    """Make the files that settings name absolute: a run can then be resumed from any folder."""
    for key, suffixes in FILES.items():
        table, _, leaf = key.rpartition(".")
        section = tables.get(table, {})
        name = section.get(leaf) if isinstance(section, dict) else None
        if isinstance(name, list | tuple):
            section[leaf] = [_anchored(key, each, folder) for each in name]
        if isinstance(name, str) and name and (not suffixes or name.lower().endswith(suffixes)):
            try:
                path = folder / Path(name).expanduser()
            except (RuntimeError, ValueError) as error:  # no such user; a null byte
                raise UsageError(
                    f"{key} is {name!r:.60}; no file has such a name ({error})"
                ) from None
            section[leaf] = str(path)


def _anchored(key: str, mask: object, folder: Path) -> object:
    """A mask or map with its files absolute; what is none is left to the schema to refuse."""
    try:
        return str(parse_mask(str(mask)).anchored(folder))
    except UsageError:
        return mask
    except (RuntimeError, ValueError) as error:
        raise UsageError(f"{key} is {mask!r:.60}; no file has such a name ({error})") from None
