"""The page's own files: a template, scripts and styles that come with the package, and data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.report.facts import Facts

FOLDER = "report"
PICTURES = "pictures"
PAGE, DATA = "index.html", "data.js"
# The viewer is OpenSeadragon's, the charts are uPlot's; their licences lie beside them.
ASSETS = (
    "page.css",
    "viewer.js",
    "charts.js",
    "page.js",
    "vendor/openseadragon.min.js",
    "vendor/openseadragon-LICENSE.txt",
    "vendor/uplot.min.js",
    "vendor/uplot.min.css",
    "vendor/uplot-LICENSE.txt",
)
_HEAD, _TAIL = "tilebrush(", ");\n"


def asset(name: str) -> bytes:
    """A file of the page as the package has it."""
    return (resources.files("pipeline.report") / "page" / name).read_bytes()


def rendered(
    template: str = "report.html",
    place: str = "",
    texts: Mapping[str, str] | None = None,
    **values: object,
) -> str:
    """A page from its template, whose assets lie in `place`; whatever is put in is escaped.

    Templates are those of the package, and others by name in `texts`.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    def found(name: str) -> str:
        return (texts or {}).get(name) or asset(name).decode("utf-8")

    environment = Environment(
        loader=FunctionLoader(found), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template(template).render(version=__version__, place=place, **values)


def as_data(facts: Facts) -> str:
    """The facts as a script that hands them to the page: a page from a disk may load nothing else.

    No text in it can end the script or begin another.
    """
    text = json.dumps(asdict(facts), separators=(",", ":"), allow_nan=False)
    safe = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return _HEAD + safe + _TAIL


def read_data(path: Path) -> dict[str, Any]:
    """What `as_data` wrote; nothing if it is not there or damaged."""
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text.removeprefix(_HEAD).removesuffix(_TAIL))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
