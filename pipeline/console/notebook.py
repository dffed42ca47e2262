"""Progress in a notebook: a bar and a line under the cell, drawn anew in its place."""

from __future__ import annotations

import html
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pipeline.console.progress import Bar, Pace
from pipeline.host.work_clock import worked

_EVERY = 0.5  # seconds between two drawings


def here() -> bool:
    """Whether this process is the kernel of a notebook."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    return getattr(shell, "kernel", None) is not None


@contextmanager
def progress(total_work: float, label: str = "") -> Iterator[Bar]:
    """A bar over `total_work` units under the cell; it goes when the work is done."""
    from IPython.display import HTML, display

    html_of: Callable[[str], object] = HTML
    shown: Callable[..., Any] = display
    handle = shown(html_of(""), display_id=True)
    drawn = time.monotonic() - _EVERY

    def draw(bar: Bar, new: bool) -> None:
        nonlocal drawn
        if handle is None or not (new or time.monotonic() - drawn >= _EVERY):
            return
        drawn = time.monotonic()
        share = min(1.0, bar.pace.done / bar.pace.total) if bar.pace.total > 0 else 1.0
        text = html.escape(bar.text())
        handle.update(html_of(f'<progress value="{share:.4f}" max="1"></progress> {text}'))

    try:
        yield Bar(Pace(total_work, None, worked), draw, label)
    finally:
        if handle is not None:
            handle.update(html_of(""))
