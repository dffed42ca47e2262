"""Commands that make pictures: which options reach what they call."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_runner import Runner, called
from typer.testing import CliRunner

from pipeline.cli.app import app, main
from pipeline.commands.stage import Asked
from pipeline.engine.executors.asked import Cluster


def test_display(runner: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    assert called("display p.jpg s.jpg t.jpg -o o.png --size 300x200 --seed 7") == 0
    [(name, (photo, styles, out, settings, console, cluster), _)] = runner.calls
    assert cluster is None and name == "display" and photo == Path("p.jpg") and out == Path("o.png")
    assert styles == [Path("s.jpg"), Path("t.jpg")]
    assert (settings.display.size, settings.run.seed) == ("300x200", 7)
    assert not console.quiet and capsys.readouterr().out == "what  done\n"


def test_display_never_writes_over_what_is_there_by_itself(
    runner: Runner, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = tmp_path / "in" / "photo.jpg"
    assert main(["display", str(photo), "star.jpg"]) == 0
    assert runner.calls[0][1][2] == Path("photo_star.png")
    Path("photo_star.png").touch()
    assert main(["display", str(photo), "star.jpg"]) == 2
    assert "--force" in capsys.readouterr().err
    assert main(["display", str(photo), "star.jpg", "--force"]) == 0


def test_names_of_museums_are_cut_to_fit(
    runner: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    painting = "Katsushika Hokusai, Thirty-six Views of Mount Fuji, " * 4
    assert main(["display", "p" * 200 + ".jpg", painting + ".jpg"]) == 0
    out = runner.calls[0][1][2]
    assert out.name.startswith("p" * 200) and out.suffix == ".png"
    out.touch()
    assert main(["display", "p" * 200 + ".jpg", painting + ".jpg"]) == 2
    capsys.readouterr()
    assert main(["display", "p.jpg", "s.jpg", "-o", "n" * 252 + ".png"]) == 2
    assert "256 bytes" in capsys.readouterr().err


def test_display_never_writes_over_its_input(runner: Runner) -> None:
    Path("photo.png").touch()
    assert called("display photo.png star.jpg -o ./photo.png --force") == 2
    assert called("display star.jpg photo.png -o photo.png --force") == 2
    assert runner.calls == []


def test_print(runner: Runner) -> None:
    line = "print p s --run d --paper 40x30cm --dpi 300 --fit cover --budget 36h --quality draft"
    assert main([*line.split(), "--threads", "2", "--force", "--encoder", "vgg19"]) == 0
    [(name, (photo, styles, run, settings, _, force, cluster, until), _)] = runner.calls
    assert (name, photo, styles, run) == ("print_run", Path("p"), [Path("s")], Path("d"))
    assert force is True and cluster is None and until is None
    assert (settings.print.paper, settings.print.dpi) == ("40x30cm", 300)
    assert (settings.print.fit, settings.run.budget) == ("cover", "36h")
    assert (settings.quality, settings.run.threads) == ("draft", 2)
    assert settings.encoder.name == "vgg19"


@pytest.mark.parametrize("line", ["display p.jpg s.jpg", "print p s --run d"])
def test_a_cluster_is_handed_on(
    runner: Runner, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(f"{line} --cluster tcp://one:8786 --cluster-fallback") == 0
    assert Cluster("tcp://one:8786", 0, True) in runner.calls[0][1]
    assert called(f"{line} --cluster-threads 2 --force") == 2
    assert "go with --cluster ADDRESS" in capsys.readouterr().err
    assert called(f"{line} --cluster one:8786 --force") == 2
    assert len(runner.calls) == 1


def test_weights_and_memory(runner: Runner) -> None:
    line = "print p s --run d --memory 2GB --style-weight 2 --content-weight 0.5"
    assert called(line) == 0
    [(_, (_, _, _, settings, *_), _)] = runner.calls
    assert settings.run.memory == "2GB"
    assert (settings.style.weight, settings.style.content_weight) == (2.0, 0.5)


def test_a_budget_or_a_time(runner: Runner) -> None:
    Path("pipeline.toml").write_text('[run]\nbudget = "36h"\nonly_between = "22:00-07:00"\n')
    assert called("print p s --run d --until 07:30 --only-between 20:00-08:00 --nice 7") == 0
    Path("pipeline.toml").write_text('[run]\nuntil = "07:30"\n')
    assert called("plan p s --budget 2h") == 0
    night, day = (call[1][3 if call[0] == "print_run" else 2].run for call in runner.calls)
    assert (night.budget, night.until, night.only_between) == ("", "07:30", "20:00-08:00")
    assert night.nice == 7
    assert (day.budget, day.until, day.only_between) == ("2h", "", "")


def test_resuming_with_other_habits(runner: Runner) -> None:
    assert called("resume d --only-between 22:00-07:00 --nice 3") == 0
    assert called('resume d --only-between ""') == 0
    (_, first, _), (_, second, _) = runner.calls
    assert first[2] == {"run.nice": 3, "run.only_between": "22:00-07:00"}
    assert second[2] == {"run.only_between": ""}


@pytest.mark.parametrize("command", ["print", "plan", "display"])
def test_the_presets_are_explained(command: str) -> None:
    said = " ".join(CliRunner().invoke(app, [command, "--help"]).output.split())
    assert "--quality" in said and "--nice" in said
    for name in ("draft", "standard", "fine"):
        assert name in said


def test_options_go_before_the_file_and_set_before_all(runner: Runner) -> None:
    Path("pipeline.toml").write_text('[print]\npaper = "4x3cm"\n[run]\nseed = 1\n')
    line = "plan p s --size 600x400 --seed 2 --set run.seed=3 --set tiles.core=256 --no-probe"
    assert called(line) == 0
    [(name, (_, _, settings, _, probe, *_), _)] = runner.calls
    assert name == "plan_for" and probe is False
    assert (settings.print.paper, settings.print.size) == ("", "600x400")
    assert (settings.run.seed, settings.tiles.core) == (3, 256)


def test_a_named_file(runner: Runner) -> None:
    Path("other.toml").write_text("[tiles]\ncore = 128\n")
    assert called("print p s --run d --config other.toml") == 0
    assert runner.calls[0][1][3].tiles.core == 128


def test_stage(runner: Runner) -> None:
    line = "stage d restyle@2 --tile 0,3 --set style.weight=2 --into e"
    assert called(line) == 0
    [(name, given, _)] = runner.calls
    assert name == "rerun"
    assert given[:-1] == (
        Path("d"), Asked("restyle", 2, (0, 3)), {"style.weight": "2"}, Path("e")
    )  # fmt: skip
