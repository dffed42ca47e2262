"""The settings of the network that features are read of, and of its form."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.schema.section import Section, with_


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


class EncoderSettings(Section):
    """The network whose features say what content and style are."""

    name: str = Field(
        default="bundled",
        min_length=1,
        description="name of the encoder; `tilebrush encoders` lists them",
    )
    weights: str = Field(
        default="",
        description="file with the encoder's weights, relative to this file; empty: where they are "
        "looked for by name",
    )
