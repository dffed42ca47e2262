"""The run directory: whole files only, whatever kills the process, and one writer at a time."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from run_files import Files, wrong

from pipeline.config import load as config
from pipeline.run import atomic
from pipeline.run import manifest as twofold
from pipeline.run.directory import Input, Manifest, RunDir, key_of, sha256_file
from stages.errors import (
    DiskFull,
    InputImageError,
    ResourceError,
    RunLocked,
    RunMissing,
    TilebrushError,
    UsageError,
)
from stages.tiles import Size

ROOT = Path(__file__).parents[3]


def manifest() -> Manifest:
    record = config.to_record(config.Settings())
    return Manifest(record, record, ())


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return RunDir.create(tmp_path / "run", manifest())


def writing(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data) and None


def files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


# ---- the run itself


def test_create_and_open(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"picture")
    made = replace(manifest(), inputs=(Input.of("photo", photo),), tools={"torch": "2"})
    RunDir.create(tmp_path / "a" / "b", made)
    found = RunDir.open(tmp_path / "a" / "b").manifest()
    assert found == made
    assert found.inputs[0].size == 7
    assert found.inputs[0].sha256 == sha256_file(photo)
    assert config.from_record(found.resolved) == config.Settings()


def test_no_run_is_said_so(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(RunMissing, match=path.name):
            RunDir.open(path)


def test_a_run_is_not_made_twice_or_among_other_things(tmp_path: Path, run: RunDir) -> None:
    with pytest.raises(TilebrushError, match="resume"):
        RunDir.create(run.root, manifest())
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "cat.jpg").touch()
    with pytest.raises(UsageError, match=r"cat\.jpg"):
        RunDir.create(tmp_path / "pictures", manifest())
    with pytest.raises(UsageError, match="file"):
        RunDir.create(tmp_path / "pictures" / "cat.jpg", manifest())


def test_a_run_can_be_made_where_making_one_was_killed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    for name in (".lock", ".owner", ".part-12ab-run.json", "run.log"):
        (folder / name).write_text("x")
    assert RunDir.create(folder, manifest()).manifest()
    assert ".part-12ab-run.json" not in files(folder)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"format": 2}', '{"format": "x", "inputs": []}', "\x00"]
)
def test_a_damaged_run_is_said_so(run: RunDir, text: str) -> None:
    for name in ("run.json", ".run.json"):
        (run.root / name).write_text(text)
    with pytest.raises(TilebrushError, match="damaged") as caught:
        RunDir.open(run.root)
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("text", [None, "", "{", "[" * 100_000, '{"format": 2}', "\x00"])
@pytest.mark.parametrize("name", ["run.json", ".run.json"])
def test_a_damaged_run_json_is_mended_from_its_copy(
    run: RunDir, name: str, text: str | None
) -> None:
    whole, wanted = (run.root / name).read_bytes(), run.manifest()
    (run.root / name).unlink()
    if text is not None:
        (run.root / name).write_text(text)
    assert RunDir.exists(run.root) and RunDir.open(run.root).manifest() == wanted
    found = [problem.path for problem in wrong(run)]
    assert found == [name]
    with run.locked():
        assert (run.root / name).read_bytes() == whole
    assert wrong(run) == []


def test_every_single_bit_of_run_json_is_found(run: RunDir) -> None:
    path, wanted = run.root / "run.json", run.manifest()
    data = path.read_bytes()
    for place in range(len(data)):
        bit = 1 << place % 8
        path.write_bytes(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])
        assert isinstance(twofold.RUN.found(path), int | ValueError), (place, bit)
    assert run.manifest() == wanted
    (run.root / ".run.json").unlink()  # as of a run that an earlier version began
    path.write_bytes(data)
    with run.locked():
        assert (run.root / ".run.json").read_bytes() == data


def test_a_newer_run_is_left_alone(run: RunDir) -> None:
    data = json.loads((run.root / "run.json").read_text())
    for name in ("run.json", ".run.json"):
        (run.root / name).write_text(json.dumps(data | {"format": 3}))
    with pytest.raises(TilebrushError, match="update tilebrush"):
        RunDir.open(run.root)


def test_a_missing_input_is_said_so(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jpg", tmp_path):
        with pytest.raises(InputImageError):
            Input.of("photo", path)


# ---- outputs and records


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


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"key": "k"}', '{"key": "k", "x": 1}'])
def test_a_damaged_record_does_not_count(run: RunDir, text: str) -> None:
    path = Files(run).photo()
    run.commit(path, writing(b"pixels"), {"key": "k"})
    run.record_path(path).write_text(text)
    assert not run.valid(path, "k")
    assert [problem.path for problem in wrong(run)] == ["prepare/photo.npy.json"]


def test_every_single_bit_of_a_record_is_found(run: RunDir) -> None:
    path = Files(run).photo()
    run.commit(path, writing(b"pixels"), {"key": "k", "losses": {"first": 1.5e-05}})
    beside = run.record_path(path)
    data = beside.read_bytes()
    for place in range(len(data)):
        for bit in range(8):
            flipped = bytes([data[place] ^ 1 << bit])
            beside.write_bytes(data[:place] + flipped + data[place + 1 :])
            assert run.record(path) is None, (place, bit)
    beside.write_bytes(data)
    assert run.record(path) is not None


def test_records_from_before_checksums_are_read(run: RunDir) -> None:
    made = run.commit(Files(run).photo(), writing(b"pixels"), {"key": "k"})
    run.record_path(Files(run).photo()).write_text(json.dumps(asdict(made), indent=1) + "\n")
    assert run.record(Files(run).photo()) == made


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


def test_keys_are_the_same_for_the_same_parts() -> None:
    assert key_of("a", {"x": 1, "y": 2.5}) == key_of("a", {"y": 2.5, "x": 1})
    assert key_of(Size(1, 2)) == key_of({"width": 1, "height": 2})
    tiles = config.Settings().tiles
    assert key_of(tiles) == key_of({"halo": tiles.halo, "overlap": 32, "core": tiles.core})
    assert len({key_of("a", "b"), key_of("ab"), key_of(["a", "b"]), key_of("a", "b", None)}) == 4
    assert key_of() == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
    with pytest.raises(TypeError):
        key_of(object())


# ---- one writer


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


# ---- trouble with the disk


@pytest.mark.parametrize(
    ("error", "kind", "word"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), DiskFull, "disk full"),
        (OSError(errno.EDQUOT, "Quota exceeded"), DiskFull, "disk full"),
        (OSError("12 requested and 0 written"), DiskFull, "disk full"),
        (RuntimeError("write: No space left on device"), DiskFull, "disk full"),
        (RuntimeError("I/O error: Quota (os error 122)"), DiskFull, "disk full"),
        (RuntimeError("I/O error: File too large (os error 27)"), ResourceError, "ulimit"),
        (RuntimeError("I/O error: Input/output (os error 5)"), TilebrushError, "check the disk"),
        (MemoryError(), ResourceError, "memory"),
        (PermissionError(errno.EACCES, "Permission denied"), TilebrushError, "writable"),
        (OSError(errno.EROFS, "Read-only file system"), TilebrushError, "Read-only"),
        (OSError(errno.EIO, "Input/output error"), TilebrushError, "check the disk"),
    ],
)
def test_trouble_while_writing_is_explained(
    run: RunDir, error: Exception, kind: type[TilebrushError], word: str
) -> None:
    def write(part: Path) -> None:
        part.write_bytes(b"half")
        raise error

    before = files(run.root)
    with pytest.raises(kind, match=word) as caught:
        run.commit(Files(run).photo(), write, {"key": "k"})
    assert type(caught.value) is kind and "\n" not in str(caught.value)
    assert files(run.root) == before


def test_files_that_may_not_grow(run: RunDir) -> None:
    code = """
        import resource, sys
        from pathlib import Path
        from pipeline.run.directory import RunDir
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        run = RunDir.open(Path(sys.argv[1]))
        photo = run.path("prepare/photo.npy")
        run.commit(photo, lambda part: part.write_bytes(bytes(5000)) and None, {"key": "k"})
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(run.root)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert "ulimit -f" in done.stderr
    assert not Files(run).photo().exists() and not run.valid(Files(run).photo(), "k")


