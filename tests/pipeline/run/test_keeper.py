"""A folder that keeps itself: outputs with their records, and one writer at a time."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from run_files import Files, files, writing, wrong

from pipeline.run.directory import RunDir, sha256_file
from stages.errors import (
    RunLocked,
    TilebrushError,
)

ROOT = Path(__file__).parents[3]


def test_a_committed_output_is_valid_for_its_key_only(run: RunDir) -> None:
    path = Files(run).tile(1, 1, 0, 3)
    assert not run.valid(path, "k")
    record = run.commit(path, writing(b"pixels"), {"key": "k", "loss": 0.5})
    assert path.read_bytes() == b"pixels"
    assert (record.bytes, record.sha256) == (6, sha256_file(path))
    assert record.extra == {"loss": 0.5}
    assert run.valid(path, "k") and run.valid(path, "k", check="hash")
    assert run.valid("restyle-1/sweep-1/tile-0-3.npy", "k")
    assert not run.valid(path, "other")
    assert run.record(path) == record
    assert wrong(run) == []


def test_the_record_of_a_print_lies_in_finish(run: RunDir) -> None:
    run.commit(Files(run).print_tiff(), writing(b"II"), {"key": "k", "seconds": 2.5})
    assert {"print.tif", "finish/print.tif.json"} <= files(run.root)
    record = run.record(Files(run).print_tiff())
    assert record is not None and 2.5 <= record.seconds < 4  # computed, and then written
    assert list(run.recorded()) == [Files(run).print_tiff()]


def test_the_temporary_file_keeps_the_suffix(run: RunDir) -> None:
    seen: list[Path] = []

    def write(path: Path) -> None:
        seen.append(path)
        path.write_bytes(b"x")

    run.commit(Files(run).print_jpeg(), write, {"key": "k"})
    assert seen[0].suffix == ".jpg" and seen[0].parent == run.root
    assert seen[0] != Files(run).print_jpeg() and not seen[0].exists()


@pytest.mark.parametrize("damage", [b"pixel", b"pixels and more", b"pixelz", b"", None])
def test_damage_is_found_and_mended(run: RunDir, damage: bytes | None) -> None:
    path = Files(run).restyled(2)
    run.commit(path, writing(b"pixels"), {"key": "k"})
    path.unlink()
    if damage is not None:
        path.write_bytes(damage)
    assert [problem.path for problem in wrong(run)] == ["restyle-2/canvas.npy"]
    with run.locked():
        assert not run.valid(path, "k", check="hash")
    assert "restyle-2/canvas.npy" in run.log_path().read_text()
    run.commit(path, writing(b"pixels"), {"key": "k"})
    assert run.valid(path, "k", check="hash") and wrong(run) == []


def test_a_writer_that_fails_leaves_nothing(run: RunDir) -> None:
    path = Files(run).photo()
    run.commit(path, writing(b"old"), {"key": "old"})

    def fails(part: Path) -> None:
        part.write_bytes(b"half")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        run.commit(path, fails, {"key": "new"})
    assert path.read_bytes() == b"old"
    assert not run.valid(path, "new")
    assert not any(name.startswith(".part") for name in files(run.root))


def test_a_writer_that_writes_nothing_is_a_failure(run: RunDir) -> None:
    with pytest.raises(TilebrushError, match="nothing was written"):
        run.commit(Files(run).photo(), lambda part: None, {"key": "k"})


def test_nothing_is_written_outside_the_run(run: RunDir) -> None:
    for path in ("../x.npy", "/tmp/x.npy", run.root / ".." / "x.npy"):
        with pytest.raises(TilebrushError, match="outside"):
            run.commit(path, writing(b"x"), {"key": "k"})


def test_links_do_not_lead_out_of_the_run(run: RunDir, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in ("photo.npy", "tile-0-0.npy"):
        (outside / name).write_bytes(b"dear")
    (run.root / "prepare").symlink_to(outside)
    (run.root / "restyle-1").mkdir()
    (run.root / "restyle-1" / "sweep-1").symlink_to(outside)
    (run.root / "display").symlink_to("display")
    for path in (
        Files(run).photo(),
        Files(run).tile(1, 1, 0, 0),
        Files(run).display_canvas(),
    ):
        with pytest.raises(TilebrushError, match="leads out"):
            run.commit(path, writing(b"x"), {"key": "k"})
    with pytest.raises(TilebrushError, match="leads out"):
        run.drop([Files(run).tile(1, 1, 0, 0)])
    # A link in the place of an output is replaced, and what it points to is not.
    Files(run).print_tiff().symlink_to(outside / "photo.npy")
    run.commit(Files(run).print_tiff(), writing(b"x"), {"key": "k"})
    assert not Files(run).print_tiff().is_symlink()
    assert {path.read_bytes() for path in outside.iterdir()} == {b"dear"}


def test_dropping_takes_outputs_and_nothing_else(run: RunDir, tmp_path: Path) -> None:
    own = Files(run)
    outputs = [own.photo(), own.tile(1, 1, 0, 0), own.display_canvas()]
    for path in (*outputs, own.print_tiff()):
        run.commit(path, writing(b"12345"), {"key": "k"})
    (run.root / "report").mkdir()
    (own.display_canvas().parent / "notes.txt").write_text("dear")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "dear.txt").touch()
    (run.root / "upsample-9").symlink_to(outside)
    with run.locked():
        assert run.drop(outputs) > 15
    assert run.valid(own.print_tiff(), "k", check="hash") and wrong(run) == []
    assert (run.root / "report").is_dir() and (outside / "dear.txt").exists()
    folders = {path.name for path in run.root.iterdir() if path.is_dir() and not path.is_symlink()}
    assert folders == {"display", "finish", "report"}
    assert (run.root / "display" / "notes.txt").read_text() == "dear"


def test_an_output_whose_record_is_dropped_stays_and_counts_for_nothing(run: RunDir) -> None:
    path = Files(run).print_tiff()
    run.commit(path, writing(b"12345"), {"key": "k"})
    run.drop_record(path)
    assert path.read_bytes() == b"12345" and not run.valid(path, "k") and wrong(run) == []


def test_dropped_tiles_are_no_damage(run: RunDir) -> None:
    run.commit(Files(run).tile(1, 1, 0, 0), writing(b"x"), {"key": "k"})
    run.commit(Files(run).sweep_canvas(1, 1), writing(b"x"), {"key": "k"})
    run.drop([Files(run).tile(1, 1, 0, 0)])
    assert list(run.recorded()) == [Files(run).sweep_canvas(1, 1)] and wrong(run) == []


def test_a_run_is_found_by_any_path_to_it(
    run: RunDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(run.root)
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    for path in (Path("../run"), tmp_path / "link", Path("../link/../run")):
        found = RunDir.open(path)
        found.commit("prepare/photo.npy", writing(b"x"), {"key": str(path)})
        assert run.valid(Files(run).photo(), str(path), check="hash")


def test_file_systems_that_cannot_flush_folders_are_good_enough(
    run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def refusing(handle: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{handle}"):  # noqa: PTH112
            raise OSError(errno.EINVAL, "Invalid argument")
        real(handle)

    monkeypatch.setattr(os, "fsync", refusing)
    run.commit(Files(run).photo(), writing(b"x"), {"key": "k"})
    assert run.valid(Files(run).photo(), "k", check="hash")


def holder(root: Path) -> subprocess.Popen[str]:
    code = """
        import sys, time
        from pathlib import Path
        from pipeline.run.directory import RunDir
        with RunDir.open(Path(sys.argv[1])).locked():
            print("locked", flush=True)
            time.sleep(60)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), str(root)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "locked\n"
    return process


