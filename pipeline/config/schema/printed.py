"""The settings of the print as a thing: its paper, what of the photo is on it, its files."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.config import papers, units
from pipeline.config.schema.section import Section, checked
from stages.errors import UsageError

_ANY_DPI = 300.0  # whether a length can be read does not depend on it

_Size = Annotated[str, checked(units.parse_size, empty=False)]
_Length = Annotated[str, checked(lambda text: papers.parse_length(text, _ANY_DPI), empty=True)]
_Border = Annotated[str, checked(lambda text: papers.parse_border(text, _ANY_DPI), empty=True)]
_Name = Annotated[str, checked(papers.check_name, empty=False)]
_Profile = Annotated[str, checked(papers.check_profile, empty=False)]
_Proof = Annotated[str, checked(papers.check_proof, empty=True)]
_Crop = Annotated[str, checked(papers.parse_crop, empty=False)]
_Colour = Annotated[str, checked(papers.parse_colour, empty=False)]


class PrintSettings(Section):
    """The print."""

    size: _Size = Field(
        default="6000x4500",
        description="px, width x height of the box the print fits in; 27 megapixels are 40x30 cm "
        "at 381 dpi. The photo's aspect ratio is kept, see fit",
    )
    paper: str = Field(
        default="",
        description='instead of size: paper width x height with mm, cm or in, such as "40x30cm" '
        '("30x40" is in cm), or "A0" to "A6"; with dpi it gives the size. Empty: size counts',
    )
    dpi: float = Field(
        default=381.0,
        ge=10,
        le=5000,
        description="px per inch, written into the print and used by paper, bleed and border",
    )
    orientation: Literal["auto", "portrait", "landscape"] = Field(
        default="auto",
        description='how the paper or size lies; "auto" turns the paper as the photo is and takes '
        "size as it is",
    )
    fit: Literal["contain", "cover"] = Field(
        default="contain",
        description='"contain" keeps the whole photo inside the size; "cover" fills the size and '
        "crops what juts out, see crop",
    )
    crop: _Crop = Field(
        default="centre",
        description='the point of the photo that is kept in the middle where it is cropped: "X,Y", '
        'each 0 to 1 from the upper left corner or with %, or "centre", "top", "bottom", "left", '
        '"right", "top-left" ...',
    )
    bleed: _Length = Field(
        default="",
        description='how far the print goes on beyond each edge of the paper, such as "3mm", for '
        "the lab to cut off; px, too. Empty: not at all",
    )
    border: _Border = Field(
        default="",
        description='border around the picture inside the paper, such as "10mm"; also two lengths '
        "(top and bottom, left and right) or four (from the top clockwise), with commas. With one "
        'the whole paper is the print, also where the photo does not fill it ("0"). Empty: none',
    )
    border_colour: _Colour = Field(
        default="white", description='"white", "black", or sRGB such as "#f4efe6"'
    )
    files: tuple[Literal["tiff", "jpeg", "png", "archive"], ...] = Field(
        default=("tiff", "jpeg"),
        min_length=1,
        description='what is written: "tiff" and "jpeg" as print labs take them, "png", "archive" '
        "(a TIFF of 16 bits in tiles, with smaller copies in it)",
    )
    name: _Name = Field(
        default="print",
        description='of these files, without suffix; "{photo}" and "{style}" stand for the names '
        "of the inputs",
    )
    compression: Literal["lzw", "none", "deflate"] = Field(
        default="lzw",
        description='of the TIFF, without loss; labs take "lzw" and "none", "deflate" is smallest',
    )
    profile: _Profile = Field(
        default="srgb",
        description='colours of the files: "srgb", "adobe-rgb", "p3" (Display P3), or an RGB '
        "profile's .icc file; it is embedded",
    )
    soft_proof: _Proof = Field(
        default="",
        description='an .icc file of a lab\'s paper or press, RGB or CMYK, or "cmyk" (a generic '
        "press): the print as it will look there, as a picture beside it. Empty: none",
    )
    title: str = Field(
        default="",
        max_length=500,
        description="written into the files; empty: the names of photo and paintings",
    )
    metadata: Literal["credits", "all", "none"] = Field(
        default="credits",
        description='what files say: "credits" is title, tool, settings and the photo\'s artist '
        'and copyright; "all" also what its camera wrote, with the place (JPEG and PNG); "none": '
        "nothing",
    )
    bits: Literal[8, 16] = Field(
        default=8,
        description="bits per channel of the TIFF; 8 is what print labs take, 16 is for editing",
    )
    jpeg_quality: int = Field(
        default=95,
        ge=1,
        le=100,
        description="1 to 100, of the JPEG; at 95 the loss is not seen in print",
    )

    @model_validator(mode="after")
    def _paper_fits(self) -> PrintSettings:
        try:
            if self.paper:
                papers.parse_paper(self.paper, self.dpi)
        except UsageError as error:
            raise ValueError(str(error)) from error
        return self
