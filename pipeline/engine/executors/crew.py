"""The workers of a Dask cluster at work: tasks go out, replies come in, losses are made good.

Every task is pinned to one worker, and who does what is decided here: Dask carries pixels, keeps
processes alive and tells who is there. Nothing that a worker did counts until its reply is here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import dask
import distributed

from pipeline.engine.executors import mates as rules
from pipeline.engine.executors import remote
from pipeline.engine.executors.line import Line
from pipeline.engine.executors.mates import Copy, Entry, Mate
from pipeline.engine.executors.outcome import Asked, Outcome
from pipeline.engine.executors.parcels import Parcels
from pipeline.engine.executors.queue import out_of_memory
from pipeline.run.workers import WorkerRow

if TYPE_CHECKING:
    from stages.elsewhere import Kit
    from stages.tasks import Task

_SENDING = 4  # payloads in the coordinator's memory at a time
_TAKEN = 4  # results there that are not yet written: workers keep theirs until there is room
_LOOK = 1.0  # seconds between two looks at who is there
_GONE = 10.0  # seconds without an answer of the scheduler after which it counts as gone
_SEND = 120.0  # seconds in which a payload must have arrived, or a result
_SHAKE = 60.0

# Whoever uses tiles wants no stories of heartbeats and closed streams; what matters is told.
QUIET = {
    "logging.distributed": "critical",
    "distributed.comm.timeouts.connect": "5s",
    "distributed.comm.retry.count": 0,
}


class Crew:
    """Runs in a thread of its own; `put` and `take` are called from the main thread."""

    def __init__(
        self,
        address: str,
        kit: Callable[[Mate, bool], Kit],
        note: Callable[[str], None],
        pace: float = 0.0,
    ) -> None:
        """`address` is the scheduler's, or local:N; `kit` gives what a worker computes with.

        `note` keeps what went wrong with workers.
        """
        self.address, self.pace, self._note = address, pace, note
        self.mates: dict[str, Mate] = {}
        self.refused: dict[str, str] = {}  # names of workers that are of no use, and why
        self.hosts: Counter[str] = Counter()  # the most workers that each computer had at once
        self.failed: BaseException | None = None
        self.gone = False  # the scheduler is
        self._kit, self._shaking = kit, set[str]()
        self._entries: list[Entry] = []
        self._done: queue.SimpleQueue[tuple[Outcome, int, bool]] = queue.SimpleQueue()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="crew", daemon=True)

    # ---- from the main thread

    def start(self) -> None:
        """Connect; returns when that is done.

        Raises:
            OSError: nobody answers there.
        """
        self._thread.start()
        self._ready.wait()
        if self.failed is not None:
            raise self.failed

    def put(self, asked: Asked) -> None:
        """Have a task done."""
        self._call(lambda: self._entries.append(Entry(asked)))

    def take(self, timeout: float) -> tuple[Outcome, int] | None:
        """An outcome and the steps that it took, if one comes in time."""
        try:
            outcome, steps, held = self._done.get(timeout=timeout)
        except queue.Empty:
            return None
        if held:
            self._call(self._room.release)
        return outcome, steps

    def give_back(self) -> Asked | None:
        """A task that no worker has, which is then not done here."""
        found: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()

        def taken() -> None:
            free = [e for e in self._entries if not e.settled and not e.copies]
            for entry in free[:1]:
                entry.settled = True
            found.put(free[0].asked if free else None)

        self._call(taken)
        try:
            return found.get(timeout=5)
        except queue.Empty:  # it has just ended
            return None

    def forget_means(self) -> None:
        """Another kind of task follows."""
        for mate in list(self.mates.values()):
            mate.forget()

    def rows(self) -> tuple[WorkerRow, ...]:
        """Who does what."""
        return tuple(mate.row() for mate in list(self.mates.values()))

    @property
    def live(self) -> int:
        """How many workers may be given something."""
        return sum(mate.ready for mate in list(self.mates.values()))

    def close(self) -> None:
        """Let go of the cluster; a local one ends."""
        if self._thread.is_alive():
            self._call(self._stop.set)
            self._thread.join(timeout=15)

    def _call(self, do: Callable[[], Any]) -> None:
        def called() -> None:
            do()
            self._changed.set()

        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(called)

    # ---- the crew's own thread

    def _run(self) -> None:
        with dask.config.set(QUIET):
            for name in ("distributed", "distributed.client", "tornado", "asyncio"):
                logging.getLogger(name).setLevel(logging.CRITICAL)
            try:
                asyncio.run(self._main())
            except BaseException as error:
                self.failed, self.gone = error, True
                self._ready.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        # What breaks when connections do is Dask's to mend, and told of where it matters.
        self._loop.set_exception_handler(lambda loop, context: None)
        self._changed, self._stop = asyncio.Event(), asyncio.Event()
        self._sending, self._room = asyncio.Semaphore(_SENDING), asyncio.Semaphore(_TAKEN)
        self._reader = ThreadPoolExecutor(1, "reader")
        self._working: set[asyncio.Task[None]] = set()
        async with contextlib.AsyncExitStack() as stack:
            address = self.address
            if address.startswith("local:"):
                cluster = distributed.LocalCluster(
                    n_workers=int(address.removeprefix("local:")), threads_per_worker=1,
                    processes=True, host="127.0.0.1", memory_limit=0, asynchronous=True,
                    dashboard_address="127.0.0.1:0", worker_dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                )  # fmt: skip
                await stack.enter_async_context(cluster)
                address = cluster.scheduler_address
            self.client: Any = distributed.Client(
                address, asynchronous=True, timeout=_GONE, name="tilebrush"
            )
            await self.client
            stack.push_async_callback(self._leave)
            self.line = Line(self.client, _SEND)
            self.parcels = Parcels(self.client, self.line)
            self._ready.set()
            await self._work()

    async def _leave(self) -> None:
        for work in self._working:
            work.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)
        self._reader.shutdown(wait=False, cancel_futures=True)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.client.close(timeout=2), 5)

    async def _work(self) -> None:
        looked = asyncio.create_task(self._watch())
        while not self._stop.is_set() and not self.gone:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), _LOOK)
            self._changed.clear()
            self._give_up()
            self._give_out()
        looked.cancel()

    async def _watch(self) -> None:
        """Look who is there, again and again."""
        heard = time.monotonic()
        while True:
            try:
                told = await asyncio.wait_for(self.client.scheduler.identity(n_workers=-1), 5)
            except Exception:
                if time.monotonic() - heard > _GONE or self.client.status == "closed":
                    self.gone = True
                    self._changed.set()
                    return
            else:
                heard = time.monotonic()
                self._seen(told["workers"])
            self._changed.set()
            await asyncio.sleep(_LOOK)

    def _seen(self, there: dict[str, Any]) -> None:
        for host, count in Counter(told["host"] for told in there.values()).items():
            self.hosts[host] = max(count, self.hosts[host])
        for address in [address for address in self.mates if address not in there]:
            mate = self.mates.pop(address)
            mate.left.set()
            for copy in list(mate.copies):
                self._drop(copy, "its worker is gone", dead=True)
        for address, told in there.items():
            if address in self.mates:
                mate = self.mates[address]
                mate.running = told["status"] == "running"
                if told["last_seen"] != mate.beat:
                    mate.beat, mate.seen = told["last_seen"], time.monotonic()
            elif address not in self.refused and address not in self._shaking:
                self._spawn(self._shake(address, str(told["name"]), told["host"]))
                self._shaking.add(address)

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return task

    async def _shake(self, address: str, name: str, host: str) -> None:
        """Ask a new worker what it computes with, and take it on if that is what is needed."""
        try:
            asked = self.client.submit(remote.facts, workers=[address], pure=False)
            found = await asyncio.wait_for(asked, _SHAKE)
            unlike = found.unlike(remote.facts())
            straight = not unlike and await self.line.reaches(address)
        except (TimeoutError, OSError, asyncio.CancelledError):
            return  # it may be asked again
        except Exception as error:
            unlike = f"no tilebrush that can be used ({type(error).__name__}: {error})"
        finally:
            self._shaking.discard(address)
        if unlike:
            self.refused[address] = f"worker {name} has {unlike}"
            return
        unsure = found.unsure(remote.facts())
        if unsure:
            self._note(f"worker {name} has {unsure}: last digits may differ")
        if not straight:
            self._note(f"worker {name} is reached through the scheduler alone")
        self.mates[address] = Mate(address, name, host, found, straight)
        self._changed.set()

    # ---- who does what

    def _give_up(self) -> None:
        """Take back what nobody is likely to finish."""
        known = list(self.mates.values())
        for mate in known:
            for copy in list(mate.copies):
                if mate.silent:
                    self._drop(copy, "its worker is silent")
                elif rules.overdue(copy, known, self.pace):
                    self._drop(copy, "it takes too long", dead=True)
                    self._spawn(self._restart(mate))

    async def _restart(self, mate: Mate) -> None:
        """A worker whose task hangs will never do another one."""
        self.mates.pop(mate.address, None)
        mate.left.set()
        for copy in list(mate.copies):
            self._drop(copy, "its worker hangs")
        with contextlib.suppress(Exception):
            await self.client.restart_workers([mate.address], timeout=30, raise_for_error=False)

    def _drop(self, copy: Copy, why: str, *, dead: bool = False) -> None:
        copy.why = why
        copy.entry.avoid.add(copy.mate.address)
        copy.entry.lost += dead and copy.mate.copies[0] is copy
        if copy.work is not None:
            copy.work.cancel()
        self._ended(copy)

    def _ended(self, copy: Copy) -> None:
        if copy in copy.mate.copies:
            copy.mate.copies.remove(copy)
            copy.mate.idle_since = time.monotonic()
        if copy in copy.entry.copies:
            copy.entry.copies.remove(copy)
            if copy.why and not copy.entry.settled:
                what = copy.label or f"task {copy.entry.asked.name}"
                self._note(f"{what} was lost on worker {copy.mate.name} ({copy.why}); done again")
        if copy.entry.cursed and not copy.entry.settled:
            text = f"{copy.label}: {copy.entry.lost} workers died of it"
            self._settle(copy.entry, Outcome(copy.entry.asked.name, error=RuntimeError(text)), 0)
        self._changed.set()

    def _give_out(self) -> None:
        known = list(self.mates.values())
        self._entries = [entry for entry in self._entries if not entry.settled]
        waiting = [entry for entry in self._entries if not entry.copies]
        for entry in waiting:
            mate = rules.next_mate(entry, known)
            if mate is None:
                break
            self._begin(entry, mate)
        else:
            for mate in known:
                if mate.ready and not mate.copies:
                    again = rules.worth_twice(self._entries, mate, known)
                    if again is not None:
                        self._begin(again, mate)

    def _begin(self, entry: Entry, mate: Mate) -> None:
        copy = Copy(entry, mate)
        if not mate.copies:
            mate.idle_since = time.monotonic()
        entry.copies.append(copy)
        mate.copies.append(copy)
        copy.work = self._spawn(self._do(copy))

    # ---- one task on one worker

    async def _do(self, copy: Copy) -> None:
        from stages.tasks import NotHere

        entry, held = copy.entry, False
        try:
            await self._sent(copy)
            await distributed.wait([copy.future])
            if copy.future.status == "error":
                raise await copy.future.exception()
            if copy.future.status != "finished":
                raise ConnectionError(f"it was {copy.future.status}")
            await self._room.acquire()
            held = True
            reply, used = await self.line.fetch(copy.future, copy.mate)
            held = self._replied(copy, reply, used, held)
        except NotHere as missing:
            copy.mate.has.discard(missing.digest)
        except _Unmade as unmade:
            self._settle(entry, Outcome(entry.asked.name, error=unmade.error), 0)
        except asyncio.CancelledError:
            if not copy.why:
                raise
        except Exception as error:
            copy.why = f"{type(error).__name__}: {error}"
            entry.avoid.add(copy.mate.address)
            entry.lost += 1
            copy.mate.running = False  # until the scheduler tells otherwise
        finally:
            if held:
                self._room.release()
            if copy.future is not None:
                self._let_go(copy.future)
            self._ended(copy)

    def _let_go(self, future: Any) -> None:
        """Have the worker drop a result, or not begin with it."""
        if future.done():
            future.release()
        elif not self.gone:
            self._spawn(_quietly(self.client.cancel([future], force=True)))

    async def _sent(self, copy: Copy) -> None:
        """Send a task to its worker, and first of all what it shares with others."""
        mate = copy.mate
        while True:
            async with self._sending:
                task = await self._made(copy.entry.asked)
                kit = await self._loop.run_in_executor(self._reader, self._kit, mate, task.encoded)
                shared = [*task.shared(), *([kit.encoder] if kit.encoder else [])]
                missing = [one for one in shared if one.digest not in mate.has]
                if not missing:
                    copy.label, copy.steps = task.name, task.steps
                    data = await self.line.send(task, mate)
                    break
            del task  # its pixels are read again then
            for one in missing:
                await self.parcels.send(one, mate)
        del task
        copy.future = self.client.submit(
            remote.done, data, kit, workers=[mate.address], allow_other_workers=False, pure=False
        )

    async def _made(self, asked: Asked) -> Task[Any]:
        try:
            return await self._loop.run_in_executor(self._reader, asked.make)
        except Exception as error:
            raise _Unmade(error) from error

    def _replied(self, copy: Copy, reply: Any, used: Any, held: bool) -> bool:
        """Take a reply, if it is the first; says whether room is still held for it."""
        entry, mate = copy.entry, copy.mate
        if entry.settled:
            return held
        if reply.error is not None and out_of_memory(reply.error):
            entry.avoid.add(mate.address)
            if any(m.ready and m.address not in entry.avoid for m in self.mates.values()):
                return held  # another one may have more
        busy = sum(bool(m.copies) for m in self.mates.values()) or 1
        beside = sum(m.host == mate.host for m in self.mates.values()) or 1
        mate.count(reply.seconds, entry.asked.work, used, beside)
        notes: list[tuple[str, Any]] = [
            ("worker", mate.name),
            ("machine_seconds", round(reply.seconds / beside, 3)),
        ]
        if used.joules:
            energy = {
                "joules": used.joules / beside,
                "seconds": used.seconds / beside,
                "source": used.source,
            }
            notes.append(("energy", energy))
        outcome = Outcome(
            entry.asked.name, reply.result, reply.error, reply.seconds / busy, tuple(notes)
        )
        self._settle(entry, outcome, copy.steps, held)
        return False

    def _settle(self, entry: Entry, outcome: Outcome, steps: int, held: bool = False) -> None:
        entry.settled = True
        for other in list(entry.copies):
            if other.work is not None and other.work is not asyncio.current_task():
                other.why = "another worker was first"
                other.work.cancel()
        self._done.put((outcome, steps, held))


class _Unmade(Exception):
    """A task could not be made ready."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


async def _quietly(work: Any) -> None:
    with contextlib.suppress(Exception):
        await work
