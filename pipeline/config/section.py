"""What all tables of settings have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import AfterValidator, BaseModel, ConfigDict, field_validator

from stages.errors import UsageError


def checked(parse: Callable[[str], object], *, empty: bool) -> AfterValidator:
    """A validator that keeps the text as typed and only makes sure that `parse` reads it."""

    def check(text: str) -> str:
        if text or not empty:
            try:
                parse(text)
            except UsageError as error:
                # The caller names the key and its value itself.
                raise ValueError(str(error).split("; ", 1)[-1]) from error
        return text

    return AfterValidator(check)


class Section(BaseModel):
    """A table of settings: frozen, and no other keys than those named."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_booleans(cls, value: Any) -> Any:
        # Python counts true as 1; no setting here is a switch.
        if isinstance(value, bool):
            raise ValueError("true and false are no values of this setting")
        return value
