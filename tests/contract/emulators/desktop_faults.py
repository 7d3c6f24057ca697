"""What goes wrong between a till and QuickBooks Desktop, from a seed or by name."""

from __future__ import annotations

from collections.abc import Mapping

from tests.contract.emulators.drawn import Drawn

#: Step -> fault -> what happens there. "run" = QuickBooks has carried the message set out.
OF_STEP = {
    "session": {
        "wrong_password": "somebody typed another password",
        "wrong_user": "a user nobody knows",
        "connection_error": "QuickBooks cannot be opened",
        "wrong_company": "another company file is open",
        "old_version": "a QuickBooks that takes 13.0 and no more",
        "no_private_data": "the first answer carries no FileID",
        "no_first_answer": "the first answer is empty",
    },
    "send": {
        "send_lost": "the request never comes to the connector, which is gone",
        "send_lost_close": "the request never comes to the connector, which closes",
        "send_twice": "asked for twice, the first one is dropped",
        "send_foreign": "a made-up ticket asks first",
    },
    "run": {
        "crash_before_run": "the machine goes down before it is run",
        "crash_after_run": "the machine goes down after it was run",
        "hresult_before": "0x80040402, not run",
        "hresult_after": "0x8004041C, run",
        "hresult_definite": "a dialog is open, the file is locked, QuickBooks is starting: not run",
        "locked": "3175, somebody has it open",
        "locked_list": "3180, a lock in its text",
        "refused_save": "3180, another text",
        "bad_reference": "3140",
        "edit_sequence": "3200",
        "no_permission": "3260",
        "one_user": "3162, not in multi-user mode",
        "unavailable": "1010",
        "internal": "1000, not run",
        "internal_after": "1000, run all the same",
        "warning": "530, run",
        "checksum": "9001, not run",
        "checksum_again": "9001 for what is remembered",
        "not_stored": "9005, run and not remembered",
    },
    "receive": {
        "answer_html": "a page of a proxy in its place, run",
        "answer_cut": "half of it, run",
        "answer_empty": "nothing and no HRESULT, run",
        "answer_other": "the answer to another request, run",
        "answer_bare": "status 0 and nothing of what was added, run",
        "receive_foreign": "a made-up ticket answers first, with a failure",
        "receive_lost": "it came to the server; the connector is gone before it knows",
        "receive_twice": "it is told twice",
        "receive_late": "the connector is gone; its answer comes when another session is under way",
        "slow": "it comes after hours",
    },
    "close": {"no_close": "never closed", "dead_ticket": "the closed ticket is used again"},
}
KINDS = {kind: words for kinds in OF_STEP.values() for kind, words in kinds.items()}
#: Statuses QuickBooks may give to anything that is added: status, text, whether it was carried out all the same.
VERDICTS = {
    "locked": (3175, "There was an error when saving: the object is in use by another user.", False),
    "locked_list": (3180, "There was an error when saving. The list has been modified by another user.", False),
    "refused_save": (3180, "There was an error when saving. Ein unbekannter Fehler.", False),
    "bad_reference": (3140, "There is an invalid reference. QuickBooks error message: Invalid argument.", False),
    "edit_sequence": (3200, "The provided edit sequence is out-of-date.", False),
    "no_permission": (3260, "Insufficient permission level to perform this action.", False),
    "one_user": (3162, "This operation cannot be performed in multi-user mode.", False),
    "unavailable": (1010, "System not available.", False),
    "internal": (1000, "There has been an internal error when processing the request.", False),
    "internal_after": (1000, "There has been an internal error when processing the request.", True),
    "warning": (530, "The field is not supported by this version and was ignored.", True),
}
#: Faults that are codes of the message set: the code, and whether they meet what is remembered or what is new.
SET_CODES = {"checksum": (9001, False), "checksum_again": (9001, True), "not_stored": (9005, False)}
DEFINITE = (
    ("0x80040414", "A modal dialog box is showing in the QuickBooks user interface."),
    ("0x8004041B", "QuickBooks was unable to lock the necessary information."),
    ("0x80040410", "The company file is currently open in a mode other than the one specified."),
    ("0x80040424", "QuickBooks is starting up."),
)


class Faults(Drawn):
    """Sorts: the steps of a session, "session", "send", "run", "receive", "close"; each has faults of its own."""

    KINDS = KINDS

    def __init__(self, seed: int = 0, rates: Mapping[str, float] | None = None) -> None:
        super().__init__(seed, rates)

    def draw(self, sort: str) -> str:
        """The fault of this step of this session; empty = none."""
        with self._lock:
            for i, (kind, _) in enumerate(self._named):
                if kind in OF_STEP[sort]:
                    del self._named[i]
                    return self._counted(kind)
            if not self.on:
                return ""
            at = self._random.random()
            for kind in OF_STEP[sort]:
                at -= self._rates.get(kind, 0.0)
                if at < 0:
                    return self._counted(kind)
            return ""

    def definite(self) -> tuple[str, str]:
        """An HRESULT that says for certain that nothing was run."""
        with self._lock:
            return self._random.choice(DEFINITE)
