"""Dataclasses of options as parameters of commands."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """`command` with every dataclass parameter replaced by the dataclass' fields."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in hints.items() if is_dataclass(kind)}
    plain, shared = [], []
    for name, parameter in inspect.signature(command).parameters.items():
        if name in groups:
            shared += _parameters(groups[name])
        else:
            plain.append(
                parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
            )

    @functools.wraps(command)
    def called(**values: Any) -> None:
        for name, kind in groups.items():
            own = {item.name: values.pop(item.name) for item in fields(kind)}
            values[name] = kind(**own)
        command(**values)

    parameters = [*plain, *shared]
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {each.name: each.annotation for each in parameters}
    # Typer follows __wrapped__ back to the function that it must not see.
    del called.__wrapped__
    return called


def _parameters(kind: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(kind, include_extras=True)
    return [
        inspect.Parameter(
            item.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=item.default,
            annotation=hints[item.name],
        )
        for item in fields(kind)
    ]
