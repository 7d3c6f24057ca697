"""QuickBooks Online as a whole: the clock, the sign-in, the companies, the limits, and what is booked later."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass

from tests.contract.emulators.qbo_company import Clock, Company, Doc, Pending, Refusal
from tests.contract.emulators.qbo_oauth import SignIn

CLIENT = ("ABclient", "secret-of-the-app")


@dataclass
class Limits:
    """Requests allowed per company, by the emulator's clock; 0 = no limit."""

    per_minute: int = 0
    per_second: int = 0
    batches_per_minute: int = 0

    @classmethod
    def real(cls) -> Limits:
        return cls(per_minute=500, per_second=10, batches_per_minute=40)


class Cloud:
    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.signin = SignIn(self.clock, CLIENT)
        self.companies: dict[str, Company] = {}
        self.limits = Limits()
        #: What the consent page does by itself: a realm, "deny", or "" to ask the person at it.
        self.consent = ""
        self._pending: list[Pending] = []
        self._calls: dict[tuple[str, str], list[dt.datetime]] = {}
        self._lock = threading.Lock()

    def company(self, realm: str, name: str, *, country: str, currency: str, tax: str) -> Company:
        made = Company(realm, name, self.clock, country=country, currency=currency, tax=tax)
        self.companies[realm] = made
        return made

    def later(self, seconds: float, work: Callable[[], object]) -> None:
        with self._lock:
            self._pending.append(Pending(self.clock.now() + dt.timedelta(seconds=seconds), work))

    def settle(self, *, all_: bool = False) -> int:
        """Does what is due by now (all_: what will ever be due); answers how much is left. Every request does it."""
        with self._lock:
            now = self.clock.now()
            due = [p for p in self._pending if all_ or p.due <= now]
            self._pending = [p for p in self._pending if p not in due]
            left = len(self._pending)
        for pending in sorted(due, key=lambda p: p.due):
            with self.clock.held(pending.due):
                pending.work()
        return left

    def allowed(self, realm: str, authorization: str, environment: str) -> Company:
        """The company a bearer token may call, else the gateway's refusal."""
        scheme, _, token = authorization.partition(" ")
        grant = self.signin.access_of(token) if scheme.lower() == "bearer" and token else None
        if grant is None:
            said = f"Token expired: {token[:8]}" if token else "AuthenticationFailed"
            raise Refusal(401, "3200", "message=AuthenticationFailed; errorCode=003200; statusCode=401", said,
                          kind="AUTHENTICATION", form="gateway")  # fmt: skip
        company = self.companies.get(realm)
        wrong = company is None or grant.realm != realm or not company.switches.subscribed
        if company is None or wrong or environment not in ("", company.environment):
            raise Refusal(403, "3100", "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
                          "The application has no right here", kind="AUTHORIZATION", form="gateway")  # fmt: skip
        return company

    def count(self, realm: str, *, batch: bool) -> None:
        """One more call of this company; over the limit it is refused with 429."""
        limits, now = self.limits, self.clock.now()
        with self._lock:
            over = self._over(realm, "second", limits.per_second, now, 1)
            over = self._over(realm, "minute", limits.per_minute, now, 60) or over
            if batch:
                over = self._over(realm, "batch", limits.batches_per_minute, now, 60) or over
        if over:
            raise throttled()

    def _over(self, realm: str, kind: str, most: int, now: dt.datetime, seconds: int) -> bool:
        if not most:
            return False
        calls = self._calls.setdefault((realm, kind), [])
        calls[:] = [at for at in calls if now - at < dt.timedelta(seconds=seconds)]
        if len(calls) >= most:
            return True
        calls.append(now)
        return False

    def documents(self) -> dict[str, list[Doc]]:
        """The money documents of every company, all that is due booked before."""
        self.settle()
        return {realm: company.documents() for realm, company in self.companies.items()}


def throttled(*, lower: bool = False) -> Refusal:
    return Refusal(
        429, "3001", "message=ThrottleExceeded; errorCode=003001; statusCode=429", kind="SERVICE",
        form="gateway" if lower else "fault",
    )  # fmt: skip
