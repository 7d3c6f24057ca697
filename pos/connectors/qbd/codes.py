"""What the status codes of qbXML and the HRESULTs of QuickBooks Desktop mean for a message set. Pure.

Verdicts, of a set that posts something:

- POSTED: it is in their books.
- RETRY: they said no for now (locked, busy); the next try goes under a new message set id.
- NEVER: they said no to what it says; nothing but a person's act sends it again.
- CONFIG: they said no to everything of its sort; the set-up is to be put right first.
- UNKNOWN: it may be booked. QuickBooks is asked; is it not there, the same bytes go again under the same id.
- PROBE: it may be booked and the id no longer protects it: ask by its number first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pos.said import said

POSTED, RETRY, NEVER, CONFIG = "posted", "retry_new_id", "never", "config"
UNKNOWN, PROBE = "unknown", "probe"

#: What a question that matched nothing is answered with: no error.
NOTHING_FOUND = (1, 500)
NAME_TAKEN = 3100


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an answer means. code: as they wrote it. words, remedy: for a person; "" where nothing is to be said.
    alert: it counts as the verdict says, and a person should look at it all the same."""

    verdict: str
    code: str
    words: str = ""
    remedy: str = ""
    alert: bool = False

    @property
    def definite(self) -> bool:
        """Whether it says for certain that nothing of the set is in their books."""
        return self.verdict in (RETRY, NEVER, CONFIG)


_OURS = said("Tell support: the message was built wrongly. Nothing of it is in QuickBooks.")
_DATA = said("Put it right here or in QuickBooks, then send it again.")
_FREE = said("Nothing to do: it is sent again by itself.")
_ASK = said("Nothing to do: QuickBooks is asked for it before anything is sent again.")
_AGAIN = said("Nothing to do: QuickBooks is asked for it. Is it not there, the same message goes again.")

_STATUS: dict[int, tuple[str, str, str]] = {
    1010: (RETRY, said("QuickBooks is not available."), _FREE),
    1030: (CONFIG, said("This QuickBooks does not take this kind of message."),
           said("It needs a newer QuickBooks, or another edition.")),
    1060: (NEVER, said("QuickBooks refuses the number of the message."), _OURS),
    3000: (NEVER, said("QuickBooks does not know an id it gave us before."),
           said("Fetch the lists from QuickBooks again, check the mapping, then send it again.")),
    3010: (NEVER, said("QuickBooks cannot read a yes or no."), _OURS),
    3020: (NEVER, said("QuickBooks cannot read a date."), _OURS),
    3030: (NEVER, said("QuickBooks cannot read a range of dates."), _OURS),
    3031: (NEVER, said("QuickBooks cannot read a range of texts."), _OURS),
    3035: (NEVER, said("QuickBooks cannot read a length of time."), _OURS),
    3040: (NEVER, said("QuickBooks cannot read an amount."), _OURS),
    3041: (NEVER, said("QuickBooks cannot read an amount."), _OURS),
    3042: (NEVER, said("QuickBooks cannot read a price."), _OURS),
    3043: (NEVER, said("QuickBooks cannot read a percentage."), _OURS),
    3044: (NEVER, said("QuickBooks cannot read a percentage."), _OURS),
    3045: (NEVER, said("QuickBooks cannot read a quantity."), _OURS),
    3070: (NEVER, said("A text is too long for QuickBooks."), _OURS),
    3090: (NEVER, said("QuickBooks does not take a name."), said("Change the name, then send it again.")),
    3100: (NEVER, said("The name is in use in QuickBooks already."),
           said("Fetch the lists from QuickBooks; if it is the same thing, map it, if not, choose another name.")),
    3120: (NEVER, said("Something this refers to is not in QuickBooks."),
           said("Fetch the lists from QuickBooks again, check the mapping, then send it again.")),
    3121: (NEVER, said("Something this refers to is of another type in QuickBooks."),
           said("Check the mapping, then send it again.")),
    3130: (NEVER, said("What this is to stand under is not in QuickBooks."),
           said("Check the mapping, then send it again.")),
    3140: (NEVER, said("QuickBooks does not know an item, account or site this names."),
           said("Make it in QuickBooks or map another one, then send it again.")),
    3150: (NEVER, said("QuickBooks misses something in the message."), _OURS),
    3160: (NEVER, said("QuickBooks cannot delete it."), said("Look at it in QuickBooks.")),
    3161: (NEVER, said("QuickBooks cannot delete it."), said("Look at it in QuickBooks.")),
    3162: (RETRY, said("QuickBooks does not do this while several people work in the company file."),
           said("It is sent again by itself; let the Web Connector run while QuickBooks is in single-user mode.")),
    3170: (NEVER, said("QuickBooks cannot change it."), said("Look at it in QuickBooks.")),
    3171: (NEVER, said("Its date lies in a period that is closed in QuickBooks."),
           said("Open the period there, or book it by hand on a later date.")),
    3175: (RETRY, said("Somebody has it open in QuickBooks."), _FREE),
    3176: (RETRY, said("Somebody has something it belongs to open in QuickBooks."), _FREE),
    3177: (RETRY, said("Somebody has something it belongs to open in QuickBooks."), _FREE),
    3180: (NEVER, said("QuickBooks could not save it."), said("Read what QuickBooks said, then send it again.")),
    3185: (NEVER, said("QuickBooks cannot void it."), said("Look at it in QuickBooks.")),
    3200: (NEVER, said("It was changed in QuickBooks meanwhile."),
           said("Fetch it from QuickBooks again, then send it again.")),
    3205: (NEVER, said("It was changed in QuickBooks meanwhile."),
           said("Fetch it from QuickBooks again, then send it again.")),
    3210: (NEVER, said("QuickBooks does not take a value."), _DATA),
    3230: (RETRY, said("QuickBooks left it out because of an error before it."), _FREE),
    3231: (RETRY, said("QuickBooks left it out because of an error before it."), _FREE),
    3240: (NEVER, said("What this belongs to is no longer in QuickBooks."), said("Look at it in QuickBooks.")),
    3250: (CONFIG, said("A feature this needs is off in QuickBooks, or not in this edition."),
           said("Places and transfers need QuickBooks Enterprise with Advanced Inventory and multiple sites.")),
    3260: (CONFIG, said("QuickBooks does not permit us this."),
           said("An administrator of the company file has to permit it: Edit, Preferences, Integrated Applications.")),
    3261: (CONFIG, said("QuickBooks does not permit us this."),
           said("An administrator of the company file has to permit it: Edit, Preferences, Integrated Applications.")),
    3262: (CONFIG, said("QuickBooks does not permit us this."),
           said("An administrator of the company file has to permit it: Edit, Preferences, Integrated Applications.")),
    3263: (CONFIG, said("QuickBooks does not permit us this."),
           said("An administrator of the company file has to permit it: Edit, Preferences, Integrated Applications.")),
    3270: (CONFIG, said("An account is missing in QuickBooks, or its edition allows no more."),
           said("Look at the account in QuickBooks, then send it again.")),
}  # fmt: skip

