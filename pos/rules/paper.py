"""Slips as neutral lines of a fixed number of columns: laid out once, shown alike by a printer, a page or a picture.

Words are wrapped; a figure of money is never cut and never shares its place. Nothing in a text reaches a printer as a
command: control characters are dropped here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

#: Rolls people have: 80 mm (42 or 48 characters) and 58 mm (32).
COLUMNS = (42, 48, 32)
#: Words beside a figure get at least this many columns, else the figure gets a line of its own.
BESIDE_MIN = 8


@dataclass(frozen=True, slots=True)
class Row:
    """One line of paper. text: laid out to the columns of the roll (half as many when `wide`), nothing to align.

    kind: "text"; "bars" (text is the code); "cut" (the slip ends here).
    """

    text: str = ""
    kind: str = "text"
    bold: bool = False
    tall: bool = False
    wide: bool = False


def clean(text: str) -> str:
    """Without anything that is no letter, figure, sign or space: names come from other systems."""
    spaced = "".join(" " if c in "\t\r\v\f" else c for c in text)
    return "".join(c for c in spaced if c == "\n" or unicodedata.category(c)[0] != "C")


def width(text: str) -> int:
    """Columns a text takes: two for a wide East Asian letter, none for a mark above or below another."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def wrap(text: str, columns: int) -> list[str]:
    """The words in lines of at most `columns`; a word longer than a line is broken, a no-break space is not, the
    spaces in front stay."""
    lines: list[str] = []
    for paragraph in clean(text).split("\n"):
        words = paragraph.lstrip(" ")
        line = " " * min(len(paragraph) - len(words), columns - 1)
        for i, word in enumerate(words.split(" ")):
            joined = f"{line} {word}" if i and line and word else line + word
            if width(joined) <= columns:
                line = joined
                continue
            if line.strip():
                lines.append(line)
            *whole, line = _pieces(word, columns)
            lines += whole
        lines.append(line)
    return lines


def _pieces(word: str, columns: int) -> list[str]:
    pieces, piece = [], ""
    for letter in word:
        if piece and width(piece + letter) > columns:
            pieces.append(piece)
            piece = ""
        piece += letter
    return [*pieces, piece]


def left(text: str, columns: int) -> str:
    """Filled up to the right."""
    return text + " " * (columns - width(text))


def right(text: str, columns: int) -> str:
    """Filled up to the left."""
    return " " * (columns - width(text)) + text


def centred(text: str, columns: int) -> str:
    """In the middle; not filled up behind."""
    return " " * ((columns - width(text)) // 2) + text


@dataclass(slots=True)
class Roll:
    """A slip that is being written.

    letters: what becomes of a text in the letters of the printer, before it is laid out; str keeps it as it is.
    """

    columns: int
    letters: Callable[[str], str] = str
    rows: list[Row] = field(default_factory=list)

    def words(
        self, text: str, *, bold: bool = False, tall: bool = False, wide: bool = False, centre: bool = False
    ) -> None:
        """A text, wrapped. An empty one leaves no line."""
        columns = self.columns // 2 if wide else self.columns
        for line in wrap(self.letters(text), columns) if text.strip() else ():
            shown = centred(line, columns) if centre else line
            self.rows.append(Row(shown.rstrip(), bold=bold, tall=tall, wide=wide))

    def pair(self, words: str, figure: str = "", *, mark: str = "", bold: bool = False, tall: bool = False) -> None:
        """Words at the left, a figure at the right of their last line. mark: one letter behind the figure, or " "."""
        words, figure = self.letters(words), clean(self.letters(figure))
        end = f"{figure} {mark}" if mark else figure
        room = self.columns - width(end) - 1
        if not end.strip():
            self.words(words, bold=bold, tall=tall)
        elif room >= min(BESIDE_MIN, width(words)):
            *above, last = wrap(words, room)
            for line in above:
                self.rows.append(Row(line, bold=bold, tall=tall))
            self.rows.append(Row(left(last, self.columns - width(end)) + end, bold=bold, tall=tall))
        else:
            self.words(words, bold=bold, tall=tall)
            for line in [end] if width(end) <= self.columns else wrap(end, self.columns):
                self.rows.append(Row(right(line, self.columns), bold=bold, tall=tall))

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Rows of the same length, heads first; words in the first column, figures in the others. Where they do not
        fit side by side each figure gets a line under its head."""
        cells = [[clean(self.letters(cell)) for cell in row] for row in rows]
        widths = [max(width(row[i]) for row in cells) for i in range(1, len(cells[0]))]
        gap = 2 if sum(widths) + 2 * len(widths) + max(width(row[0]) for row in cells) <= self.columns else 1
        room = self.columns - sum(widths) - gap * len(widths)
        if room < max(width(row[0]) for row in cells):
            self._stacked(cells)
            return
        spare = room - max(width(row[0]) for row in cells)
        share = spare // len(widths)  # the figures stand apart as far as there is paper
        widths = [w + gap + share for w in widths]
        for row in cells:
            figures = "".join(right(cell, w) for cell, w in zip(row[1:], widths, strict=True))
            self.rows.append(Row(left(row[0], self.columns - sum(widths)) + figures))

    def _stacked(self, cells: Sequence[Sequence[str]]) -> None:
        head, *below = cells
        for row in below:
            self.words(row[0])
            for name, figure in zip(head[1:], row[1:], strict=True):
                self.pair(f"  {name}", figure)

    def rule(self, sign: str = "-") -> None:
        """A line across; none under another one."""
        if sign == "-" and self.rows and self.rows[-1].text in ("-" * self.columns, "=" * self.columns):
            return
        self.rows.append(Row(sign * self.columns))

    def band(self, text: str) -> None:
        """A word nobody overlooks, between two rules."""
        self.rule("=")
        self.words(text, bold=True, tall=True, wide=True, centre=True)
        self.rule("=")

    def blank(self) -> None:
        """An empty line."""
        self.rows.append(Row())

    def bars(self, code: str) -> None:
        """A code for the scanner."""
        self.rows.append(Row(clean(code), kind="bars"))

    def lines(self, texts: Sequence[str]) -> None:
        """Lines that were laid out elsewhere for this many columns; one that is too long is wrapped, not cut."""
        for text in texts:
            shown = clean(self.letters(text))
            for line in wrap(shown, self.columns) if width(shown) > self.columns else [shown]:
                self.rows.append(Row(line.rstrip()))

    def cut(self) -> None:
        """The slip ends here."""
        self.rows.append(Row(kind="cut"))


def readable(rows: Sequence[Row], columns: int) -> str:
    """The slip for a person at a screen; "B", "T", "W" in front say bold, tall and wide."""
    out = []
    for row in rows:
        signs = "".join(s if on else " " for s, on in (("B", row.bold), ("T", row.tall), ("W", row.wide)))
        if row.kind == "cut":
            out.append("    " + "8<".center(columns, "-"))
            continue
        text = centred(f"|||| {row.text} ||||", columns) if row.kind == "bars" else row.text
        if row.wide:
            text = "".join(f"{c} " for c in text)
        out.append(f"{signs}|{text}".rstrip())
    return "\n".join(out) + "\n"
