"""Settings of how a picture is found: what it starts from, losses, optimizer, the network's form.

The defaults are Tilebrush's own; the other choices are those of published methods, which recipes
put together. Sources and constants are in `stages.nst.terms`, `published` and `optimizers`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.config.section import Section, with_

Weight = Annotated[float, Field(ge=-1e12, le=1e12)]
LayerName = Annotated[str, Field(pattern=r"^(all|relu[1-9]_[1-9])$")]


class StartSettings(Section):
    """What level 0 starts from."""

    kind: Literal["photo", "painting", "grey", "noise", "mixed"] = Field(
        default="photo",
        description='"photo", "painting" (squeezed to the picture), "grey" (the ground alone), '
        '"noise" on the ground, or "mixed": noise on ground and photo',
    )
    ground: Literal["grey", "mean"] = Field(
        default="mean",
        description='half grey, or the mean colour that the network takes off ("mean")',
        json_schema_extra=with_("start.kind", "grey", "noise", "mixed"),
    )
    photo: float = Field(
        default=0.4,
        ge=0,
        le=1,
        description="share of the photo over the ground",
        json_schema_extra=with_("start.kind", "mixed"),
    )
    noise: Literal["uniform", "normal"] = Field(
        default="uniform",
        description="how the noise is spread; a place's noise depends on the seed alone, not on "
        "tiles",
        json_schema_extra=with_("start.kind", "noise", "mixed"),
    )
    amount: float = Field(
        default=0.5,
        ge=0,
        le=10,
        description="how much noise, as a share of white: the most with uniform noise, the "
        "standard deviation with normal noise",
        json_schema_extra=with_("start.kind", "noise", "mixed"),
    )


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


class OptimizerSettings(Section):
    """How the loss goes down."""

    name: Literal["lbfgs", "lbfgs-plain", "lbfgs-search", "adam", "sgd", "rmsprop"] = Field(
        default="lbfgs",
        description='"lbfgs" needs far fewer iterations, "adam" less memory; "lbfgs-plain" is '
        'torch\'s without a line search, "lbfgs-search" scipy\'s with one, "sgd" plain steps',
    )
    history: int = Field(
        default=10,
        ge=1,
        le=100,
        description='steps that L-BFGS remembers, of "lbfgs" at most 10; each takes two canvases',
        json_schema_extra=with_("optimizer.name", "lbfgs", "lbfgs-plain"),
    )
    step: float = Field(
        default=1.0,
        gt=0,
        le=10,
        description="step length of L-BFGS; 1 is its own choice",
        json_schema_extra=with_("optimizer.name", "lbfgs"),
    )
    evaluations: int = Field(
        default=20,
        ge=2,
        le=100_000,
        description="iterations after which the search begins anew",
        json_schema_extra=with_("optimizer.name", "lbfgs-search"),
    )
    rate: float = Field(
        default=0.02,
        gt=0,
        le=1e6,
        description="learning rate, in colour units, of which white has as many as white says",
        json_schema_extra=with_("optimizer.name", "adam", "sgd", "rmsprop"),
    )
    schedule: Literal["cosine", "constant", "exponential"] = Field(
        default="cosine",
        description="how the rate goes down: half a cosine, not at all, or to decay times itself "
        "in decay_steps iterations",
        json_schema_extra=with_("optimizer.name", "adam", "sgd", "rmsprop"),
    )
    decay: float = Field(
        default=0.96,
        gt=0,
        le=1,
        description="of the rate, see schedule",
        json_schema_extra=with_("optimizer.schedule", "exponential"),
    )
    decay_steps: int = Field(
        default=100,
        ge=1,
        le=1_000_000,
        description="iterations, see schedule",
        json_schema_extra=with_("optimizer.schedule", "exponential"),
    )
    beta1: float = Field(
        default=0.9,
        ge=0,
        lt=1,
        description="of Adam: how slowly it forgets gradients",
        json_schema_extra=with_("optimizer.name", "adam"),
    )
    beta2: float = Field(
        default=0.99,
        ge=0,
        lt=1,
        description="how slowly squares of gradients are forgotten; in the first iterations they "
        "change fast",
        json_schema_extra=with_("optimizer.name", "adam", "rmsprop"),
    )
    epsilon: float = Field(
        default=1e-8,
        gt=0,
        le=1,
        description="what keeps roots of squares from zero",
        json_schema_extra=with_("optimizer.name", "adam", "rmsprop"),
    )
    epsilon_to: Literal["corrected", "plain"] = Field(
        default="corrected",
        description="which root of Adam epsilon is added to: the one corrected for its beginning, "
        "as torch, or the one as it is, as TensorFlow 1, Keras and torch7",
        json_schema_extra=with_("optimizer.name", "adam"),
    )
    white: float = Field(
        default=1.0,
        gt=0,
        le=1000,
        description="what white less black is to the optimizer and to total variations: 1, 255 or "
        "256, as the network is shown pixels",
    )
    brush: Literal["strokes", "pixels"] = Field(
        default="strokes",
        description='what it moves: broad strokes before fine ones, or single "pixels", as all '
        "published methods",
    )
    keep: Literal["best", "last", "average"] = Field(
        default="best",
        description='what is kept: the pixels of least loss, the last, or an average ("lbfgs" '
        "keeps the best)",
        json_schema_extra=with_(
            "optimizer.name", "lbfgs-plain", "lbfgs-search", "adam", "sgd", "rmsprop"
        ),
    )
    average: float = Field(
        default=0.99,
        gt=0,
        lt=1,
        description="how much less each step counts than the next in the average",
        json_schema_extra=with_("optimizer.keep", "average"),
    )
    clip: Literal["end", "steps"] = Field(
        default="end",
        description="when pixels are clipped to black and white: at the end, or after every step "
        '("lbfgs" at the end)',
        json_schema_extra=with_("optimizer.name", "adam", "sgd", "rmsprop"),
    )


class NetworkSettings(Section):
    """The form in which an encoder's network is used."""

    made_for: Literal["any", "caffe", "torchvision"] = Field(
        default="any",
        description="the weights of vgg19 and vgg16 that the losses' constants are made for: "
        'those of Oxford\'s Caffe networks, from a file named with encoder.weights ("caffe"), or '
        "torchvision's. With other weights or encoders, which stand in for them, input is their "
        "own, of other encoders pooling and padding too, and features are multiplied by stand_in",
    )
    input: Literal[
        "own", "caffe", "caffe-swapped", "caffe-256", "imagenet", "0-to-1", "0-to-255"
    ] = Field(
        default="own",
        description="what the network is shown: what it was made for, blue, green, red from 0 to "
        '255 less a mean ("caffe"; the mean\'s red and blue swapped; or times 256/255), the mean '
        "and spread of ImageNet, or bare pixels",
    )
    stand_in: tuple[Annotated[float, Field(gt=0, le=1e6)], ...] = Field(
        default=(1.0,),
        min_length=1,
        description="what features are multiplied by where another network stands in, one number "
        "per block of layers, so that they weigh about as much as those of the one in made_for; "
        "the last repeats. Those of recipes for Caffe's networks come from losses that Johnson's "
        "program prints",
        json_schema_extra=with_("network.made_for", "caffe", "torchvision"),
    )
    pooling: Literal["own", "max", "average", "l2"] = Field(
        default="own",
        description="how features are halved: as the encoder does, or over 2x2 by their largest, "
        'mean, or the root of their squares\' sum ("l2")',
    )
    pooling_gain: float = Field(
        default=1.0,
        gt=0,
        le=100,
        description="what pooled features are multiplied by",
        json_schema_extra=with_("network.pooling", "max", "average", "l2"),
    )
    odd: Literal["floor", "ceil"] = Field(
        default="floor",
        description="what is halved of odd sizes: all but the last row and column, or these too",
        json_schema_extra=with_("network.pooling", "max", "average", "l2"),
    )
    padding: Literal["reflect", "zero", "replicate"] = Field(
        default="reflect",
        description="what lies beyond the picture: its reflection, nothing, or its edge to the "
        "first convolution and nothing to the others",
    )
