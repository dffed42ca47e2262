"""What a print file says about itself: title, whose the photo is, tool and settings.

EXIF (Exif 2.32) goes into JPEG and PNG by libvips, whose fields are named
``exif-ifd0-Copyright``. XMP (ISO 16684-1) goes into all files. TIFF has its own tags for the same,
which libvips does not write; see `stages.canvas.printed.tags`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax import saxutils

from stages.canvas import _vips

_MARK = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
_NAMESPACE = "https://tilebrush.invalid/xmp/1.0/"  # a name, not an address


@dataclass(frozen=True)
class Metadata:
    """What is said; what is empty is left out. `camera` has EXIF fields of the photo, as read."""

    title: str = ""
    artist: str = ""
    copyright: str = ""
    tool: str = ""
    settings: str = ""
    camera: Mapping[str, str] = field(default_factory=dict)


def with_exif(image: Any, said: Metadata, *, srgb: bool) -> None:
    """Set the EXIF fields of an image that is not shared."""
    for name, value in said.camera.items():
        _vips.set_text(image, name, _whole(value))
    texts = {
        "exif-ifd0-ImageDescription": said.title,
        "exif-ifd0-Artist": said.artist,
        "exif-ifd0-Copyright": said.copyright,
        "exif-ifd0-Software": said.tool,
    }
    for name, value in texts.items():
        if value:
            _vips.set_text(image, name, _whole(value))
    # sRGB; libvips writes "uncalibrated", which holds for all others.
    _vips.set_text(image, "exif-ifd2-ColorSpace", "1" if srgb else "65535")


def _whole(text: str) -> str:
    """A value as libvips takes it: it drops what is in the last brackets."""
    return f"{text} (.)"


def with_xmp(image: Any, said: Metadata) -> None:
    """Set the XMP of an image that is not shared; of an empty `Metadata` none."""
    if said != Metadata():
        _vips.set_bytes(image, "xmp-data", xmp(said).encode("utf-8"))


def xmp(said: Metadata) -> str:
    """The XMP packet."""
    parts = [
        _language("dc:title", said.title),
        _list("dc:creator", said.artist),
        _language("dc:rights", said.copyright),
        _plain("xmp:CreatorTool", said.tool),
        _plain("tilebrush:Settings", said.settings),
    ]
    body = "".join(f"   {part}\n" for part in parts if part)
    return (
        f"{_MARK}\n"
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        f' xmlns:tilebrush="{_NAMESPACE}">\n'
        f"{body}"
        "  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    )


def _escaped(text: str) -> str:
    """Text without what XML does not take."""
    return saxutils.escape("".join(c for c in text if c.isprintable() or c in "\n\t"))


def _plain(name: str, text: str) -> str:
    return f"<{name}>{_escaped(text)}</{name}>" if text else ""


def _language(name: str, text: str) -> str:
    if not text:
        return ""
    item = f'<rdf:li xml:lang="x-default">{_escaped(text)}</rdf:li>'
    return f"<{name}><rdf:Alt>{item}</rdf:Alt></{name}>"


def _list(name: str, text: str) -> str:
    return f"<{name}><rdf:Seq><rdf:li>{_escaped(text)}</rdf:li></rdf:Seq></{name}>" if text else ""
