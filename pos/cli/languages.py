"""`python3 tasks.py languages`: every text people read, out of templates, scripts and Python, into pos/locale.

What is no longer said is dropped, what is new stands there empty, what was translated stays. `--check` writes nothing
and fails when a file is not as it would be written, or a text is not translated, or names other facts.
"""

from __future__ import annotations

import ast
import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import write_po

from pos import language
from pos.config import GROUPS
from pos.setting import default_of

REPO = Path(__file__).resolve().parent.parent.parent

#: Errors for people: the first thing they are given is a sentence.
ERRORS = (
    "UserError", "Invalid", "NotFound", "Conflict", "SignInNeededHere", "NotAllowed", "NeedsApproval", "CannotSave",
    "LockedOut", "Refused", "WrongType", "TooLarge", "NotKnownHere", "Taken", "NoBasket",
)  # fmt: skip
#: What marks a text in Python -> where its words stand: (context, one, many), None = there is none.
PYTHON: dict[str, tuple[int | None, int, int | None]] = {
    "said": (None, 0, None),
    "nsaid": (None, 0, 1),
    "psaid": (0, 1, None),
    "otherwise": (None, 1, None),
    "say": (None, 0, None),
    **dict.fromkeys(ERRORS, (None, 0, None)),
}
#: A text in a script: `t("…")`, `tx("…")`, `mark("…")`, with a second one for `tn("…", "…", n)` and `tp("where", "…")`.
SCRIPT = re.compile(
    r'(?:(?<![\w$.])|(?<=\.\.\.))(t|tx|mark|tn|tp)\(\s*("(?:[^"\\\n]|\\.)*")(?:\s*,\s*("(?:[^"\\\n]|\\.)*"))?'
)
_COMMENT = re.compile(r"^\s*(?://|\*|/\*).*$", re.MULTILINE)
TEMPLATE: dict[str, Any] = {"_": None, "say": (1,), "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
JINJA = {"encoding": "utf-8", "trim_blocks": "true", "lstrip_blocks": "true", "trimmed": "true", "silent": "false"}
PLACES = (("templates", ".html"), ("static/js", ".js"), ("pos", ".py"), ("agents", ".py"))
#: Names of ways to pay that most shops have; another name is shown as the shop wrote it.
USUAL = ("Cash", "Card", "Voucher", "Gift voucher", "On account", "Bank transfer", "Cheque", "Other")
#: No dates and names, so that writing a file twice changes nothing.
HEADER = """\
# Texts of the till. Texts and places are written by `python3 tasks.py languages`: see docs/languages.md.
msgid ""
msgstr ""
"Project-Id-Version: Tillkeep\\n"
"Language: {tag}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""
#: Spoken to who runs the till at a terminal, to programs and to logs: these stay English.
ENGLISH_ONLY = (
    "pos/cli/",
    "pos/connectors/",
    "pos/rules/sheet",
    "pos/actions/bring_in.py",
    "pos/actions/openings.py",
    "pos/actions/older.py",
)
#: But for what a screen shows: what does not fit in the mapping to QuickBooks, what is missing, what QuickBooks
#: Desktop's codes mean, and what Conductor answers.
ON_SCREENS = (
    "pos/connectors/qbo/fit.py", "pos/connectors/qbo/mapping.py", "pos/connectors/qbd/codes.py",
    "pos/connectors/conductor/errors.py", "pos/connectors/conductor/client.py",
)  # fmt: skip
#: A fact's place in a text: {name}, or %(name)s in a template.
FACT = re.compile(r"\{(\w+)\}|%\((\w+)\)s")
#: A language's plain text must not be shown as a pattern: an odd per cent sign in a template's text ends the page.
ODD_PERCENT = re.compile(r"(?<!%)(?:%%)*%(?!%|\(\w+\)s)")


def main(words: list[str]) -> int:
    """Write the files, or with --check compare them. 0 = done, or nothing to complain of."""
    if words not in ([], ["--check"]):
        sys.exit("languages takes --check or nothing")
    found = list(problems()) if words else []
    if not words:
        for tag in language.known():
            path = language.FOLDER / tag / "LC_MESSAGES" / "till.po"
            path.write_bytes(written(tag))
            missing = sum(1 for _ in untranslated(language.read_catalog(tag)))
            print(f"{tag}: {len(language.read_catalog(tag))} texts, {missing} not translated")
    print(*found, sep="\n" if found else "")
    return 1 if found else 0


def problems() -> Iterator[str]:
    """What keeps the files from being whole, one sentence each."""
    wanted = texts()
    for tag in language.known():
        name = f"pos/locale/{tag}/LC_MESSAGES/till.po"
        catalog = language.read_catalog(tag)
        for message in wanted:
            if message.id and catalog.get(_first(message), message.context) is None:
                yield f"{name} lacks {_first(message)!r}; run `python3 tasks.py languages`"
        if tag != language.SOURCE:
            for message in untranslated(catalog):
                yield f"{name}: not translated: {_first(message)!r}"
        yield from (f"{name}: {words}" for words in wrong_facts(catalog))


def written(tag: str) -> bytes:
    """A language's file as it should be now: its translations, with exactly the texts that are said."""
    catalog = language.read_catalog(tag)
    catalog.update(texts(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    out = io.BytesIO()
    write_po(out, catalog, width=120, omit_header=True, include_lineno=False, ignore_obsolete=True)
    return HEADER.format(tag=tag, plural=catalog.plural_forms).encode() + out.getvalue()


def texts() -> Catalog:
    """Every text people read, with the files it stands in."""
    catalog = Catalog(project="Tillkeep", charset="utf-8")
    rows: list[tuple[str, Any, str | None]] = [("pos/sections.py", text, None) for text in _offered()]
    for folder, end in PLACES:
        for path in sorted((REPO / folder).rglob(f"*{end}")):
            where = path.relative_to(REPO).as_posix()
            if not where.startswith(ENGLISH_ONLY) or where in ON_SCREENS:
                rows += [(where, text, context) for text, context in _texts_of(path) if _key(text)]
    for where, text, context in sorted(rows, key=lambda row: (_key(row[1]), row[2] or "", row[0])):
        catalog.add(text, locations=[(where, 0)], context=context)
    return catalog


def _texts_of(path: Path) -> Iterator[tuple[Any, str | None]]:
    """(text or its two forms, context) of one file."""
    if path.suffix == ".html":
        for _, text, _, context in extract_from_file("jinja2", path, TEMPLATE, (), JINJA, strip_comment_tags=False):
            yield text, context
        return
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".js":
        for mark, first, second in SCRIPT.findall(_COMMENT.sub("", source)):
            one, other = json.loads(first), json.loads(second) if second else None
            yield ((one, other), None) if mark == "tn" else (other, one) if mark == "tp" else (one, None)
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in PYTHON:
                context, one, many = (_word(node, at) for at in PYTHON[name])
                if one:
                    yield (one, many) if many else one, context


def _word(call: ast.Call, at: int | None) -> str | None:
    """The text that is written out at that place of a call."""
    given = call.args[at] if at is not None and at < len(call.args) else None
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None


def _offered() -> list[str]:
    """Usual ways to pay, and the reasons a new till offers: kept in English, shown in the reader's language."""
    found = [default_of(f) for cls in GROUPS.values() for f in fields(cls) if f.name.endswith("reasons")]
    return [*USUAL, *(text for reasons in found for text in str(reasons).split("|"))]


def untranslated(catalog: Catalog) -> Iterator[Message]:
    for message in catalog:
        found = message.string
        if message.id and (message.fuzzy or not (all(found) if isinstance(found, list | tuple) else found)):
            yield message


def wrong_facts(catalog: Catalog) -> Iterator[str]:
    """A translation must name the facts of its text, all and no others; a plural form may leave the count out."""
    for message in catalog:
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        found = list(message.string) if isinstance(message.string, list | tuple) else [message.string or ""]
        wanted, in_template = facts(ids[-1]), any(where.startswith("templates/") for where, _ in message.locations)
        for text in found:
            if not message.id or not text:
                continue
            free = {"n", "num", "count"} if len(ids) > 1 else set()
            if facts(text) - free != wanted - free:
                yield f"{ids[0]!r} has {sorted(wanted)}, its translation {sorted(facts(text))}"
            if in_template and ODD_PERCENT.search(text):
                yield f"{ids[0]!r}: write %% for a per cent sign in {text!r}"


def facts(text: str) -> set[str]:
    """The names of the facts in a text."""
    return {first or second for first, second in FACT.findall(text)}


def _key(text: Any) -> str:
    return text if isinstance(text, str) else str(text[0])


def _first(message: Message) -> str:
    return _key(message.id)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
