"""What goes wrong between a till and an ERPNext site, from a seed or by name."""

from __future__ import annotations

from tests.contract.emulators.drawn import OF_THE_LINE, Drawn

#: name -> what happens to the request. "done" = the site has acted before the failure.
KINDS = {
    **OF_THE_LINE,
    "deadlock": "500 QueryDeadlockError, nothing done",
    "lock_timeout": "500 QueryTimeoutError, nothing done",
    "html_500": "500 with a page, nothing done",
    "html_502_after": "502 with a page from the proxy, done",
    "html_504": "504 with a page from the proxy, nothing done",
    "database_down": "500 OperationalError, nothing done",
    "rate_limit": "429 with Retry-After, nothing done",
    "maintenance": "503 SessionStopped, nothing done",
    "redirect": "302 to another host, nothing done",
}


class Faults(Drawn):
    """Sorts of requests: "writes" (what changes something) and "reads"."""

    KINDS = KINDS
