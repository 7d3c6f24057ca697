"""The traffic with one ERPNext site: sign in, find, post, read back, pull.

A document is posted as a draft and then submitted: ERPNext v15 works out the payments of a draft only. A one-step post
with docstatus 1 is accepted without a word and books no payment at all. The second request costs about 100 ms and makes
no promise depend on figures we would have to send in the server's name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from pos import clock
from pos.config import Config
from pos.connectors.base import Context, Document, Listed, ListedPage, NameList, Page, Posted, Retold
from pos.connectors.erpnext import cash, compare, feeds, holdings, mapping, recovered
from pos.connectors.erpnext.errors import Where, error_for
from pos.connectors.erpnext.facts import SetupFacts
from pos.errors import ConnectorError, Rejected, SignInNeeded, Unavailable, Unknown
from pos.http import Answer, Http
from pos.rules.reconcile import Figures

INVOICE = cash.INVOICE
KEY_FIELD = "pos_receipt_id"
CUSTOMER_KEY_FIELD = "pos_customer_id"
PING_SECONDS = 5.0
NAMES_BYTES_MAX = 64 << 20
#: gunicorn refuses a request line over 4094 bytes; a question longer than this goes as POST.
LINE_BYTES_MAX = 3500

_SETUP = "Run `pos_server.py erpnext setup` with an administrator's key."


class Erpnext:
    """The Connector for ERPNext. Used by one thread at a time."""

    def __init__(self, config: Config, facts: Mapping[str, Any], *, key: str = "", secret: str = "") -> None:
        """key, secret: another user's than the settings name; setup passes an administrator's for one command."""
        settings = config.erpnext
        self._config = config
        self._facts = SetupFacts.load(facts)
        #: Doctypes seen to have the key field; check() looks at invoices every hour.
        self._probed = {INVOICE}
        key, secret = key or settings.api_key, secret or settings.api_secret
        self._http = Http(
            settings.url,
            headers={"Authorization": f"token {key}:{secret}"},
            secrets=(secret, key),
            read_seconds=settings.timeout_seconds,
        )

    @property
    def clock_off(self) -> float | None:
        """Seconds this machine's clock was ahead of the site's at its last answer; None when it never said."""
        return self._http.clock_off

    # -- is it there --

    def check(self) -> str:
        user = self.ask("frappe.auth.get_logged_user")
        if user == "Guest":
            raise SignInNeeded("ERPNext does not accept the till's API key.")
        versions = self.ask("frappe.utils.change_log.get_versions")
        self._probe_field()
        facts = self.facts
        ours = self._config.pricing
        if ours.tax_rule == "erpnext" and facts.rounding != ours.rounding:
            raise Rejected(
                f"ERPNext rounds {facts.rounding or 'otherwise'}, this till {ours.rounding}: pennies would differ.",
                code="rounding_differs",
                remedy="Make [pricing] rounding and ERPNext's System Settings agree, then run `erpnext setup` again.",
            )
        if facts.currency != self._config.shop.currency:
            raise Rejected(
                f"The company's currency is {facts.currency}, this till's {self._config.shop.currency}.",
                code="currency_differs",
                remedy="Set [shop] currency, or name the right [erpnext] company and run `erpnext setup` again.",
            )
        version = str((versions.get("erpnext") or {}).get("version", "?")) if isinstance(versions, dict) else "?"
        return f"ERPNext {version}, {facts.company}"

    def ping(self) -> None:
        answer = self._http.read("/api/method/ping", read_seconds=PING_SECONDS)
        if answer.status != 200 or not _is_data(answer, "message"):
            error = error_for(answer, "read", "ping", clock.now())
            raise (
                error if isinstance(error, SignInNeeded | Unavailable) else Unavailable(error.message, code=error.code)
            )

    @property
    def is_set_up(self) -> bool:
        """Whether setup ran, so that `facts` can be asked for."""
        return self._facts is not None

    @property
    def facts(self) -> SetupFacts:
        """What setup learned; Rejected when it never ran."""
        if self._facts is None:
            raise Rejected("This ERPNext site was not set up for the till yet.", code="setup_needed", remedy=_SETUP)
        return self._facts

    def _probe_field(self, doctype: str = INVOICE) -> None:
        """Unknown fields are dropped without a word: without this one, nothing would stop a second booking."""
        try:
            self.rows(doctype, ["name", KEY_FIELD], limit=1)
        except Rejected as error:
            if error.code != "field_missing":
                raise
            what = f"{doctype}s" if doctype == INVOICE else f"{doctype.removesuffix('y')}ies"
            raise Rejected(
                f"ERPNext has no field {KEY_FIELD} on its {what}, so nothing is sent.",
                code="field_missing",
                remedy=_SETUP,
            ) from error

    # -- documents --

    def find(self, key: str, kind: str = "sale") -> Posted | None:
        found = self.rows(cash.doctype_of(kind), ["name", "docstatus"], [[KEY_FIELD, "=", key]], limit=2)
        return self.fetch(str(found[0]["name"]), kind) if found else None

    def fetch(self, remote_id: str, kind: str = "sale") -> Posted:
        doctype = cash.doctype_of(kind)
        return _posted(doctype, self.document(doctype, remote_id))

    def post(self, document: Document, part: str, key: str, context: Context) -> Posted:
        try:
            if part == "cash":
                body = cash.entry(document, key, self.facts, self._config)
            else:
                body = mapping.invoice(document, part, key, context, self.facts, self._config)
        except (ArithmeticError, KeyError, TypeError, ValueError) as error:
            # An imported receipt may lack what an invoice needs; one such must not stop the others.
            raise Rejected(
                f"This receipt cannot be written as {'an entry' if part == 'cash' else 'an invoice'} ({error!r}).",
                code="not_mappable",
                remedy="Book it in ERPNext by hand, and settle it here.",
            ) from error
        doctype = str(body["doctype"])
        if doctype not in self._probed:  # a field is missing on this doctype only: nothing else need wait for it
            self._probe_field(doctype)
            self._probed.add(doctype)
        draft = _posted(doctype, self._send("POST", _resource(doctype), body, doctype))
        if draft.figures["key"] != key:
            # The field went missing since the last check; a second post would not be refused.
            self._probed.discard(doctype)
            raise Rejected(
                f"ERPNext dropped the receipt's id from {draft.remote_id}; it stays a draft.",
                code="field_missing",
                remedy=f"{_SETUP} Then delete the draft {draft.remote_id} there and retry.",
            )
        return self.finish(document, part, draft)

    def finish(self, document: Document, part: str, posted: Posted) -> Posted:
        """Submit the draft once its figures are the document's. Pennies that ERPNext's floats round otherwise are
        moved by correcting tax rows in the same request; a greater difference stays a draft, for a person to see."""
        body: dict[str, Any] = {"docstatus": 1}
        if part == "cash":
            if words := cash.difference(document, posted, self.facts, self._config, draft=True):
                raise _would_differ(posted, words)
        elif words := compare.difference(document, part, posted, self.facts, self._config, draft=True):
            taxes = mapping.corrected_taxes(document, part, posted.figures, self.facts)
            if taxes is None or compare.difference(
                document, part, posted, self.facts, self._config, draft=True, pennies=True
            ):
                raise _would_differ(posted, words)
            body["taxes"] = taxes
        doctype = cash.doctype_of(document["kind"])
        try:
            done = self._send("PUT", f"{_resource(doctype)}/{quote(posted.remote_id, safe='')}", body, doctype)
        except Unavailable as error:
            # The draft is there: "nothing was sent" would be true of this request only.
            raise Unknown(error.message, code=error.code) from error
        return _posted(doctype, done)

    def compare(self, document: Document, part: str, posted: Posted) -> str:
        if part == "cash":
            return cash.difference(document, posted, self.facts, self._config)
        return compare.difference(document, part, posted, self.facts, self._config)

    def booked(self, wanted: Mapping[str, str]) -> dict[str, Posted]:
        return holdings.booked(self, wanted, _posted)

    def listed(self, till: str, since: datetime, until: datetime, after: str) -> ListedPage:
        return holdings.listed(self, till, since, until, after, self.facts)

    def retold(self, wanted: Sequence[Listed]) -> list[Retold]:
        return recovered.retold(self, wanted, self.facts, self._config)

    def expected(self, document: Document, part: str) -> Figures:
        return holdings.expected(document, part, self.facts, self._config)

    def figures(self, posted: Posted, currency: str) -> Figures:
        return holdings.figures(posted, currency, self.facts, self._config)

    def ensure_customer(
        self, customer_id: str, name: str, group: str = "Individual", phone: str = "", email: str = ""
    ) -> str:
        """The name in ERPNext of a customer made at the till, created there once. Looked up by our own id, because
        ERPNext takes a second customer of the same name without a word."""
        found = self._customer(customer_id)
        if found:
            return found
        body = {
            "customer_name": name,
            "customer_type": "Individual",
            "customer_group": group,
            "territory": "All Territories",
        }
        body |= {k: v for k, v in (("mobile_no", phone), ("email_id", email)) if v}
        try:
            made = self._send("POST", "/api/resource/Customer", body | {CUSTOMER_KEY_FIELD: customer_id}, "Customer")
        except (Unknown, Rejected) as error:
            try:
                found = self._customer(customer_id)
            except ConnectorError as silence:
                raise Unknown(f"{error.message} {silence.message}", code=silence.code) from silence
            if not found:
                raise
            return found
        return str(made.get("name", ""))

    def _customer(self, customer_id: str) -> str:
        found = self.rows("Customer", ["name"], [[CUSTOMER_KEY_FIELD, "=", customer_id]], limit=1)
        return str(found[0]["name"]) if found else ""

    # -- the catalogue --

    def pull(self, feed: str, since: str) -> Page:
        return feeds.pull(self, feed, since, self.facts, self._config)

    def rewind(self, cursor: str) -> str:
        return feeds.rewound(cursor)

    def names(self, feed: str) -> NameList:
        doctype, filters = feeds.scope(feed, self.facts, self._config)
        asked = {"fields": '["name"]', "filters": json.dumps(filters), "order_by": "name asc", "limit_page_length": "0"}
        rows = self._data(
            self._http.read(_resource(doctype), asked, bytes_max=NAMES_BYTES_MAX), "data", "read", doctype
        )
        counted = self.ask("frappe.client.get_count", doctype=doctype, filters=json.dumps(filters))
        names = frozenset(str(r["name"]) for r in rows)
        return NameList(names, complete=len(names) == counted)

    def picture(self, address: str, bytes_max: int) -> bytes:
        there = urljoin(self._http.base + "/", quote(address, safe="/:%?=&"))
        ours, theirs = urlsplit(self._http.base), urlsplit(there)
        if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
            raise Rejected(
                "The picture is on another host.", code="other_host", remedy="Attach it to the item in ERPNext."
            )
        asked = f"{theirs.path}?{theirs.query}" if theirs.query else theirs.path
        answer = self._http.read(asked, bytes_max=bytes_max + 1)
        if answer.status == 404:
            raise Rejected("The picture is not there.", code="not_there", remedy="Attach it to the item again.")
        if answer.status != 200:
            raise error_for(answer, "read", "File", clock.now())
        if len(answer.body) > bytes_max:
            raise Rejected("The picture is too big.", code="too_large", remedy="Attach a smaller one to the item.")
        return answer.body

    # -- what the others stand on --

    def rows(
        self,
        doctype: str,
        fields: list[str],
        filters: list[list[Any]] | None = None,
        *,
        order_by: str = "",
        limit: int = 0,
        parent: str = "",
    ) -> list[dict[str, Any]]:
        """Rows of a doctype; limit 0 = all. parent: the doctype whose child table this is."""
        asked = {"fields": json.dumps(fields), "filters": json.dumps(filters or []), "limit_page_length": str(limit)}
        if order_by:
            asked["order_by"] = order_by
        if parent or sum(map(len, asked.values())) > LINE_BYTES_MAX // 2:
            body = {"doctype": doctype, "fields": fields, "filters": filters or [], "limit_page_length": limit}
            body |= {k: v for k, v in (("order_by", order_by), ("parent", parent)) if v}
            answer = self._http.send("POST", "/api/method/frappe.client.get_list", body, only_reads=True)
            found = self._data(answer, "message", "read", parent or doctype)
        else:
            found = self._data(self._http.read(_resource(doctype), asked), "data", "read", doctype)
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise Unavailable("ERPNext answered a list with something else.", code="garbage")
        return found

    def document(self, doctype: str, name: str) -> dict[str, Any]:
        """One whole document, with its child rows."""
        answer = self._http.read(f"{_resource(doctype)}/{quote(name, safe='')}")
        found: dict[str, Any] = self._data(answer, "data", "read", doctype)
        return found

    def ask(self, method: str, **asked: str) -> Any:
        """A question to one of their methods."""
        return self._data(
            self._http.read(f"/api/method/{method}", asked), "message", "read", asked.get("doctype", method)
        )

    def create(self, doctype: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create a document; for setup."""
        return self._send("POST", _resource(doctype), body, doctype)

    def _send(self, method: str, path: str, body: Mapping[str, Any], doctype: str = INVOICE) -> dict[str, Any]:
        try:
            answer = self._http.send(method, path, body)
        except (TypeError, ValueError) as error:  # what we would send is no JSON: our own mistake, nothing left
            raise Rejected(f"The document cannot be written as JSON ({error}).", code="not_sendable") from error
        found: dict[str, Any] = self._data(answer, "data", "post", doctype)
        return found

    def _data(self, answer: Answer, key: str, where: Where, doctype: str) -> Any:
        if answer.status != 200 or not _is_data(answer, key):
            raise error_for(answer, where, doctype, clock.now())
        return answer.json()[key]


def _posted(doctype: str, doc: Mapping[str, Any]) -> Posted:
    return compare.posted(doc) if doctype == INVOICE else cash.posted(doc)


def _would_differ(posted: Posted, words: str) -> Rejected:
    return Rejected(
        f"ERPNext would book {posted.remote_id} otherwise than the receipt says: {words}.",
        code="figures_differ",
        remedy=f"Look at the draft {posted.remote_id} there, put right what differs, delete it and retry.",
    )


def _resource(doctype: str) -> str:
    return f"/api/resource/{quote(doctype)}"


def _is_data(answer: Answer, key: str) -> bool:
    try:
        body = answer.json()
    except ValueError:
        return False
    return isinstance(body, dict) and key in body
