"""Settings: what is read, what is refused, and with which words."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import load as config
from pipeline.config import units
from pipeline.config.load import Settings
from stages.errors import TilebrushError, UsageError
from stages.tiles import Size

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No pipeline.toml in the current folder unless a test writes one."""
    monkeypatch.chdir(tmp_path)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "some.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_committed_file_is_generated_from_the_settings() -> None:
    assert (ROOT / "pipeline.toml").read_text(encoding="utf-8") == config.to_toml(Settings())


def test_the_generated_file_reads_back_as_what_it_was_made_from(tmp_path: Path) -> None:
    settings = config.load(
        None,
        {
            "print.paper": "40x30cm",
            "style.weights": "0.5,2",
            "energy.currency": 'Kč "x" \\',
            "run.seed": str(2**63 - 1),
            "encoder.weights": "/some/where.safetensors",
            "run.memory": "2GB",
        },
    )
    assert config.load(written(tmp_path, config.to_toml(settings))) == settings


def test_defaults_without_any_file() -> None:
    assert config.load(None) == Settings()


def test_the_file_in_the_current_folder_is_read() -> None:
    Path("pipeline.toml").write_text("[tiles]\ncore = 256\n")
    assert config.load(None).tiles.core == 256


def test_a_named_file_goes_before_the_one_in_the_folder(tmp_path: Path) -> None:
    Path("pipeline.toml").write_text("[tiles]\ncore = 256\n")
    tiles = config.load(written(tmp_path, "[tiles]\nhalo = 32\n")).tiles
    assert (tiles.core, tiles.halo) == (704, 32)


def test_options_go_before_the_file_and_none_means_not_given(tmp_path: Path) -> None:
    path = written(tmp_path, "[tiles]\ncore = 256\nhalo = 32\n")
    tiles = config.load(path, {"tiles.core": "1024", "tiles.halo": None}).tiles
    assert (tiles.core, tiles.halo) == (1024, 32)


@pytest.mark.parametrize(
    ("text", "value"),
    [("2,3", (2, 3)), ("[2, 3]", (2, 3)), (" 4 ", (4,))],
)
def test_lists_on_the_command_line(text: str, value: tuple[int, ...]) -> None:
    assert config.load(None, {"levels.sweeps": text}).levels.sweeps == value


