"""printer test, drawer, pages, preview: is the receipt printer set up right? Also while the till runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from pos import cli, clock
from pos.actions import paper
from pos.cli import opened
from pos.config import Config
from pos.devices import printer_of
from pos.devices.base import MayHavePrinted, NotPrinted, Printer
from pos.errors import BadSettings
from pos.rules import slips
from pos.rules.paper import Row, readable

_LOOK_FOR = """\
Look at the paper:
  1. Large at the top stand a pound sign and a euro sign. Anything else: another [printer] code_page
     (`printer pages` shows what each page of your printer holds).
  2. The line of figures fills one line. Two lines: set [printer] columns to 32.
  3. The scanner reads TEST-000123 from the barcode.
  4. The paper is cut below the last line.
`printer drawer` opens the cash drawer."""


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="test|drawer|pages|preview", required=True)
    acts.add_parser("test", help="print a page with £ and €, and say what to look for")
    acts.add_parser("drawer", help="open the cash drawer once")
    acts.add_parser("pages", help="print £ and € in every code page the profile knows, to find the right one")
    preview = acts.add_parser("preview", help="show the test page here; with --image write it as a picture")
    preview.add_argument("--image", metavar="FILE", help="a PNG file to write")


def run(args: argparse.Namespace, root: Path) -> int:
    config = opened.settings(root)
    if args.act == "preview":
        return _preview(config, args.image)
    printer = printer_of(config)
    if printer is None:
        raise BadSettings("No printer is set up: [printer] url is empty. docs/printing.md says what to write there.")
    try:
        return _do(args.act, printer, config)
    except (NotPrinted, MayHavePrinted) as error:
        print(error.message)
        return cli.FAILED


def _do(act: str, printer: Printer, config: Config) -> int:
    if act == "drawer":
        printer.kick()
        print("The pulse was sent. If the drawer stayed shut, try [printer] drawer_pin 5, or look at its cable.")
    elif act == "pages":
        printer.print_pages()
        print("Each line names a page. Set [printer] code_page to one that shows £ and € right, like CP858:19.")
    else:
        done = printer.send(_page(config, printer), must_answer=False)
        print(_LOOK_FOR)
        if not done.confirmed:
            print("The printer does not say when it has printed, so the till can only tell that it was sent.")
    return cli.OK


def _page(config: Config, printer: Printer | None) -> tuple[Row, ...]:
    look = paper.look_of(config, printer.letters if printer else str)
    return slips.test_page(look, config.printer.code_page, clock.now())


def _preview(config: Config, image: str | None) -> int:
    rows = _page(config, None)
    if image:
        from pos.devices.picture import picture

        picture(rows, config.printer.columns).save(image)
        print(f"{image} is written.")
    else:
        print(readable(rows, config.printer.columns), end="")
    return cli.OK
