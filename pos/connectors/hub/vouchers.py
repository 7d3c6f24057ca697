"""The hub's ledger of gift vouchers, seen from a till. Amounts go as minor units."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from pos.connectors.base import EntryPage, MadePage, VoucherEntry, VoucherMade
from pos.connectors.hub.client import ROOT
from pos.connectors.hub.feeds import Feeds
from pos.errors import Unknown

_WHOLE = ("amount", "held", "position")


class Vouchers:
    """The VoucherBook of a hub. Used by one thread at a time."""

    def __init__(self, line: Feeds) -> None:
        self._line = line

    @property
    def clock_off(self) -> float | None:
        return self._line.clock_off

    def put_voucher(self, entry: VoucherEntry) -> None:
        self._line.tell(f"{ROOT}/vouchers/rows", {"rows": [asdict(entry)]})

    def find_vouchers(self, ids: Collection[str]) -> dict[str, VoucherEntry]:
        if not ids:
            return {}
        told = self._line.tell(f"{ROOT}/vouchers/find", {"ids": sorted(ids)}, only_reads=True)
        return {entry.id: entry for entry in _entries(told)}

    def voucher_entries(self, code: str) -> tuple[VoucherEntry, ...]:
        return _entries(self._line.ask(f"{ROOT}/vouchers/{quote(code, safe='')}"))

    def pull_vouchers(self, since: str) -> EntryPage:
        page = self._line.pull("vouchers", since)
        return EntryPage(_entries({"rows": list(page.rows)}), page.cursor, page.more)

    def voucher_made(self, code: str) -> VoucherMade | None:  # noqa: ARG002
        return None  # one made by hand at the hub is a row like any other

    def pull_made(self, since: str) -> MadePage:  # noqa: ARG002
        return MadePage((), "", more=False)


def _entries(told: dict[str, Any]) -> tuple[VoucherEntry, ...]:
    try:
        return tuple(_entry(row) for row in told["rows"])
    except (KeyError, TypeError, ValueError) as error:
        raise Unknown(
            f"The hub answered with something that is no row of a voucher ({error!r}).", code="garbage"
        ) from error


def _entry(row: dict[str, Any]) -> VoucherEntry:
    told: dict[str, Any] = {name: str(row[name]) for name in VoucherEntry.__dataclass_fields__ if name not in _WHOLE}
    told |= {name: int(row[name]) for name in _WHOLE}
    return VoucherEntry(**told)
