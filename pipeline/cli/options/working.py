"""The options of how a command works: what it says, on which computers, at which hours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from pipeline.engine.executors.asked import Cluster
from stages.errors import UsageError


@dataclass(frozen=True)
class Output:
    """How a command speaks."""

    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only say what goes wrong.")] = False
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False


@dataclass(frozen=True)
class Computers:
    """Which computers work on it."""

    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="ADDRESS",
            help="Dask scheduler, as tcp://host:8786, or local:4 for 4 processes.",
        ),
    ] = None
    cluster_threads: Annotated[
        int,
        typer.Option(
            "--cluster-threads",
            metavar="N",
            min=0,
            max=1024,
            help="Threads of each worker; 0: its computer's cores, shared among its workers.",
        ),
    ] = 0
    cluster_fallback: Annotated[
        bool, typer.Option("--cluster-fallback", help="Go on here while there is no worker.")
    ] = False

    def asked(self) -> Cluster | None:
        """The cluster that is asked for, if one is.

        Raises:
            UsageError: it has no such address.
        """
        if self.cluster is None:
            if self.cluster_threads or self.cluster_fallback:
                raise UsageError(
                    "--cluster-threads and --cluster-fallback go with --cluster ADDRESS; name one"
                )
            return None
        return Cluster(self.cluster, self.cluster_threads, self.cluster_fallback)


@dataclass(frozen=True)
class Habits:
    """How a resumed run uses the computer from now on."""

    nice: Annotated[
        int | None,
        typer.Option("--nice", metavar="N", help="0 to 19; the higher, the more others go first."),
    ] = None
    only_between: Annotated[
        str | None,
        typer.Option(
            "--only-between", metavar="HOURS", help='Work in these, as 22:00-07:00; "": always.'
        ),
    ] = None

    def overrides(self) -> dict[str, object]:
        """Dotted settings and the values given for them."""
        given = {"run.nice": self.nice, "run.only_between": self.only_between}
        return {key: value for key, value in given.items() if value is not None}


@dataclass(frozen=True)
class Server:
    """How a page is served to this computer's browser."""

    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="0: any free one.")
    ] = 0
    open: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the browser, or only tell the address.")
    ] = True