_WARNINGS = {
    501: said("QuickBooks has it, and could not show all of it."),
    510: said("QuickBooks has it, and could not show it."),
    530: said("QuickBooks left out a part of it that this edition does not know."),
    531: said("QuickBooks left out a value that this edition does not know."),
    550: said("QuickBooks has it, without its note."),
    560: said("QuickBooks has it; it does not like how it was asked."),
    570: said("QuickBooks has it, without the link to another document."),
}

#: Of a whole message set. 600: nothing was there to be cleared.
_SET: dict[int, tuple[str, str, str]] = {
    9001: (PROBE, said("QuickBooks has another message under this number."), _ASK),
    9002: (PROBE, said("QuickBooks has kept no answer under this number."), _ASK),
    9003: (PROBE, said("QuickBooks cannot say what became of this number."), _ASK),
    9004: (NEVER, said("QuickBooks refuses the number of the message."), _OURS),
    9005: (PROBE, said("QuickBooks could not keep its answer."), _ASK),
}

#: 3180 is said of everything; only these are somebody else at work, and a localised text is none of them.
_LOCKS = (
    "modified by another user", "could not be locked", "failed to acquire the lock", "is in use", "being used by",
)  # fmt: skip

#: The last four digits of 0x8004....
_HRESULT: dict[str, tuple[str, str, str]] = {
    "0400": (NEVER, said("QuickBooks cannot read the message. It does not say what is wrong with it."), _OURS),
    "0401": (UNKNOWN, said("QuickBooks cannot be reached."), said("Is QuickBooks installed on that machine?")),
    "0402": (UNKNOWN, said("QuickBooks met an unexpected error."), _AGAIN),
    "0408": (UNKNOWN, said("QuickBooks cannot be started."), said("Start QuickBooks on that machine.")),
    "040A": (UNKNOWN, said("Another company file is open in QuickBooks."), said("Open the company file that was set.")),
    "040D": (UNKNOWN, said("QuickBooks has ended the session."), _AGAIN),
    "0410": (UNKNOWN, said("The company file is open in another mode."),
             said("Close it, or change between single-user and multi-user mode.")),
    "0413": (CONFIG, said("QuickBooks cannot take the message back as a whole."), _OURS),
    "0414": (UNKNOWN, said("A window in QuickBooks waits for an answer."), said("Answer it on that machine.")),
    "0416": (UNKNOWN, said("QuickBooks is not running, and no company file is set."),
             said("Start QuickBooks, or set the company file's path.")),
    "0418": (UNKNOWN, said("The company file has never permitted this program."),
             said("An administrator has to permit it once, in single-user mode with the file open.")),
    "041A": (UNKNOWN, said("QuickBooks does not permit this program."),
             said("An administrator has to permit it: Edit, Preferences, Integrated Applications.")),
    "041B": (UNKNOWN, said("The company file cannot be locked."), _AGAIN),
    "041C": (UNKNOWN, said("QuickBooks met an internal error."), _AGAIN),
    "041D": (UNKNOWN, said("This program may not sign in by itself."),
             said("Permit access even when QuickBooks is not running, and choose the user it signs in as.")),
    "041E": (UNKNOWN, said("QuickBooks does not accept this program's certificate."), said("Tell support.")),
    "041F": (CONFIG, said("QuickBooks Basic takes no messages."), said("It needs another edition.")),
    "0420": (UNKNOWN, said("Somebody at QuickBooks said no to this program."),
             said("Run the Web Connector again and permit it.")),
    "0422": (UNKNOWN, said("QuickBooks has to be in single-user mode for this."), said("Change the mode.")),
    "0423": (CONFIG, said("This QuickBooks does not speak this version of qbXML."),
             said("Send it again: it is then written in a version this QuickBooks knows.")),
    "0424": (UNKNOWN, said("QuickBooks is still starting."), _AGAIN),
    "0427": (UNKNOWN, said("QuickBooks is not registered."), said("Register QuickBooks on that machine.")),
    "042A": (UNKNOWN, said("QuickBooks permits no access from another machine."),
             said("Run the Web Connector on the machine QuickBooks is on.")),
    "042C": (UNKNOWN, said("QuickBooks does not accept this program's certificate."), said("Tell support.")),
}  # fmt: skip

