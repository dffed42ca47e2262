"""What else happens to runs: damage, signals, a second process, a move, another clock, limits."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import time
from functools import partial
from pathlib import Path

from benchmarks import faulty, trials
from benchmarks.judge import Job, Judge, Row
from benchmarks.trials import contents
from pipeline.run import directory as rundir
from pipeline.run.records import FORMAT

SIGNALS: dict[str, tuple[tuple[signal.Signals, ...], tuple[int, ...]]] = {
    "SIGTERM": ((signal.SIGTERM,), (143,)),
    "SIGINT": ((signal.SIGINT,), (130,)),
    "SIGINT twice": ((signal.SIGINT, signal.SIGINT), (130, -signal.SIGINT)),
    "SIGHUP": ((signal.SIGHUP,), (129,)),
}
PAUSE = 3.0  # seconds; shorter ones than 2 s count as work
_TOGETHER = {"display/canvas.npy", "display/energy.txt"}  # made by one computation


def jobs(judge: Judge, flips: int, each: int) -> list[Job]:
    """All of them, `each` so many times, bits `flips` times."""
    few = max(1, each // 5)
    return [
        ("one bit, a cut, a deletion", partial(damage, judge, flips)),
        *((f"{name}, then resumed", partial(signals, judge, name, each)) for name in SIGNALS),
        ("terminal closed", partial(hangups, judge, few)),
        ("stopped, a second process, continued", partial(second, judge, each)),
        ("stopped for 3 s, continued", partial(pauses, judge, few)),
        ("moved, copied", partial(moved, judge, each)),
        ("clock set back", partial(clock, judge, few)),
        ("another version's run", partial(versions, judge)),
        ("files may not grow past a limit", partial(limited, judge, each)),
    ]


# ---- damage


def damage(judge: Judge, count: int, row: Row) -> None:
    """`verify` names the file, `resume` mends it, and nothing else is made again."""
    field, dice = judge.field, judge.dice
    kinds: dict[str, list[str]] = {}
    for path in sorted(field.calm.rglob("*")):
        name = path.relative_to(field.calm).as_posix()
        recorded = path.name not in (".lock", ".owner", "run.log") and not name.startswith(
            "report/"
        )
        if path.is_file() and recorded:
            kinds.setdefault(_kind(name), []).append(name)
    for case in range(count):
        field.fresh(finished=True)
        kind = sorted(kinds)[case % len(kinds)]
        name = dice.choice(kinds[kind])
        what = f"{_damaged(judge, field.run / name)} in {name}"
        kept = field.made()
        row.cases += 1
        found = field.called(["verify", str(field.run), "--json"])
        named = [item["file"] for item in json.loads(found.out or '{"problems": []}')["problems"]]
        if found.code != 1 or (name not in named and name not in found.said):
            row.corrupt += 1
            judge.tell(f"{row.what}: {what}: verify gave {found.code}, {named} {found.said}")
        if "update tilebrush" in found.said:  # the bit made a newer format of it: left alone
            continue
        output = output_of(name)
        spared = _TOGETHER if output in _TOGETHER else {output}
        judge.resumed(row, what, {k: v for k, v in kept.items() if k not in spared})


def _kind(name: str) -> str:
    digits = str.maketrans("", "", "0123456789")
    return name.translate(digits)


def output_of(name: str) -> str:
    """The output that a file of a run is, or is the record of."""
    record = name.endswith(".json") and "/" in name
    # prepare/credits.json is an output, prepare/credits.json.json its record.
    if not record or "." not in name.removesuffix(".json"):
        return name
    return name.removesuffix(".json").removeprefix("finish/")


def _damaged(judge: Judge, path: Path) -> str:
    """Damage a file by a throw of the dice and say how."""
    data, dice = bytearray(path.read_bytes()), judge.dice
    how = dice.random()
    if how < 0.15:
        path.unlink()
        return "deleted"
    if how < 0.3:
        cut = dice.randrange(len(data))
        path.write_bytes(data[:cut])
        return f"cut to {cut} of {len(data)} bytes"
    place, bit = dice.randrange(len(data)), dice.randrange(8)
    data[place] ^= 1 << bit
    path.write_bytes(data)
    return f"bit {bit} of byte {place}"


# ---- signals and other processes


def signals(judge: Judge, name: str, count: int, row: Row) -> None:
    """A signal at a random operation: its exit code, one line, and on it goes."""
    sent, codes = SIGNALS[name]
    for _ in range(count):
        judge.field.fresh()
        number = judge.dice.randint(1, len(judge.steps) - len(sent))
        act = faulty.signalled(number, sent)
        ended = judge.field.begin(judge.layer(act))
        row.cases += 1
        what = f"at operation {number}"
        judge.expect(row, what, ended, codes)
        judge.resumed(row, what, judge.stopped(row, what, ended))


def hangups(judge: Judge, count: int, row: Row) -> None:
    """The terminal is closed while the bar is drawn on it."""
    field = judge.field
    for case in range(count):
        field.fresh()
        pid, terminal = os.forkpty()
        if pid == 0:
            field.at_terminal()
        began = time.monotonic()
        while not (field.run / "prepare").exists() and time.monotonic() - began < trials.LONGEST:
            os.set_blocking(terminal, False)
            with contextlib.suppress(OSError):
                os.read(terminal, 4096)
            time.sleep(0.002)
        time.sleep(judge.dice.uniform(0, field.seconds / 2))
        os.close(terminal)
        ended = trials.ended(pid, field.folder, began)
        row.cases += 1
        what = f"case {case}"
        if ended.code not in (0, 129):
            row.unclear += 1
            judge.tell(f"{row.what}: {what}: {ended.code}")
        judge.resumed(row, what, judge.stopped(row, what, ended))


def second(judge: Judge, count: int, row: Row) -> None:
    """One process is stopped in the middle; another one is told so; the first goes on."""
    field = judge.field
    for _ in range(count):
        field.fresh()
        number = judge.dice.randint(30, len(judge.steps) - 1)
        act = faulty.signalled(number, (signal.SIGSTOP,))

        def paused(act: faulty.Act = act) -> int:
            return field.inside(field.printing(), judge.layer(act))

        began = time.monotonic()
        pid = trials.started(paused, field.folder)
        os.waitpid(pid, os.WUNTRACED)
        what = f"stopped at operation {number}"
        row.cases += 1
        first = field.folder / "commits.txt"
        kept = first.rename(field.folder / "commits-of-first.txt")
        # With all outputs made the first may have given up its lock, and there is nothing to do.
        codes = (0, 11) if field.same() else (11,)
        judge.expect(row, what, field.resume(), codes)
        looked = field.called(["status", str(field.run), "--json"])
        judge.expect(row, what, looked, (0,))
        kept.rename(first)
        os.kill(pid, signal.SIGCONT)
        ended = trials.ended(pid, field.folder, began)
        if ended.code or not field.same():
            row.not_identical += 1
            judge.tell(f"{row.what}: {what}: {ended.code}")


def pauses(judge: Judge, count: int, row: Row) -> None:
    """A print is stopped for a while: the same bytes, and the pause counts as no work."""
    field = judge.field
    for _ in range(count):
        field.fresh()
        number = judge.dice.randint(30, len(judge.steps) - 1)
        act = faulty.signalled(number, (signal.SIGSTOP,))

        def paused(act: faulty.Act = act) -> int:
            return field.inside(field.printing(), judge.layer(act))

        began = time.monotonic()
        pid = trials.started(paused, field.folder)
        os.waitpid(pid, os.WUNTRACED)
        time.sleep(PAUSE)
        os.kill(pid, signal.SIGCONT)
        ended = trials.ended(pid, field.folder, began)
        row.cases += 1
        what = f"stopped at operation {number}"
        judge.expect(row, what, ended, (0,))
        judge.note(row, "not_identical", not field.same(), f"{what}: other bytes")
        looked = field.called(["status", str(field.run), "--json"])
        spent = json.loads(looked.out)["worked_seconds"]
        counted = spent > ended.seconds - PAUSE * 0.75
        judge.note(row, "unclear", counted, f"{what}: {spent} of {ended.seconds:.1f} s as work")


# ---- places, times, versions, limits


def moved(judge: Judge, count: int, row: Row) -> None:
    """A killed run goes on in another place, moved there or copied without its times."""
    field = judge.field
    place = field.folder / "another place" / "ünder"
    for case in range(count):
        field.fresh()
        shutil.rmtree(place.parent, ignore_errors=True)
        place.parent.mkdir()
        number = judge.dice.randint(30, len(judge.steps) - 1)
        field.begin(judge.layer(faulty.killed(number)))
        if case % 2:
            field.run.rename(place)
        else:
            shutil.copytree(field.run, place, copy_function=shutil.copyfile)
        ended = field.called(["resume", str(place)])
        row.cases += 1
        if ended.code or contents(place) != field.wanted:
            row.not_identical += 1
            judge.tell(f"{row.what}: case {case}: {ended.code} {ended.said}")


def clock(judge: Judge, count: int, row: Row) -> None:
    """What is finished bears a date to come."""
    field = judge.field
    for _ in range(count):
        field.fresh()
        number = judge.dice.randint(30, len(judge.steps) - 1)

        def ahead(number: int = number) -> None:
            rundir.now = lambda: "2044-04-04T04:04:04+00:00"  # type: ignore[attr-defined]
            faulty.Layer(field.run, faulty.killed(number)).install()

        field.begin(ahead)
        for path in field.run.rglob("*"):
            os.utime(path, (time.time() + 1e9,) * 2)
        row.cases += 1
        what = f"killed at operation {number}"
        judge.expect(row, what, field.called(["status", str(field.run), "--json"]), (0,))
        judge.resumed(row, what, field.made())


def versions(judge: Judge, row: Row) -> None:
    """A run of a newer or an older version is refused in a line that says what to do."""
    field = judge.field
    for version in (FORMAT - 1, FORMAT + 1, 99):
        advice = "update tilebrush" if version > FORMAT else "start anew here with --force"
        for command in ("resume", "verify", "status", "clean", "print"):
            field.fresh(finished=True)
            manifest = field.run / "run.json"
            data = json.loads(manifest.read_text()) | {"format": version}
            data.pop("check")  # another version seals in its own way
            manifest.write_text(json.dumps(data))
            shutil.copy(manifest, field.run / ".run.json")
            text = manifest.read_text()
            ended = field.begin() if command == "print" else field.called([command, str(field.run)])
            row.cases += 1
            what = f"{command}, format {version}"
            judge.note(row, "unclear", advice not in ended.said, f"{what}: {ended.said}")
            judge.expect(row, what, ended, (1,))
            row.not_identical += not (field.same() and manifest.read_text() == text)


def limited(judge: Judge, count: int, row: Row) -> None:
    """Writes past a limit fail in the system itself, in native code too, as on a full disk."""
    field = judge.field
    largest = max(len(data) for data in field.wanted.values())
    for _ in range(count):
        field.fresh()
        limit = round(1000 * (largest / 1000) ** judge.dice.random())

        def setup(limit: int = limit) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        ended = field.begin(setup)
        row.cases += 1
        what = f"limit {limit}"
        judge.expect(row, what, ended, (0, 13))
        judge.resumed(row, what, judge.stopped(row, what, ended))
