"""What all tables of settings have in common, and what their fields may say of themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator
from pydantic.fields import FieldInfo

from stages.errors import UsageError

# Numbers with bounds that several tables have.
Iterations = Annotated[int, Field(ge=1, le=100_000)]
Share = Annotated[float, Field(ge=0, le=1e9)]
Tooth = Annotated[float, Field(ge=0, le=1)]
Comb = Annotated[int, Field(ge=0, le=3)]
Softness = Annotated[float, Field(ge=0, le=10)]

_NEEDS = "needs"


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


def with_(key: str, *values: object) -> dict[str, Any]:
    """For `json_schema_extra`: the field has an effect only if setting `key` is one of `values`."""
    return {_NEEDS: (key, values)}


def needs(field: FieldInfo) -> tuple[str, Sequence[object]] | None:
    """The setting that a field needs, and the values of it; None if it always counts."""
    extra = field.json_schema_extra
    found = extra.get(_NEEDS) if isinstance(extra, dict) else None
    return found if isinstance(found, tuple) else None
