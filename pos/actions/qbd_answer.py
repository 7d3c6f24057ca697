"""What QuickBooks answered, held against what was handed out, and booked once.

An answer counts only when it is one to what is out: its set, its request, its type, with the id of what was made, and
with the lines that were sent wherever it shows any. What says neither yes nor no for certain leaves the message in
doubt; what was booked otherwise than it was sent is told to a person. A session that is over may still say that its
message was booked (`late`); its no is not believed, for the same bytes may be on their way again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pos.actions import qbd_hand
from pos.connectors.qbd import answers, codes, compared, requests
from pos.connectors.qbd.answers import Answered, NoAnswer, Ret, Rs
from pos.connectors.qbd.codes import Meaning
from pos.rules import qbd_ladder
from pos.said import said
from pos.store import qbd_archive, qbd_asks, qbd_grown, qbd_queue
from pos.store import qbd_tickets as tickets
from pos.store.db import Store
from pos.store.qbd_outcome import Answer
from pos.store.qbd_rows import Work
from pos.store.qbd_tickets import Session

FAILED = -1
#: Broken off within QuickBooks, perhaps by this very message: the session goes on with the next one. After any other
#: HRESULT it would hear the same of each.
_GOES_ON = ("0x80040400", "0x80040402", "0x80040413", "0x8004041C", "0x8004041F", "0x80040423")
#: They say that the bytes will never do, and nothing of whether they did before: QuickBooks is asked.
_NEVER_DOES = ("0x80040413", "0x8004041F", "0x80040423")
_NOT_READ = "0x80040400"
#: Postings whose sum is to be that of the receipts.
_WITH_SUMS = ("sale", "refund", "invoice")
_NO_HRESULT = ("", "0", "0x0", "0x00000000")


def book(store: Store, session: Session, response: str, hresult: str, message: str, now: datetime) -> int:
    """Keep what came back for the work this session holds: 1 to 99 while anything is left to hand out, 100 when nothing
    is, negative when the session is to end (its last_error says why). What is booked already stays as it is."""
    with store.transaction():
        work = qbd_queue.held(store, session.ticket, session.outstanding)
        code = codes.spelled(hresult)
        qbd_archive.keep(
            store, work, "answer", response, now, connection=session.connection, ticket=session.ticket,
            set_id=work.set_id if work and work.writes and not work.probing else "",
            code="" if code in _NO_HRESULT else code, message=message,
        )  # fmt: skip
        words = ""
        if work is None:
            tickets.keep(store, session, now, outstanding=0)
        elif code not in _NO_HRESULT:
            words = _broke_off(store, work, code, message, now, answered=bool(response.strip()))
        else:
            _answered(store, work, response, now)
        if words:
            tickets.keep(store, session, now, last_error=words)
            return FAILED
        tickets.keep(store, session, now)
        return qbd_queue.percent(store, session.connection, session.ticket, now)


def late(store: Store, session: Session, response: str, now: datetime) -> bool:
    """An answer of a session that is over. Whether it was news: only a yes is, to the very bytes that are in doubt."""
    with store.transaction():
        qbd_archive.keep(
            store, None, "answer", response, now, connection=session.connection, ticket=session.ticket,
            message=said("It came after the end of its session."),
        )  # fmt: skip
        try:
            answered = answers.read(response)
        except NoAnswer:
            return False
        work = qbd_queue.of_set(store, answered.set_id)
        if work is None or work.connection != session.connection or not work.doubt:
            return False
        name = requests.name_of(work.kind, work.payload)
        rs = answers.answer_to(answered, name, work.set_id, work.set_id)
        if rs is None or codes.of_set(answered.set_code) or codes.of_status(rs.code).verdict != codes.POSTED:
            return False
        if _not_an_answer(work, name, rs) or _difference(work, rs):
            return False
        return qbd_queue.booked(store, work, _answer(rs, ""), now, late=True)


# -- no answer ---------------------------------------------------------------------------------------------------------


def _broke_off(store: Store, work: Work, code: str, message: str, now: datetime, *, answered: bool) -> str:
    """QuickBooks could not be asked, or broke off. Why the session ends; "" when it goes on. answered: something came
    with it, so nothing is certain."""
    meaning = codes.of_hresult(code)
    words = _words(meaning, message)
    posts = work.writes and not work.probing
    if answered and work.writes:
        qbd_queue.lost(store, work, code, words, now)
    elif code == _NOT_READ and posts:
        qbd_queue.refused(store, work, code, words, now, again=False)
    elif code in _NEVER_DOES and posts:
        qbd_queue.probe(store, work, code, words, now)
    elif code == _NOT_READ and work.probing:
        qbd_queue.given_up(store, work, code, words, now)
    else:
        qbd_queue.lost(store, work, code, words, now)
    return "" if code in _GOES_ON else words


def _answered(store: Store, work: Work, response: str, now: datetime) -> None:
    try:
        answered = answers.read(response, store.config.qbwc.answer_mb_max * 1024 * 1024)
    except NoAnswer as why:
        qbd_queue.lost(store, work, qbd_ladder.LOST, why.words, now, at_once=True)
        return
    if work.probing:
        _probed(store, work, answered, now)
    elif not work.writes:
        _told(store, work, answered, now)
    else:
        _posted(store, work, answered, now)


# -- postings ----------------------------------------------------------------------------------------------------------


def _posted(store: Store, work: Work, answered: Answered, now: datetime) -> None:
    name = requests.name_of(work.kind, work.payload)
    ours = answered.set_id in ("", work.set_id)
    whole = codes.of_set(answered.set_code) if ours else None
    rs = answers.answer_to(answered, name, work.request_id, work.set_id)
    if whole is not None and whole.definite and any(one.remote_id for one in answered.items):
        whole = None  # it names what it made: that is no no
    if whole is not None:
        _says_no(store, work, whole, "", now)
        return
    if rs is None:
        words = said("The answer is not one to what was sent.")
        qbd_queue.lost(store, work, qbd_ladder.NOT_OURS, words, now, at_once=True)
        return
    meaning = codes.of_status(rs.code, rs.message)
    if meaning.verdict != codes.POSTED:
        if rs.code == codes.NAME_TAKEN and work.kind in qbd_hand.LISTS and work.tries > 1:
            qbd_queue.probe(store, work, str(rs.code), _words(meaning, rs.message), now)
            return
        if meaning.definite and rs.remote_id:
            words = said("QuickBooks says no, and names what it made. {words}", words=_words(meaning, rs.message))
            qbd_queue.probe(store, work, str(rs.code), words, now)
            return
        _says_no(store, work, meaning, rs.message, now)
        return
    wrong = _not_an_answer(work, name, rs)
    if wrong:
        qbd_queue.lost(store, work, qbd_ladder.NOT_OURS, wrong, now, at_once=True)
        return
    if rs.recovered and work.kind in _WITH_SUMS:  # what they kept of it has no sum
        qbd_queue.probe(store, work, str(rs.code), said("It is there; its sum is asked for."), now)
        return
    difference = _difference(work, rs)
    if difference:
        _differs(store, work, rs.remote_id, difference, now)
        return
    _book(store, work, _answer(rs, _words(meaning, rs.message) if meaning.alert else ""), now)


def _not_an_answer(work: Work, name: str, rs: Rs) -> str:
    """Why a yes is none, in words; "" when it is one."""
    if not compared.complete(name, rs):
        return said("QuickBooks says it has it, and does not name what it made.")
    if rs.guid and rs.guid.upper() != work.guid:
        return said("The answer is about something else.")
    return ""


def _difference(work: Work, rs: Rs) -> str:
    """What was made otherwise than it was sent; "" also where the answer does not show it."""
    if rs.recovered:
        return ""
    return _differing(work, rs.rows[0])


def _differing(work: Work, row: Ret) -> str:
    _kind, payload = qbd_hand.posting_of(work)
    if work.kind in ("transfer", "adjustment"):
        lines = [line for line in row.lines if line.kind.endswith("Line")]
        if len(lines) != len(payload["lines"]):
            return said("QuickBooks has {n} of {all} lines.", n=len(lines), all=len(payload["lines"]))
    return compared.difference(work.kind, payload, row)


def _says_no(store: Store, work: Work, meaning: Meaning, message: str, now: datetime) -> None:
    words = _words(meaning, message)
    if meaning.definite:
        qbd_queue.refused(store, work, meaning.code, words, now, again=meaning.verdict == codes.RETRY)
    elif meaning.verdict == codes.PROBE:
        qbd_queue.probe(store, work, meaning.code, words, now)
    else:
        qbd_queue.lost(store, work, meaning.code, words, now)


def _differs(store: Store, work: Work, remote_id: str, difference: str, now: datetime) -> None:
    words = said(
        "QuickBooks booked {id} otherwise than it was sent: {difference} Put it right there, then let it go on.",
        id=remote_id, difference=difference,
    )  # fmt: skip
    qbd_queue.given_up(store, work, qbd_ladder.DIFFERS, words, now, remote_id=remote_id)


def _book(store: Store, work: Work, answer: Answer, now: datetime) -> None:
    if qbd_queue.booked(store, work, answer, now):
        qbd_grown.booked(store, work, answer.remote_id, now)


def _answer(rs: Rs, words: str) -> Answer:
    return Answer(rs.remote_id, rs.edit_sequence, rs.txn_number, str(rs.code), words)


def _words(meaning: Meaning, message: str) -> str:
    """What it means, what they said themselves, what to do."""
    parts = (str(meaning.words), " ".join(message.split()), str(meaning.remedy))
    return " ".join(part for part in parts if part)


# -- is it there? ------------------------------------------------------------------------------------------------------


def _probed(store: Store, work: Work, answered: Answered, now: datetime) -> None:
    """QuickBooks was asked for a posting nobody knows the end of: it is there, or it may be sent anew."""
    rs = answers.answer_to(answered, qbd_hand.name_of(work), work.request_id)
    if rs is None or rs.code not in (0, *codes.NOTHING_FOUND):
        words = said("The answer is not one to what was asked.") if rs is None else rs.message
        qbd_queue.lost(store, work, qbd_ladder.NOT_OURS if rs is None else str(rs.code), words, now)
        return
    _kind, payload = qbd_hand.posting_of(work)
    rows = _named(work, rs) if work.kind in qbd_hand.LISTS else compared.theirs(rs.rows, payload)
    if not rows:
        if rs.code == 0 and not rs.rows:
            qbd_queue.lost(store, work, qbd_ladder.NOT_OURS, said("The answer says nothing."), now)
            return
        qbd_queue.absent(store, work, said("QuickBooks was asked and does not have it; it is sent anew."), now)
        return
    key = "ListID" if work.kind in qbd_hand.LISTS else "TxnID"
    ids = [row.get(key) for row in rows]
    difference = _differing(work, rows[0]) if key == "TxnID" else _other_object(work, rows[0])
    if len(rows) > 1:
        difference = said("It is there {n} times: {ids}.", n=len(rows), ids=", ".join(ids))
    if difference or not ids[0]:
        _differs(store, work, ids[0], difference, now)
        return
    first = rows[0]
    answer = Answer(ids[0], first.get("EditSequence"), first.get("TxnNumber"), "0", said("Found in QuickBooks."))
    _book(store, work, answer, now)


def _named(work: Work, rs: Rs) -> list[Ret]:
    name = qbd_hand.full_name(work.payload).casefold()
    return [row for row in rs.rows if (row.get("FullName") or row.get("Name")).casefold() == name]


def _other_object(work: Work, row: Ret) -> str:
    """Whether something else has the name of an item or account that was to be made; "" when it is what was sent."""
    if work.kind == "account_add":
        same = row.get("AccountType") == work.payload.get("type")
    else:
        ways = (("IncomeAccountRef", "income"), ("COGSAccountRef", "cogs"), ("AssetAccountRef", "asset"))
        same = row.kind == "ItemInventory" and all(_is_ref(row, path, work.payload.get(key)) for path, key in ways)
    return "" if same else said("Something else has the name {name} there.", name=qbd_hand.full_name(work.payload))


def _is_ref(row: Ret, path: str, wanted: Any) -> bool:
    given = {"name": wanted} if isinstance(wanted, str) else wanted or {}
    if given.get("id"):
        return row.get(f"{path}.ListID") == given["id"]
    return row.get(f"{path}.FullName").casefold() == str(given.get("name", "")).casefold()


# -- questions ---------------------------------------------------------------------------------------------------------


def _told(store: Store, work: Work, answered: Answered, now: datetime) -> None:
    """A page of a list. A company file that has nothing of it has answered all the same."""
    rs = answers.answer_to(answered, qbd_hand.name_of(work), work.request_id)
    if rs is None or rs.code not in (0, *codes.NOTHING_FOUND):
        words = said("The answer is not one to what was asked.") if rs is None else rs.message
        qbd_queue.put_off(store, work, qbd_ladder.NOT_OURS if rs is None else str(rs.code), words, now)
        return
    more = bool(rs.iterator_id) and rs.remaining > 0
    found = [row for row in map(_ROWS[work.kind], rs.rows) if row]
    kept = qbd_asks.keep(store, work.kind, work.connection, found, work.payload["begun"], last=not more)
    payload = dict(work.payload) | {"rows": work.payload.get("rows", 0) + kept}
    payload = payload | {"iterator_id": rs.iterator_id} if more else payload
    if not more:
        payload.pop("iterator_id", None)
    qbd_queue.asked(store, work, payload, now, more=more)


def _item(row: Ret) -> Mapping[str, Any] | None:
    found = answers.item_of(row)
    return asdict(found) if found else None


def _site(row: Ret) -> Mapping[str, Any] | None:
    found = answers.site_of(row)
    return asdict(found) if found else None


def _level(row: Ret) -> Mapping[str, Any] | None:
    """Of a site as a whole: what lies in its bins is part of that."""
    found = answers.level_of(row)
    if found is None or found.bin:
        return None
    return {"item": found.item, "site": found.site, "on_hand": found.on_hand}


def _account(row: Ret) -> Mapping[str, Any] | None:
    found = answers.named_of(row)
    return asdict(found) if found else None


_ROWS: dict[str, Callable[[Ret], Mapping[str, Any] | None]] = {
    "ask_items": _item, "ask_levels": _level, "ask_sites": _site, "ask_accounts": _account,
}  # fmt: skip