def test_text_that_looks_like_a_number_stays_text() -> None:
    assert config.load(None, {"encoder.name": "123"}).encoder.name == "123"


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"tiles.cor": "3"}, ["'tiles.cor'", "did you mean 'tiles.core'"]),
        ({"core": "512"}, ["'core'", "tiles.core"]),
        ({"nonsense": "1"}, ["'nonsense'", "pipeline.toml"]),
        ({"tiles.core": "300"}, ["tiles.core is 300", "multiple of 16"]),
        ({"tiles.core": "many"}, ["tiles.core is 'many'", "integer"]),
        ({"tiles.overlap": "512"}, ["overlap is 512 px", "core 704 px", "quarter"]),
        ({"levels.sweeps": "2,0"}, ["levels.sweeps", "'0'", "greater than or equal to 1"]),
        ({"levels.iterations": ""}, ["levels.iterations is []", "at least 1 item"]),
        ({"levels.max_ratio": "1"}, ["levels.max_ratio is 1", "1.1"]),
        ({"print.size": "6000"}, ["print.size is '6000'", "WIDTHxHEIGHT"]),
        ({"print.size": "99999x99999"}, ["megapixels"]),
        ({"print.paper": "B4"}, ["'B4'", "40x30cm", "A0 to A6"]),
        ({"print.bleed": "3"}, ["print.bleed is '3'", "3mm"]),
        ({"print.border": "1mm,2mm,3mm"}, ["print.border", "four"]),
        ({"print.crop": "up"}, ["print.crop is 'up'", "X,Y"]),
        ({"print.border_colour": "beige"}, ["'beige'", "#f4efe6"]),
        ({"print.fit": "stretch"}, ["'stretch'", "'contain' or 'cover'"]),
        ({"print.bits": "12"}, ["print.bits is 12", "8 or 16"]),
        ({"run.seed": "true"}, ["run.seed is True"]),
        ({"run.seed": "-1"}, ["run.seed is -1"]),
        ({"run.memory": "lots"}, ["'lots'", "2GB"]),
        ({"run.budget": "soon"}, ["'soon'", "36h"]),
        ({"style.weight": "nan"}, ["style.weight is nan", "finite"]),
        ({"style.weight": "1e400"}, ["style.weight is inf"]),
        ({"style.weights": "0,0"}, ["style.weights", "above zero"]),
        ({"encoder.name": ""}, ["encoder.name is ''"]),
        ({"print.dpi": "300\nprint.bits=8"}, ["print.dpi"]),
    ],
)
def test_what_is_refused_and_in_which_words(overrides: dict[str, str], words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        config.load(None, overrides)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tiles]\ncor = 3\n", ["'tiles.cor'", "some.toml", "'tiles.core'"]),
        ("[tile]\ncore = 512\n", ["[tile]", "some.toml", "[tiles]"]),
        ("tiles = 3\n", ["'tiles'", "table"]),
        ("[tiles]\ncore = -16\n", ["tiles.core in", "some.toml is -16"]),
        ("[tiles]\noverlap = 512\n", ["some.toml", "quarter"]),
        ("[tiles]\ncore = 2020-01-01\n", ["tiles.core"]),
        ("[tiles\ncore = 512\n", ["some.toml", "line 1"]),
        ("quality = standard\n", ["some.toml", "line 1"]),
        ("[print]\nsize = 6000\n", ["print.size", "is 6000", "string"]),
        ("[quality]\nx = 1\n", ["quality"]),
    ],
)
def test_what_is_refused_in_a_file(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        config.load(written(tmp_path, text))
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_an_option_that_is_wrong_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        config.load(written(tmp_path, "[tiles]\ncore = 256\n"), {"tiles.core": "300"})
    assert "some.toml" not in str(caught.value)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9\n")
    for path in (tmp_path / "none.toml", tmp_path, tmp_path / "latin.toml"):
        with pytest.raises(UsageError, match=path.name):
            config.load(path)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "notepad.toml"
    path.write_bytes(b"\xef\xbb\xbf[tiles]\r\ncore = 256\r\n")
    assert config.load(path).tiles.core == 256


def test_weights_are_found_from_any_folder(tmp_path: Path) -> None:
    folder = tmp_path / "conf"
    folder.mkdir()
    path = folder / "p.toml"
    path.write_text('[encoder]\nweights = "w.safetensors"\n')
    assert config.load(path).encoder.weights == str(folder / "w.safetensors")
    here = config.load(path, {"encoder.weights": "v.safetensors"})
    assert here.encoder.weights == str(tmp_path / "v.safetensors")
    own = config.load(None, {"encoder.name": "own.safetensors"})
    assert own.encoder.name == str(tmp_path / "own.safetensors")


def test_override_keeps_the_rest() -> None:
    settings = config.load(None, {"tiles.core": "256", "style.weights": "1,2"})
    changed = config.override(settings, {"tiles.halo": "32"})
    assert (changed.tiles.core, changed.tiles.halo, changed.style.weights) == (256, 32, (1, 2))
    with pytest.raises(UsageError, match=r"tiles\.core"):
        config.override(settings, {"tiles.core": "3"})


def test_print_size_from_size_and_from_paper() -> None:
    assert config.print_size(Settings()) == Size(6000, 4500)
    paper = config.load(None, {"print.paper": "40x30cm", "print.size": "100x100"})
    assert config.print_size(paper) == Size(6000, 4500)


def test_style_weights_add_up_to_one_and_are_one_per_image() -> None:
    assert config.style_weights(Settings(), 2) == (0.5, 0.5)
    settings = config.load(None, {"style.weights": "1,3"})
    assert config.style_weights(settings, 2) == (0.25, 0.75)
    with pytest.raises(UsageError, match="2 numbers for 3 style images"):
        config.style_weights(settings, 3)


def test_presets_scale_iterations_once() -> None:
    draft = config.apply_preset(config.load(None, {"quality": "draft"}))
    assert draft.display.iterations == (40, 27, 13)
    assert config.apply_preset(draft) == draft
    assert config.apply_preset(Settings()) == Settings()
    asked = {"quality": "draft", "levels.iterations": "1", "style.matching": "moments"}
    one = config.load(None, asked)
    assert config.apply_preset(one).levels.iterations == (1,)


def test_a_name_that_breaks_lines_is_told_in_one() -> None:
    with pytest.raises(TilebrushError) as caught:
        config.from_record({"\n": None})
    assert "\n" not in str(caught.value)


def test_records_read_back() -> None:
    settings = config.load(None, {"style.weights": "1,2", "quality": "fine"})
    assert config.from_record(config.to_record(settings)) == settings
    for damaged in ({"tiles": {"core": 3}}, {"unknown": 1}, None, []):
        with pytest.raises(TilebrushError) as caught:
            config.from_record(damaged)
        assert caught.value.exit_code == 1


def test_differences_name_what_changes_the_picture_only() -> None:
    new = config.load(None, {"tiles.core": "256", "run.threads": "2", "energy.watts": "65"})
    assert config.differences(Settings(), new) == ["tiles.core: 704 -> 256"]


def test_every_setting_is_described() -> None:
    described = config.describe()
    assert len(described) == len({key for key, _, _ in described})
    assert all(len(text) > 10 for _, _, text in described)
    assert ("tiles.core", 704) in [(key, default) for key, default, _ in described]
    tables = tomllib.loads(config.to_toml(Settings()))
    assert sum(len(v) if isinstance(v, dict) else 1 for v in tables.values()) == len(described)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().tiles.core = 3  # type: ignore[misc]


@given(st.integers(16, 30_000), st.integers(16, 30_000))
def test_sizes_read_back(width: int, height: int) -> None:
    size = Size(width, height)
    assert config.parse_size(str(size)) == size
    assert config.parse_size(f" {width} X {height}px ") == size


@pytest.mark.parametrize(
    "text", ["", "x", "10", "0x0", "-6000x4500", "6e3x4500", "6000x4500x3", "15x4000", "6000:4500"]
)
def test_sizes_that_are_none(text: str) -> None:
    with pytest.raises(UsageError):
        config.parse_size(text)


def test_memory() -> None:
    assert config.parse_memory("2GB") == 2 * 10**9
    assert config.parse_memory("1.5 GiB") == 3 * 2**29
    assert config.parse_memory("800m") == 800 * 10**6
    assert config.parse_memory("4096") == 4096
    for text in ("", "0", "GB", "-2GB", "2XB", "3ib"):
        with pytest.raises(UsageError):
            config.parse_memory(text)


def test_durations() -> None:
    assert config.parse_duration("36h") == 36 * 3600
    assert config.parse_duration("1d 12h") == 36 * 3600
    assert config.parse_duration("90min") == config.parse_duration("1.5H") == 5400
    for text in ("", "36", "h", "-1h", "0h", "1w"):
        with pytest.raises(UsageError):
            config.parse_duration(text)


@given(st.floats(min_value=0, max_value=1e12))
def test_any_duration_can_be_shown(seconds: float) -> None:
    assert units.duration(seconds)


@given(st.floats(min_value=0, max_value=1e18))
def test_any_amount_can_be_shown(count: float) -> None:
    assert units.amount(count)


def test_the_settings_import_no_big_library() -> None:
    code = "import pipeline.config.load, sys; print([m for m in sys.argv[1:] if m in sys.modules])"
    big = ["torch", "numpy", "pyvips", "rich", "cv2", "psutil"]
    done = subprocess.run(
        [sys.executable, "-c", code, *big], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        (10**9, 2 * 10**9, ("1.0 GB", "2.0 GB")),
        (1_344_000_000, 1_346_000_000, ("1.34 GB", "1.35 GB")),
        (0, 34_000, ("0 B", "34 kB")),
        (23_400_000_000, 23_390_000_000, ("23.40 GB", "23.39 GB")),
        (5, 5, ("5 B", "5 B")),
    ],
)
def test_two_amounts_are_told_apart(a: float, b: float, told: tuple[str, str]) -> None:
    assert units.apart(a, b) == told
