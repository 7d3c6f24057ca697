"""Stock that is kept here: places, what moved between them and why, what waits for a second person, purchase orders,
counts."""

from __future__ import annotations

from peewee import BigAutoField, BigIntegerField, BooleanField, CompositeKey, IntegerField, TextField

from pos.store.models.base import Row


class InventoryLocation(Row):
    """A place goods are at. Its code is what `stock` and `movement` call the warehouse."""

    code = TextField(primary_key=True)
    company = TextField(index=True)
    display_name = TextField()
    active = BooleanField(default=True)
    is_virtual = BooleanField(default=False)
    qb_site_name = TextField(default="")  # FullName of the inventory site in QuickBooks Desktop
    qb_site_id = TextField(default="")  # its ListID
    made_at = TextField(default="")
    changed_at = TextField(default="")
    changed_by = TextField(default="")

    class Meta:
        table_name = "inventory_location"


class InventoryPart(Row):
    """What a company's books have to know of an item. Costs and prices are exact decimal text, major units."""

    company = TextField()
    item = TextField()
    income_account = TextField(default="")
    cogs_account = TextField(default="")
    asset_account = TextField(default="")
    adjustment_account = TextField(default="")  # where no reason names another
    cost = TextField(default="")  # "" = not known
    vendor = TextField(default="")
    mpn = TextField(default="")  # the maker's number
    qb_name = TextField(default="")  # FullName in QuickBooks Desktop; "" = the item's code
    qb_id = TextField(default="")  # ListID there
    qb_type = TextField(default="")  # ItemInventory, ItemInventoryAssembly, ItemNonInventory, ...
    changed_at = TextField(default="")
    changed_by = TextField(default="")

    class Meta:
        table_name = "inventory_part"
        primary_key = CompositeKey("company", "item")


InventoryPart.add_index(InventoryPart.index(InventoryPart.company, InventoryPart.qb_id))


class InventoryReason(Row):
    """Why stock is changed by hand, and which account of the books that goes to."""

    company = TextField()
    code = TextField()
    words = TextField()
    account = TextField(default="")
    active = BooleanField(default=True)
    changed_at = TextField(default="")
    changed_by = TextField(default="")

    class Meta:
        table_name = "inventory_reason"
        primary_key = CompositeKey("company", "code")


class InventoryEvent(Row):
    """One change of stock by people: header. Never edited but for its two states; put right by a counter-event."""

    n = BigAutoField()
    id = TextField()  # a UUIDv7; made by whoever asked, so that a second click is the same event
    company = TextField()
    kind = TextField()  # transfer | adjustment | receipt | count | opening | counter
    status = TextField(default="committed")  # committed | voided
    effective_date = TextField()  # ISO date in the company's zone
    memo = TextField(default="")
    reason = TextField(default="")  # code of InventoryReason; a line may name another
    reference = TextField(default="")  # supplier's delivery note, order number, ...
    purchase_order = TextField(default="")
    count = TextField(default="")  # id of the count it came from
    counters = TextField(default="")  # id of the event it takes back
    lines = IntegerField()
    fingerprint = TextField(default="")  # of what was asked: the same id with other content is a conflict
    created_at = TextField()
    created_by = TextField()
    approval = TextField(default="")  # id of the request a second person agreed to
    approved_by = TextField(default="")
    voided_at = TextField(default="")
    voided_by = TextField(default="")
    void_reason = TextField(default="")
    connection = TextField(default="")  # the QuickBooks Desktop connection that is told; "" = nobody
    qb_status = TextField(default="none")  # none | not_ready | pending | in_flight | unknown | applied | error
    qb_words = TextField(default="")  # why it is not ready or went wrong

    class Meta:
        table_name = "inventory_event"
        indexes = (
            (("id",), True),
            (("company", "n"), False),
            (("company", "qb_status", "n"), False),
            (("counters",), False),
        )


class InventoryLine(Row):
    """One line of an event, as it was asked for. Quantities in thousandths. Never changed."""

    event = TextField()
    position = IntegerField()
    item = TextField()
    source = TextField(default="")  # location goods leave
    destination = TextField(default="")  # location goods come to
    qty = BigIntegerField()  # transfer, receipt: moved, positive; else the change, signed
    set_to = BigIntegerField(null=True)  # what was to be there after it; null = it was asked for as a change
    level_before = BigIntegerField(null=True)  # on hand at the place when it was asked for as a level
    account = TextField(default="")
    reason = TextField(default="")
    cost = TextField(default="")  # of one unit, major units; of goods received
    order_line = IntegerField(default=0)

    class Meta:
        table_name = "inventory_line"
        primary_key = CompositeKey("event", "position")
        indexes = ((("item",), False),)


class InventoryMove(Row):
    """What a line did at one place. On hand = all of these + all movements of documents at that place."""

    n = BigAutoField()
    event = TextField()
    position = IntegerField()
    item = TextField()
    location = TextField()
    qty = BigIntegerField()  # signed, thousandths
    level_after = BigIntegerField()
    day = TextField()  # the company's day it was entered
    by = TextField()
    at = TextField()

    class Meta:
        table_name = "inventory_move"
        indexes = ((("item", "location", "n"), False), (("event",), False), (("item", "day"), False))