_HEX = re.compile(r"(?:0x)?([0-9a-f]{8})\Z", re.IGNORECASE)


def of_status(code: int, message: str = "") -> Meaning:
    """What the status of one request that posts something means. message: their text, which decides on 3180 alone."""
    text = str(code)
    if code in (0, 600):
        return Meaning(POSTED, text)
    if 500 <= code <= 999:  # a warning: they did it
        words = _WARNINGS.get(code, said("QuickBooks has it, and warns: {code}.", code=text))
        return Meaning(POSTED, text, words, said("Look at it in QuickBooks."), alert=True)
    if code < 1000:  # an answer that fits no request that posts something
        return Meaning(PROBE, text, said("QuickBooks answered with {code}, which says nothing.", code=text), _ASK)
    if code == 1000:
        # It may be booked, and its id answers the same error for ever: only asking helps.
        return Meaning(PROBE, text, said("QuickBooks met an internal error."), _ASK)
    if code in _SET:
        return Meaning(_SET[code][0], text, _SET[code][1], _SET[code][2])
    if code == 3180 and any(lock in message.lower() for lock in _LOCKS):
        return Meaning(RETRY, text, said("Somebody else is changing this in QuickBooks."), _FREE)
    if code in _STATUS:
        return Meaning(_STATUS[code][0], text, _STATUS[code][1], _STATUS[code][2])
    return Meaning(NEVER, text, said("QuickBooks refused it with {code}.", code=text), _DATA)


def of_set(code: int) -> Meaning | None:
    """What the status of a whole message set means; None where the answers in it decide."""
    if code in (0, 600):
        return None
    if code in _SET:
        return Meaning(_SET[code][0], str(code), _SET[code][1], _SET[code][2])
    words = said("QuickBooks says {code} of the whole message.", code=str(code))
    return Meaning(PROBE, str(code), words, _ASK)


def of_hresult(text: str) -> Meaning:
    """What it means that QuickBooks could not be asked, or broke off: 0x80040400, in any spelling, signed decimals too.

    But for three that say for certain that the bytes will never do, the same bytes go again under the same id."""
    code = spelled(text)
    found = _HRESULT.get(code[-4:]) if code.startswith("0x8004") else None
    if found is None:
        words = said("QuickBooks could not be asked: {code}.", code=code or "?")
        return Meaning(UNKNOWN, code, words, _AGAIN)
    return Meaning(found[0], code, found[1], found[2])


def spelled(text: str) -> str:
    """An HRESULT the one way we write it, as 0x8004040A; what is none, as it came."""
    asked = text.strip()
    if re.fullmatch(r"-\d{1,10}", asked):
        asked = f"{int(asked) & 0xFFFFFFFF:08X}"
    found = _HEX.match(asked)
    return f"0x{found[1].upper()}" if found else asked
