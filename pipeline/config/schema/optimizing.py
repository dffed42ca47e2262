"""The settings of what level 0 starts from, and of how the loss goes down."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.config.schema.section import Section, with_


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
