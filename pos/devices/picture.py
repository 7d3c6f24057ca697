"""A slip as a picture, for people and tests: the rows on white paper, letter by letter in the columns of the roll."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING

from pos.rules.paper import Row, width

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw as Drawing
    from PIL.ImageFont import FreeTypeFont

#: The font comes with python-barcode: the same picture on every machine.
#: Pixels of one character, those of a usual printer at 8 dots a millimetre.
CELL_WIDTH, CELL_HEIGHT = 12, 30
FONT_SIZE, MARGIN, BAR_WIDTH, BAR_HEIGHT = 20, 24, 2, 60


def picture(rows: Sequence[Row], columns: int) -> Image:
    """Black on white, one picture for all rows; a cut is a dashed line."""
    from PIL import Image, ImageDraw, ImageFont

    high = 2 * MARGIN + sum(_height(row) for row in rows)
    image = Image.new("L", (2 * MARGIN + columns * CELL_WIDTH, high), 255)
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(resources.files("barcode") / "fonts" / "DejaVuSansMono.ttf"), FONT_SIZE)
    top = MARGIN
    for row in rows:
        if row.kind == "cut":
            for x in range(0, image.width, 16):
                draw.line((x, top + CELL_HEIGHT // 2, x + 8, top + CELL_HEIGHT // 2), fill=128)
        elif row.kind == "bars":
            _bars(draw, row.text, image.width, top)
        else:
            image.paste(_line(row, columns, font), (MARGIN, top))
        top += _height(row)
    return image


def _height(row: Row) -> int:
    if row.kind == "bars":
        return BAR_HEIGHT + 10
    return CELL_HEIGHT * (2 if row.tall else 1)


def _line(row: Row, columns: int, font: FreeTypeFont) -> Image:
    """One line in its cells, then stretched as the printer does it."""
    from PIL import Image, ImageDraw

    cells = columns // 2 if row.wide else columns
    line = Image.new("L", (cells * CELL_WIDTH, CELL_HEIGHT), 255)
    draw = ImageDraw.Draw(line)
    at = 0
    for letter in row.text:
        middle = at * CELL_WIDTH + max(1, width(letter)) * CELL_WIDTH // 2
        draw.text(
            (middle, CELL_HEIGHT // 2), letter, fill=0, anchor="mm", font=font, stroke_width=1 if row.bold else 0,
            stroke_fill=0,
        )  # fmt: skip
        at += width(letter)
    return line.resize((columns * CELL_WIDTH, _height(row))) if row.wide or row.tall else line


def _bars(draw: Drawing, code: str, across: int, top: int) -> None:
    from barcode import Code128

    modules = str(Code128(code).build()[0])
    start = (across - len(modules) * BAR_WIDTH) // 2
    for i, module in enumerate(modules):
        if module == "1":
            x = start + i * BAR_WIDTH
            draw.rectangle((x, top, x + BAR_WIDTH - 1, top + BAR_HEIGHT), fill=0)