def test_space_is_asked_for_in_advance(tmp_path: Path) -> None:
    atomic.require_space(tmp_path / "not" / "yet", 1)
    with pytest.raises(ResourceError, match="are needed"):
        atomic.require_space(tmp_path / "not" / "yet", 10**18)


def test_space_is_told_with_digits_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = SimpleNamespace(free=1_344_000_000)
    monkeypatch.setattr(atomic.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(ResourceError, match=r"^1\.34 GB are free .* 1\.35 GB are needed"):
        atomic.require_space(tmp_path, 1_346_000_000)
    usage.free = 0
    with pytest.raises(ResourceError, match=r"^0 B are free .* 34 kB are needed"):
        atomic.require_space(tmp_path, 34_000)


@pytest.mark.skipif(not hasattr(os, "statvfs"), reason="flags of Unix")
def test_a_read_only_disk_is_told_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        atomic.os, "statvfs", lambda folder: SimpleNamespace(f_flag=os.ST_RDONLY | 2)
    )
    with pytest.raises(TilebrushError, match="is read-only") as caught:
        atomic.require_space(tmp_path, 34_000)
    assert caught.value.exit_code == 1


def test_a_log_that_cannot_be_written_is_no_failure(run: RunDir) -> None:
    run.log_path().mkdir()
    with run.locked():
        run.log("a line")


