"""docs/coming-from.md: every option of the known programs is there, and what it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.cli.app import app
from pipeline.config import recipe
from pipeline.config.fields import all_fields

PAGE = (Path(__file__).parents[1] / "docs" / "coming-from.md").read_text(encoding="utf-8")

FLAGS = {
    "Keras": "--iter --content_weight --style_weight --tv_weight",
    "titu1994": "--image_size --content_weight --style_weight --style_scale --num_iter --model "
    "--total_variation_weight --min_improvement --pool_type --content_layer --content_loss_type "
    "--init_image --preserve_color --color_mask --style_masks --content_mask --rescale_image "
    "--rescale_method --maintain_aspect_ratio --mask --hist_match --nlabels --style-image "
    "--style-mask --target-mask --content-image --target-image-prefix --img_size --tv_weight "
    "--region_style_weight --analogy-layers --mrf-layers --b-content-w",
    "Leon Gatys": "-max_iter -backend -gpu -seed -print_iter -save_iter -reflectance -mask_file",
    "jcjohnson": "-image_size -style_scale -num_iterations -init -init_image -pooling "
    "-style_blend_weights -content_layers -style_layers -gpu -backend -multigpu_strategy "
    "-content_weight -style_weight -tv_weight -optimizer -learning_rate -lbfgs_num_correction "
    "-normalize_gradients -original_colors -seed -print_iter -save_iter -cudnn_autotune "
    "-proto_file -model_file",
    "crowsonkb": "-o -sw -cw -tw --optimizer -ms -s -i -ii --save-every -ss -ad --init "
    "--style-scale-fac --style-size --pooling -r --devices --proof --web --host --port --browser",
    "bgalerne": "-c -s --results_root_dir --iterations_mode -d --rescale_mode "
    "--minimal_scale_threshold --wmeanstd --maxgpufit",
    "Kolkin": "--high_res --cpu --no_flip --content_loss --dont_colorize --alpha -gr -cpu",
}


def section(name: str) -> str:
    """The chapter whose heading has that name."""
    parts = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    return next(part for part in parts if name in part.splitlines()[0])


@pytest.mark.parametrize("program", FLAGS)
def test_every_option_has_its_line(program: str) -> None:
    text = section(program)
    lines = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")]
    told = {word for line in lines for word in re.findall(r"(?<![\w-])--?[\w-]+", line)}
    assert not set(FLAGS[program].split()) - told


def right_hand() -> list[str]:
    """What is named on the side of Tilebrush, and in the text."""
    found = []
    for line in PAGE.splitlines():
        text = line.split("|", 2)[2] if line.startswith("| ") else line
        found += re.findall(r"`([^`]+)`", text)
    return found


def test_every_setting_is_one() -> None:
    names = [re.match(r"([a-z_]+\.[a-z_]+)", text) for text in right_hand()]
    settings = {match[1] for match in names if match and not match[1].endswith((".py", ".md"))}
    sections = {key.split(".")[0] for key in all_fields()}
    mine = {key for key in settings if key.split(".")[0] in sections}
    assert len(mine) > 40
    assert not mine - all_fields().keys()


def test_every_recipe_is_one() -> None:
    named = re.findall(r"^Recipes?: (.*?)(?:\.(?:\s|$))", PAGE, re.MULTILINE | re.DOTALL)
    recipes = {name for text in named for name in re.findall(r"`([\w-]+)`", text)}
    assert len(recipes) >= 9
    assert not recipes - set(recipe.names())


def test_every_option_of_ours_is_one() -> None:
    import typer

    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    known = {option for c in commands.values() for p in c.params for option in p.opts}
    ours = {word for text in right_hand() for word in re.findall(r"--[a-z-]+", text)}
    assert not {word for word in ours if "_" not in word} - known