class InventoryApproval(Row):
    """Something that waits for another person. Decided once, by compare-and-set."""

    n = BigAutoField()
    id = TextField()
    company = TextField()
    kind = TextField()  # transfer | adjustment | receipt | count | item_add | account_add | quantity_fix
    payload = TextField()  # JSON, as it was asked for
    why = TextField()  # JSON list of codes, those of `inventory_words.WHY`
    words = TextField(default="")
    state = TextField(default="pending")  # pending | approved | rejected | expired | withdrawn | failed
    asked_by = TextField()
    asked_name = TextField()
    asked_at = TextField()
    until = TextField()
    decided_by = TextField(default="")
    decided_name = TextField(default="")
    decided_at = TextField(default="")
    note = TextField(default="")  # the decider's, or why it could not be carried out
    event = TextField(default="")  # what came of it

    class Meta:
        table_name = "inventory_approval"
        indexes = ((("id",), True), (("company", "state", "n"), False))


class InventoryCount(Row):
    """Counting the goods of one place."""

    n = BigAutoField()
    id = TextField()
    company = TextField()
    location = TextField()
    title = TextField(default="")
    state = TextField(default="open")  # open | recount | waiting | done | given_up
    made_by = TextField()
    made_at = TextField()
    ended_at = TextField(default="")
    approval = TextField(default="")
    event = TextField(default="")

    class Meta:
        table_name = "inventory_count"
        indexes = ((("id",), True), (("company", "state", "n"), False))


class InventoryCounted(Row):
    """One item of a count: what was counted, the second time too, and what was on hand at that moment."""

    count = TextField()
    item = TextField()
    first = BigIntegerField(null=True)
    first_level = BigIntegerField(null=True)  # on hand when it was counted: sales after it do not count as missing
    first_by = TextField(default="")
    first_at = TextField(default="")
    second = BigIntegerField(null=True)
    second_level = BigIntegerField(null=True)
    second_by = TextField(default="")
    second_at = TextField(default="")

    class Meta:
        table_name = "inventory_counted"
        primary_key = CompositeKey("count", "item")


class InventoryTally(Row):
    """One line of what somebody sent in of a count: kept, so that the same sending counts once."""

    count = TextField()
    id = TextField()  # of the sending; made in the browser
    position = IntegerField()
    item = TextField()
    round = IntegerField()  # 1, or 2 where the first differed
    qty = BigIntegerField()
    more = BooleanField(default=False)  # found besides what was counted of it before
    at = TextField()  # when it was counted, which may be before it was sent
    by = TextField()

    class Meta:
        table_name = "inventory_tally"
        primary_key = CompositeKey("count", "id", "position")
        indexes = ((("count", "item"), False),)


class PurchaseOrder(Row):
    """Goods ordered from a supplier."""

    n = BigAutoField()
    id = TextField()
    company = TextField()
    number = TextField()
    supplier = TextField()
    location = TextField()
    state = TextField(default="open")  # open | part | received | closed
    memo = TextField(default="")
    made_by = TextField()
    made_at = TextField()
    changed_at = TextField(default="")

    class Meta:
        table_name = "purchase_order"
        indexes = ((("id",), True), (("company", "number"), True), (("company", "state", "n"), False))


class PurchaseOrderLine(Row):
    purchase_order = TextField()
    position = IntegerField()
    item = TextField()
    qty = BigIntegerField()
    received = BigIntegerField(default=0)
    cost = TextField(default="")  # of one unit, major units

    class Meta:
        table_name = "purchase_order_line"
        primary_key = CompositeKey("purchase_order", "position")


class ParityRun(Row):
    """One comparison of our stock with somebody's books."""

    n = BigAutoField()
    company = TextField()
    connection = TextField()
    side = TextField()  # quickbooks_desktop | quickbooks | erpnext
    strict = BooleanField(default=True)
    state = TextField(default="asked")  # asked | reading | done | failed
    asked_by = TextField()
    asked_at = TextField()
    ended_at = TextField(default="")
    counts = TextField(default="{}")  # JSON: status -> items
    words = TextField(default="")

    class Meta:
        table_name = "parity_run"
        indexes = ((("company", "n"), False),)


class ParityItem(Row):
    """What stands out about one item at one side: the review list."""

    company = TextField()
    side = TextField()
    item = TextField()  # our code, or their full name where we know none
    field = TextField()  # quantity | income_account | cogs_account | asset_account | cost | price | item
    location = TextField(default="")
    status = TextField()  # missing | needs_adjustment | ambiguous | only_pack_variant | base_with_packs | several_bases
    ours = TextField(default="")
    theirs = TextField(default="")
    difference = TextField(default="")
    detail = TextField(default="{}")  # JSON
    state = TextField(default="open")  # open | gone | dismissed
    first_seen = TextField()
    last_seen = TextField()
    times = IntegerField(default=1)
    reopened = IntegerField(default=0)
    run = BigIntegerField(default=0)
    proposal = TextField(default="")  # id of the request that would mend it

    class Meta:
        table_name = "parity_item"
        primary_key = CompositeKey("company", "side", "item", "field", "location")
        indexes = ((("company", "side", "state", "status"), False),)
