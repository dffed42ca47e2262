"""How the settings have an encoder's network used, and what stands in for a published one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.config import recipe as recipes
from pipeline.config.load import Settings
from pipeline.console.console import Console
from stages.errors import UsageError

if TYPE_CHECKING:
    from stages.nst.network import Architecture
    from stages.nst.published.use import Use

_VGG = ("vgg16", "vgg19")


def stands_in(settings: Settings) -> bool:
    """Whether other weights than those that the losses' constants are made for are used."""
    wanted, encoder = settings.network.made_for, settings.encoder
    if wanted == "any":
        return False
    return encoder.name not in _VGG or (wanted == "caffe" and not encoder.weights)


def use(settings: Settings) -> Use:
    """What the settings choose of the network."""
    from stages.nst.published.form import Form
    from stages.nst.published.layering import Layering
    from stages.nst.published.use import Use

    network, losses, other = settings.network, settings.losses, stands_in(settings)
    # A network that was made with another pooling sees noise through the published one.
    apart = other and settings.encoder.name not in _VGG
    return Use(
        layering=Layering(
            style=losses.style_layers,
            weighing="given" if losses.layer_weights else losses.layering,
            weights=losses.layer_weights,
            ratio=losses.layer_ratio,
            content=losses.content_layers,
        ),
        input="own" if other else network.input,
        form=Form(
            pooling="own" if apart else network.pooling,
            pooling_gain=network.pooling_gain,
            odd=network.odd,
            padding="reflect" if apart else network.padding,
            gains=network.stand_in if other else (1.0,),
        ),
        sketches=losses.sketches,
    )


def design(settings: Settings) -> Architecture:
    """The encoder's architecture with the layers that the settings choose.

    Raises:
        UsageError: unknown encoder or layer.
    """
    from stages.nst import encoders
    from stages.nst.published.layering import layered

    return layered(encoders.architecture(settings.encoder.name), use(settings).layering)


def check_levels(settings: Settings) -> None:
    """Refuse a method on tiles that is none for them.

    Raises:
        UsageError: it works at display size only.
    """
    why = settings.losses.display_only
    if why:
        raise UsageError(
            f"recipe {settings.recipe} works at display size only, because {why}; use tilebrush "
            "display, or change losses.style and losses.patches"
        )


def tell(settings: Settings, console: Console) -> None:
    """Say in a line what stands in for the network and the layers of a recipe.

    Raises:
        UsageError: masks or maps, with a method that knows none.
    """
    why = settings.losses.display_only
    if why and (settings.style.masks or settings.style.maps):
        raise UsageError(
            f"recipe {settings.recipe} takes no masks or maps, because {why}; leave them out"
        )
    if settings.network == type(settings.network)() and settings.losses == type(settings.losses)():
        return  # nothing was asked of it, and torch may wait

    from stages.nst import encoders
    from stages.nst.published.layering import mapped

    plain = encoders.architecture(settings.encoder.name)
    found = [f"{a} -> {b}" for a, b in mapped(plain, use(settings).layering).items()]
    told = []
    if stands_in(settings):
        about = recipes.find(settings.recipe).about
        wanted = f"{about.network or 'VGG'} with {settings.network.made_for}'s weights"
        told.append(f"made for {wanted}, for which {settings.encoder.name} stands in")
    if found:
        told.append(f"layers mapped: {', '.join(found)}")
    if told:
        console.message(f"recipe {settings.recipe}: {'; '.join(told)}")
