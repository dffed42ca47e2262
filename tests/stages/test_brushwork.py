"""A whole image in paint: what is the painting's own comes back, whatever became of it before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stages import brushwork, canvas, tasks
from stages.brushwork import Paint
from stages.canvas.files import Pixels
from stages.canvas.luminance import luminance
from stages.canvas.places.dictionary import Dictionary
from stages.measure import StyleImages
from stages.tiles import Size
from tests.stages.canvas.places.painting import painting, soft

PAINT = Paint(lines=1.0, strokes=1.0)


@pytest.fixture(scope="module")
def styles(tmp_path_factory: pytest.TempPathFactory) -> StyleImages:
    file = tmp_path_factory.mktemp("styles") / "style.npy"
    canvas.write(file, painting())
    return StyleImages((file,), (1.0,))


def like(image: Pixels, other: Pixels) -> float:
    """Correlation of the strokes of two images."""
    x, y = (luminance(one - soft(one, 3.0)).ravel() for one in (image, other))
    return float(np.corrcoef(x, y)[0, 1])


def test_a_painting_comes_back_from_whatever_was_made_of_it(styles: StyleImages) -> None:
    bent = painting(seed=5)  # as if an optimizer had laid all strokes anew
    found = brushwork.over(bent, painting(), painting(), styles, PAINT)
    assert found.own.mean() > 0.6
    assert like(found.pixels, painting()) > 0.8 > 0.3 > like(bent, painting())


def test_a_photo_is_painted_as_the_optimizer_left_it(styles: StyleImages) -> None:
    photo, made = soft(painting(seed=7), 4.0), painting(seed=5)
    found = brushwork.over(made, photo, photo, styles, replace(PAINT, lines=0.0))
    assert found.own.mean() < 0.05
    assert like(found.pixels, made) > 2 * abs(like(found.pixels, photo))


def test_a_dictionary_is_the_same_wherever_it_is_gathered(styles: StyleImages) -> None:
    here = brushwork.gathered(styles, Size(200, 150), 2.0, PAINT)

    def afar(
        asked: list[Callable[[], brushwork.GatherTask]],
    ) -> Iterator[tuple[int, Dictionary]]:
        for number, make in enumerate(asked):
            task = tasks.unpacked(tasks.packed(make()))
            yield number, tasks.unpacked(tasks.packed(task.gathered()))

    there = brushwork.gathered(styles, Size(200, 150), 2.0, PAINT, afar)
    for name in ("places", "keys", "relief", "home"):
        assert np.array_equal(getattr(here, name), getattr(there, name))
    for own, sent in zip(here.sheets, there.sheets, strict=True):
        assert np.array_equal(own.pixels, sent.pixels)
        assert np.array_equal(own.planes, sent.planes)


def test_only_a_canvas_that_is_the_print_is_damped(tmp_path: Path) -> None:
    canvas.write(tmp_path / "soft.npy", soft(painting(), 1.5))
    given = StyleImages((tmp_path / "soft.npy",), (1.0,))
    found = brushwork.gathered(given, Size(200, 150), 2.0, PAINT)
    assert brushwork.manner(found, PAINT).damping == 0
    assert brushwork.manner(found, replace(PAINT, damped=True)).damping > 0.1
