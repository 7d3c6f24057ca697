"""Whether the company file that is open in QuickBooks is the one this connection is for. Never decided by chance.

The first file that answers is bound; from then on its path, its name and our FileID in it (where QuickBooks tells it)
must stay the same. Whatever differs is for a person: nothing is handed out until they bind anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pos.connectors.qbd import answers, markup
from pos.said import said
from pos.store.qbd_companies import Desktop

PATH_CHARS_MAX = 500
_NOT_SAID = answers.Facts()


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look came to. words: why nothing may be handed out, "" = it may. binds: it is bound now. values: what is
    kept of the company file. version: qbXML for this session."""

    words: str = ""
    binds: bool = False
    name: str = ""
    version: str = ""
    values: dict[str, Any] = field(default_factory=dict)


def look(
    row: Desktop, others: Sequence[Desktop], host: str, path: str, country: str, highest: tuple[str, str], most: str
) -> Seen:
    """row: the connection; others: all the other ones. host: the answers of host, company and preferences, "" when they
    did not come. path: the file that is open. highest: major and minor qbXML version. most: our newest."""
    facts, path = _facts(host, row.owner_id), path.strip()[:PATH_CHARS_MAX]
    version = _version(row, facts, highest, most)
    words = _refused(row, others, facts, path)
    if not words and not version:
        words = said("This QuickBooks is too old: it takes qbXML {version}, and 11.0 is the least.",
                     version=".".join(highest))  # fmt: skip
    values: dict[str, Any] = {}
    if facts != _NOT_SAID:
        values = {
            "country": facts.country or country[:10], "edition": " ".join(filter(None, (facts.product, facts.release))),
            "facts": {"multi_site": facts.multi_site, "inventory": facts.inventory, "mode": facts.mode,
                      "closing_date": facts.closing_date, "sample": facts.sample, "versions": list(facts.versions)},
        }  # fmt: skip
    if version:
        values["version"] = version
    return Seen(words, not words and not row.bound_at, facts.company, version, values)


def same_path(one: str, other: str) -> bool:
    """Paths of Windows: in any letters, with either slash."""
    return _plain(one) == _plain(other)


def _plain(path: str) -> str:
    return path.strip().replace("/", "\\").casefold()


def _facts(host: str, owner_id: str) -> answers.Facts:
    if not host.strip():
        return _NOT_SAID
    try:
        return answers.facts_of(answers.read(host), owner_id)
    except answers.NoAnswer:
        return _NOT_SAID


def _version(row: Desktop, facts: answers.Facts, highest: tuple[str, str], most: str) -> str:
    if facts.versions:
        return markup.best_version(facts.versions, most)
    return markup.upto(*highest, most) or (row.version if highest == ("", "") else "")


def _refused(row: Desktop, others: Sequence[Desktop], facts: answers.Facts, path: str) -> str:
    """Why it is not the right one, in words that say what to do."""
    shown = facts.company or path or "?"
    if facts.file_id and facts.file_id.upper() != row.file_id.upper():
        return _other(row, shown)
    for other in others:
        if path and same_path(other.company_file, path):
            return said("{file} belongs to another company of this till. Open the right company file.", file=shown)
    if not row.bound_at:
        if not (path or facts.company):
            return said("QuickBooks did not say which company file is open. Open it, then update again.")
        return ""
    if row.company_file and path and not same_path(row.company_file, path):
        return _other(row, path)
    if row.company_name and facts.company and row.company_name != facts.company:
        return _other(row, facts.company)
    if not path and not facts.company:
        return said("QuickBooks did not say which company file is open. Open it, then update again.")
    return ""


def _other(row: Desktop, shown: str) -> str:
    return said(
        "The open company file is {shown}, and this connection is for {right}. Nothing was sent. Open the right file,"
        " or have the connection bound anew at the till.",
        shown=shown, right=row.company_name or row.company_file or row.company,
    )  # fmt: skip
