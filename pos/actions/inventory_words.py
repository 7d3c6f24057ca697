"""What people read of stock: words and colours of kinds and states, quantities."""

from __future__ import annotations

from decimal import Decimal

from pos.config import Config
from pos.rules import inventory as rules
from pos.rules import wording
from pos.said import psaid, said

KINDS = {
    "transfer": said("Transfer"),
    "adjustment": said("Adjustment"),
    "receipt": said("Goods in"),
    "count": psaid("stock", "Count"),
    "opening": said("Opening stock"),
    "counter": said("Counter-event"),
}
#: State of an event or of a part at QuickBooks Desktop -> words and colour.
AT_QUICKBOOKS = {
    "none": (said("Not sent there"), "offline"),
    "not_ready": (said("Not ready"), "check"),
    "pending": (said("Waiting"), "waiting"),
    "in_flight": (said("Being sent"), "waiting"),
    "unknown": (said("Not known"), "check"),
    "applied": (said("In QuickBooks"), "saved"),
    "error": (said("Needs a person"), "needs"),
    "cancelled": (said("Cancelled"), "offline"),
}
#: What may have been asked of QuickBooks Desktop, by the kind of the work.
WORK = {
    "transfer": said("Transfer"),
    "adjustment": said("Adjustment"),
    "sale": said("Sales"),
    "refund": said("Returns"),
    "invoice": said("Sale on account"),
    "payout": said("Money paid back"),
    "item_add": said("New item"),
    "account_add": said("New account"),
}
APPROVALS = {
    "pending": (said("Waiting"), "waiting"),
    "approved": (said("Approved"), "saved"),
    "rejected": (said("Rejected"), "needs"),
    "expired": (psaid("request", "Expired"), "offline"),
    "withdrawn": (said("Withdrawn"), "offline"),
    "failed": (said("Could not be carried out"), "needs"),
}
#: What may wait for a second person; the last three come of a comparison with the books.
ASKED = {
    **KINDS,
    "item_add": said("New item in QuickBooks"),
    "account_add": said("New account in QuickBooks"),
    "quantity_fix": said("Quantity put right"),
}
WHY = {
    "over_quantity": said("The quantity is at or above the limit."),
    "over_item_day": said("With what was asked for today an item is at or above the limit."),
    "over_value": said("The value is at or above the limit."),
    "set_mode": said("It sets a level instead of changing one."),
    "count": said("It puts right what a count found."),
    "proposal": said("It is a proposal."),
    "lower_cost": said("It says that an item costs less than was known."),
}


def work_words(kind: str) -> str:
    """What a message to QuickBooks Desktop is; a question is one, whatever it asks for."""
    return WORK.get(kind) or (said("Question") if kind.startswith("ask") else kind)


def quantity(thousandths: int | None, config: Config, *, signed: bool = False) -> str:
    """ "1,250.5" of 1250500; a change with its sign; "–" of what is not known."""
    if thousandths is None:
        return "–"
    text = wording.quantity(Decimal(abs(thousandths)).scaleb(-3), config.shop.locale)
    if thousandths < 0:
        return f"−{text}"
    return f"+{text}" if signed and thousandths else text


def exact(thousandths: int | None) -> str:
    """The same for a program: "1250.5", "-3"; "" of what is not known."""
    return "" if thousandths is None else rules.text_of(thousandths)
