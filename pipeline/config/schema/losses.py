"""The settings of the terms of the loss."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.config.schema.section import Section, with_

Weight = Annotated[float, Field(ge=-1e12, le=1e12)]
LayerName = Annotated[str, Field(pattern=r"^(all|relu[1-9]_[1-9])$")]


class LossSettings(Section):
    """The terms of the loss; their weights are those of [style]."""

    style: Literal["relative", "gram", "gram-1", "gram+spread", "wasserstein", "neighbours"] = (
        Field(
            default="relative",
            description='what of the painting is matched: "relative" is Tilebrush\'s own, see '
            'style.statistics; "gram" absolute Gram matrices, "gram-1" those of features less one, '
            '"gram+spread" with means and standard deviations, "wasserstein" means and covariances '
            '(Wasserstein-2), "neighbours" each place the nearest of the painting (display only)',
        )
    )
    norm: Literal["paper", "chollet", "mean", "mean-n"] = Field(
        default="paper",
        description="constant of a layer of N channels: 1/(4 N^2), of undivided matrices over "
        '36 times the image\'s px squared ("chollet"), 1/N^2 ("mean"), 1/N^4 ("mean-n")',
        json_schema_extra=with_("losses.style", "gram", "gram-1", "gram+spread"),
    )
    spread: float = Field(
        default=10.0,
        ge=0,
        le=1e9,
        description="weight of means and standard deviations beside that of Gram matrices",
        json_schema_extra=with_("losses.style", "gram+spread"),
    )
    style_layers: tuple[LayerName, ...] = Field(
        default=(),
        description='layers that the style is read of, such as relu1_1, or "all"; empty: the '
        "encoder's own with their weights. One that an encoder lacks is mapped to the one before",
    )
    layer_weights: tuple[Weight, ...] = Field(
        default=(),
        description="one number per style layer; empty: by layering",
    )
    layering: Literal["equal", "geometric", "chained"] = Field(
        default="equal",
        description="weights of style layers: equal or each layer_ratio times the one before "
        '("geometric"), adding up to one; or differences of neighbours ("chained")',
    )
    layer_ratio: float = Field(
        default=2.0,
        gt=0,
        le=100,
        description="of a layer's weight to the one before",
        json_schema_extra=with_("losses.layering", "geometric", "chained"),
    )
    content: Literal["relative", "half", "sum", "mean", "quarter", "root", "image"] = Field(
        default="relative",
        description="how the photo's features are held: relative to their own size, or sums of "
        'squared differences times 1/2, 1, 1/(N M) ("mean"), 1/(4 N M), 1/(2 sqrt(N P)), 1/(N P); '
        "N channels, M places, P px",
    )
    content_layers: tuple[LayerName, ...] = Field(
        default=(), description="layers that the photo is held by; empty: the encoder's own"
    )
    variation: Literal["second", "chollet", "half-square", "nine", "none"] = Field(
        default="second",
        description="what style.smooth_weight weighs: second differences, or the total variations "
        "of Chollet, Johnson and crowsonkb",
    )
    query_photo: float = Field(
        default=0.75,
        ge=0,
        le=1,
        description="share of the photo, and not of the canvas, in what is looked up",
        json_schema_extra=with_("losses.style", "neighbours"),
    )
    splitting: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="share of the last scale's iterations in which each layer is matched by itself",
        json_schema_extra=with_("losses.style", "neighbours"),
    )
    patches: float = Field(
        default=0.0,
        ge=0,
        le=1e9,
        description="weight of a Markov random field: patches of features near to the painting's "
        "nearest (display only)",
        json_schema_extra=with_(
            "losses.style", "relative", "gram", "gram-1", "gram+spread", "wasserstein"
        ),
    )
    patch_layers: tuple[LayerName, ...] = Field(
        default=(), description="layers whose patches count, out of content_layers; empty: all"
    )
    patch_size: int = Field(default=3, ge=1, le=7, description="positions to a side of a patch")
    histogram: float = Field(
        default=0.0,
        ge=0,
        le=1e9,
        description="weight of histograms beside style: each channel's values are drawn to the "
        "painting's distribution of them, relative to their own size (Risser et al. 2017). Over "
        "tiles too; takes about twice the time. 0: none",
        json_schema_extra=with_(
            "losses.style", "relative", "gram", "gram-1", "gram+spread", "wasserstein"
        ),
    )
    sliced: float = Field(
        default=0.0,
        ge=0,
        le=1e9,
        description="weight of the sliced Wasserstein distance beside style: the same along twice "
        "as many directions as channels (Heitz et al. 2021), in three times the time; with "
        "style.weight=0 it stands alone",
        json_schema_extra=with_(
            "losses.style", "relative", "gram", "gram-1", "gram+spread", "wasserstein"
        ),
    )
    range_weight: float = Field(
        default=10.0,
        ge=0,
        le=1e9,
        description="weight of what lies outside black and white; 0: pixels go where they like "
        "and are clipped",
    )

    @model_validator(mode="after")
    def _weights_need_layers(self) -> LossSettings:
        if self.layer_weights and len(self.layer_weights) != len(self.style_layers):
            raise ValueError(
                f"layer_weights has {len(self.layer_weights)} numbers for "
                f"{len(self.style_layers)} style_layers; give one for each"
            )
        if "all" in self.content_layers or (
            "all" in self.style_layers and len(self.style_layers) > 1
        ):
            raise ValueError('"all" stands alone in style_layers')
        if not set(self.patch_layers) <= set(self.content_layers):
            raise ValueError("patch_layers must be among content_layers")
        return self

    @property
    def sketches(self) -> tuple[str, ...]:
        """The distributions of features that losses want, by their names."""
        if self.style == "neighbours":
            return ()
        return tuple(name for name in ("histogram", "sliced") if getattr(self, name) > 0)

    @property
    def display_only(self) -> str:
        """Why these losses work at display size only; empty if they work on tiles too."""
        if self.style == "neighbours" or self.patches:
            return "its loss compares every place with every place of the painting"
        return ""