# ---- dying at any moment

CRASHING = """
    import os, sys
    from pathlib import Path
    steps = int(sys.argv[2])
    def counted(function):
        def called(*given, **named):
            global steps
            steps -= 1
            if steps < 0:
                os._exit(9)
            return function(*given, **named)
        return called
    from pipeline.run.directory import RunDir
    run = RunDir.open(Path(sys.argv[1]))
    def write(part):
        with part.open("wb") as file:
            for piece in (b"new ", b"pixels"):
                counted(file.write)(piece)
                file.flush()
    for name in ("fsync", "open", "replace", "rename", "unlink"):
        setattr(os, name, counted(getattr(os, name)))
    for name in ("replace", "unlink", "open", "mkdir", "write_bytes"):
        setattr(Path, name, counted(getattr(Path, name)))
    with run.locked():
        run.commit(run.path("prepare/photo.npy"), write, {"key": "new"})
"""


def crash_after(run: RunDir, steps: int) -> bool:
    """Commit over an old output in a process that dies after so many steps; False if it lived."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CRASHING), str(run.root), str(steps)], cwd=ROOT
    )
    assert done.returncode in (0, 9)
    return done.returncode == 9


def test_dying_at_any_step_of_a_commit_leaves_nothing_half(run: RunDir) -> None:
    states = set()
    for steps in range(100):
        run.commit(Files(run).photo(), writing(b"old pixels"), {"key": "old"})
        died = crash_after(run, steps)
        with run.locked():
            old, new = (run.valid(Files(run).photo(), key, check="size") for key in ("old", "new"))
            assert not (old and new)
            assert old == run.valid(Files(run).photo(), "old", check="hash")
            assert new == run.valid(Files(run).photo(), "new", check="hash")
            assert wrong(run) == []
            assert not any(".part-" in name for name in files(run.root))
        states.add((old, new))
        if not died:
            break
    assert not died and new
    assert states == {(True, False), (False, False), (False, True)}


@pytest.mark.slow
def test_killing_at_random_moments_leaves_nothing_half(run: RunDir) -> None:
    code = """
        import os, sys
        from pathlib import Path
        from pipeline.run.directory import RunDir
        run = RunDir.open(Path(sys.argv[1]))
        print("go", flush=True)
        with run.locked():
            for turn in range(10_000):
                data = os.urandom(1 << 16)
                for row in range(3):
                    run.commit(
                        run.path(f"restyle-1/sweep-1/tile-{row}-0.npy"),
                        lambda part: [part.open("ab").write(data) for _ in range(8)] and None,
                        {"key": "k", "turn": turn},
                    )
    """
    dice = random.Random(0)
    for _ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code), str(run.root)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None and process.stdout.readline()
        time.sleep(dice.uniform(0.02, 0.2))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        with run.locked():
            assert wrong(run) == []
            for row in range(3):
                path = Files(run).tile(1, 1, row, 0)
                assert run.valid(path, "k") == run.valid(path, "k", check="hash")
            assert not any(".part-" in name for name in files(run.root))
