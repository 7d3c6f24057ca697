"""The exit codes of runs in words. Those of runs here are 0, 1, 2 and -1; the others come with the history of a program
that started a process for each run, where a negative code is the signal that ended it."""

from __future__ import annotations

from pos.said import psaid, said

#: The phases of a run as people read them.
PHASES = {
    "collect": said("Collect"),
    "transform": said("Make documents"),
    "upload": said("Send"),
    "reconcile": psaid("phase", "Compare"),
    "archive": said("Close"),
    "done": said("Done"),
}

#: (code, reason, what it says) as the table of the screen has them; reason "" = any other.
TABLE = (
    ("0", "", said("It went well; with warnings where its words say so.")),
    ("0", "mismatch", said("All was sent, and the books differ from what was sold: look at the days marked MISMATCH.")),
    ("1", "failed", said("Documents were refused, or a phase could not be done; the log names the cause.")),
    ("1", "cancelled", said("Somebody stopped it at a safe point.")),
    ("1", "not_started", said("Another company's part failed before, and the run was not to go on after a failure.")),
    (
        "2",
        "lock_held",
        said("Another run of the same company went on for longer than is waited for; start it again when that ended."),
    ),
    ("2", "bad_arguments", said("The company is inactive or has no books, or these days cannot be run.")),
    ("3", "", said("Of history taken in: the portal could not start the process.")),
    ("-1", "stale", said("Whatever worked on it died three times in one phase.")),
    ("126", "", said("Of history taken in: the command was there and could not be executed.")),
    ("127", "", said("Of history taken in: the command, or something it needs, was not found.")),
)
NEGATIVE = said("Of history taken in: the process was ended by the signal of that number.")
UNKNOWN = said("A code this program does not give; its log may say more.")
_SIGNALS = {
    1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL",
    11: "SIGSEGV", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM",
}  # fmt: skip
#: Which reason is meant by a code that came without one.
_USUAL = {"1": "failed", "-1": "stale"}


def explained(code: str, reason: str = "") -> str:
    """What an exit code says; "" for a run that has none yet. A code 2 without a reason may be either of the two."""
    if not code:
        return ""
    rows = {why: words for one, why, words in TABLE if one == code}
    if words := rows.get(reason) or rows.get("") or rows.get(_USUAL.get(code, "")):
        return words
    if code == "2":
        return said("Another run held the company, or it was asked for what cannot be.")
    number = int(code) if code.lstrip("-").isascii() and code.lstrip("-").isdigit() else 0
    if number < 0:
        name = _SIGNALS.get(-number, str(-number))
        return said("Of history taken in: the process was ended by the signal {name}.", name=name)
    return UNKNOWN
