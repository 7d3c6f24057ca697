"""From a job of the print queue to the rows of its slip: the document read again, the shop's look put around it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pos import clock, language
from pos.config import Config
from pos.errors import NotFound
from pos.rules import documents, slips, wording, zpaper
from pos.rules.money import major
from pos.rules.paper import Row
from pos.rules.slips import templates_of
from pos.store import vouchers
from pos.store.db import Store
from pos.store.prints import Job

__all__ = ["document", "look_of", "rows_of", "templates_of", "words_of"]


def look_of(config: Config, letters: Callable[[str], str] = str, columns: int = 0) -> slips.Look:
    """What each slip of this shop shares. letters: of the printer; columns: 0 = as the settings have it."""
    shop, words = config.shop, words_of(config, printed=letters is not str)
    return slips.Look(
        name=shop.name,
        tagline=shop.tagline,
        address=shop.address,
        phone=shop.phone,
        tax_number=shop.tax_number,
        footer=shop.footer,
        locale=words.locale,
        currency=shop.currency,
        till_name=config.till.name,
        walk_in=config.till.walk_in,
        return_days=config.returns.window_days,
        columns=columns or config.printer.columns,
        letters=letters,
        say=words.say,
    )


def words_of(config: Config, *, printed: bool) -> zpaper.Words:
    """The language of the shop, for paper. printed: by a receipt printer, which knows no joined letters and no order
    from right to left: there such a language is left for English. A page prints it through the browser."""
    spoken = language.of(config.shop.language)
    if printed and spoken.direction == "rtl":
        return zpaper.Words(wording.locale_for(language.SOURCE, config.shop.locale))
    return zpaper.Words(config.shop.locale, spoken.say)


def document(store: Store, key: str) -> dict[str, Any]:
    """A saved document by its id or its number, our own before an imported twin. NotFound."""
    found = store.execute(
        "SELECT body FROM document WHERE id = ? OR number = ?"
        " ORDER BY id = ? DESC, series = 'till' DESC, n DESC LIMIT 1",
        (key, key, key),
    ).fetchone()
    if found is None:
        raise NotFound("There is no such document on this till.")
    return documents.decode(str(found[0]).encode())


def rows_of(store: Store, config: Config, job: Job, look: slips.Look) -> tuple[Row, ...]:
    """The rows of one job. NotFound for a document that is gone, ValueError when it has no such slip."""
    asked_at = clock.parse(job.made_at).astimezone(ZoneInfo(config.shop.timezone))
    copy = slips.Copy(job.by_name, asked_at) if job.copy else None
    if job.template == "test":
        return slips.test_page(look, config.printer.code_page, asked_at)
    if job.template == "x":
        return slips.slip("x", {}, look, copy=copy, report=json.loads(job.body))
    if job.template == "balance" and not job.document:
        asked = json.loads(job.body)
        return slips.balance_slip(look, asked["code"], Decimal(asked["balance"]), asked["expires"], asked_at)
    doc = document(store, job.document)
    report = zpaper.lines(doc, look.columns, zpaper.Words(look.locale, look.say)) if job.template == "z" else ()
    lines = tuple(job.part.split(" ")) if job.part else ()
    balances = _balances(store, doc) if copy is not None else None
    return slips.slip(job.template, doc, look, copy=copy, lines=lines, report=report, balances=balances)


def _balances(store: Store, doc: Mapping[str, Any]) -> dict[str, Decimal]:
    """What is on the vouchers of a document now: a slip printed again must not promise what was used since."""
    found = (vouchers.balance(store, row["code"]) for row in doc.get("vouchers") or ())
    return {x.code: major(max(0, x.balance), doc["currency"]) for x in found if x.state != "unknown"}