def test_the_lock_names_its_holder_and_dies_with_it(run: RunDir) -> None:
    process = holder(run.root)
    try:
        with pytest.raises(RunLocked, match=f"process {process.pid}"), run.locked():
            pass
        assert run.busy()
        assert RunDir.open(run.root).manifest()  # reading needs no lock
    finally:
        process.kill()
        process.wait()
    assert not run.busy()
    with run.locked():
        pass


def test_the_lock_holds_in_one_process_too(run: RunDir) -> None:
    with run.locked():
        with pytest.raises(RunLocked), RunDir.open(run.root).locked():
            pass
        assert (run.root / ".owner").exists()
    assert not (run.root / ".owner").exists()
    assert not run.busy()


def test_leftovers_go_when_the_run_is_locked(run: RunDir) -> None:
    run.commit(Files(run).photo(), writing(b"x"), {"key": "k"})
    (run.root / "prepare" / ".part-00-style.npy").write_bytes(b"half")
    (run.root / ".part-01-display").mkdir()
    (run.root / ".part-01-display" / "canvas.npy").write_bytes(b"x")
    with run.locked():
        assert not any(".part-" in name for name in files(run.root))
    assert run.valid(Files(run).photo(), "k", check="hash")


def test_reading_writes_nothing(run: RunDir) -> None:
    run.commit(Files(run).photo(), writing(b"x"), {"key": "k"})
    Files(run).photo().write_bytes(b"yy")
    before = files(run.root)
    other = RunDir.open(run.root)
    assert not other.valid(Files(other).photo(), "k") and wrong(other) and not other.busy()
    assert files(run.root) == before
