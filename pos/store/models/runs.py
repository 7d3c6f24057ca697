"""Runs of a company's sales into its books: asked for, worked on, what they came to, when they start by themselves;
and the exports of other tills that may be their source."""

from __future__ import annotations

from peewee import BigAutoField, BigIntegerField, BooleanField, CompositeKey, IntegerField, TextField

from pos.store.models.base import Row


class RunJob(Row):
    """One run that was asked for: of one company or of all, over one business day or several."""

    n = BigAutoField()
    id = TextField()
    scope = TextField(default="")  # single | all
    company = TextField(default="")  # "" = all
    day_from = TextField(default="")
    day_to = TextField(default="")
    parallel = IntegerField(default=0)
    stagger_seconds = IntegerField(default=0)
    continue_on_failure = BooleanField(default=False)
    status = TextField(default="")  # queued | running | succeeded | failed | cancelled
    exit_code = TextField(default="")  # "" = it goes on; 0, 1, 2, -1; of ingested history also 3, 126, 127 and signals
    reason = TextField(default="")  # lock_held | bad_arguments | cancelled | stale | failed | mismatch
    words = TextField(default="")  # how it ended, for people
    made_of = TextField(default="")  # the same for other languages
    warnings = IntegerField(default=0)
    requested_by = TextField(default="")
    schedule = TextField(default="")  # id of the schedule that asked, "" = a person
    created_at = TextField()
    started_at = TextField(default="")
    ended_at = TextField(default="")
    cancel_at = TextField(default="")  # somebody asked for it to stop
    cancel_by = TextField(default="")
    log_bytes = BigIntegerField(default=0)  # length of its log as UTF-8 text
    ingested = BooleanField(default=False)  # from the history of another program
    told = BooleanField(default=True)  # people know how it ended; not of one that was just asked for

    class Meta:
        table_name = "run_job"
        indexes = (
            (("id",), True),
            (("status", "n"), False),
            (("schedule", "n"), False),
            (("created_at", "n"), False),
            (("day_to", "day_from"), False),
        )


class RunPart(Row):
    """A run's work for one company, from phase to phase; held by one worker at a time."""

    n = BigAutoField()
    job = TextField()
    company = TextField(default="")
    connection = TextField(default="")
    place = IntegerField(default=0)  # its turn in the run
    status = TextField(default="")
    phase = TextField(default="")  # collect | transform | upload | reconcile | archive | done
    tries = IntegerField(default=0)  # workers that died in this phase
    owner = TextField(default="")
    lease_until = TextField(default="")
    next_at = TextField(default="")  # not before
    started_at = TextField(default="")
    ended_at = TextField(default="")
    exit_code = TextField(default="")
    reason = TextField(default="")
    words = TextField(default="")
    made_of = TextField(default="")
    warnings = IntegerField(default=0)
    cursor = TextField(default="{}")  # JSON: how far the phase came

    class Meta:
        table_name = "run_part"
        indexes = (
            (("job", "company"), True),
            (("company", "n"), False),
            (("status", "n"), False),
            (("company", "ended_at"), False),
        )


class RunLog(Row):
    """A line of a run's log."""

    n = BigAutoField()
    job = TextField()
    company = TextField(default="")
    phase = TextField(default="")
    level = TextField(default="")  # info | warning | error
    at = TextField()
    words = TextField(default="")
    ends_at_byte = BigIntegerField(default=0)  # of the run's log

    class Meta:
        table_name = "run_log"
        indexes = (
            (("job", "ends_at_byte"), False),
            (("at",), False),
        )


class RunArtifact(Row):
    """What a run came to for one company and business day. Amounts in minor units."""

    n = BigAutoField()
    job = TextField()
    company = TextField(default="")
    connection = TextField(default="")
    day = TextField(default="")
    source = TextField(default="")  # journal | csv
    currency = TextField(default="")
    raw_rows = IntegerField(default=0)
    rejected_rows = IntegerField(default=0)
    raw_total = BigIntegerField(default=0)
    raw_count = IntegerField(default=0)
    sent_total = BigIntegerField(default=0)
    sent_count = IntegerField(default=0)
    booked_total = BigIntegerField(default=0)
    booked_count = IntegerField(default=0)
    uploaded = IntegerField(default=0)
    skipped = IntegerField(default=0)
    failed = IntegerField(default=0)
    status = TextField(default="")  # MATCH | MISMATCH | NOT RUN
    reason = TextField(default="")
    difference = BigIntegerField(default=0)
    tolerance = BigIntegerField(default=0)
    run_status = TextField(default="")  # how the run ended; "" = it goes on
    processed_at = TextField(default="")
    hash = TextField(default="")
    ingested = BooleanField(default=False)

    class Meta:
        table_name = "run_artifact"
        indexes = (
            (("company", "day", "processed_at", "hash"), True),
            (("job", "company", "day"), False),
            (("company", "processed_at"), False),
        )


class RunFigure(Row):
    """One sum or document of an artifact on its three sides, in minor units."""

    artifact = BigIntegerField()
    kind = TextField()  # total | tender | tax | document
    name = TextField()
    here = BigIntegerField(default=0)
    sent = BigIntegerField(default=0)
    booked = BigIntegerField(default=0)
    verdict = TextField(default="")  # match | mismatch | not_run
    words = TextField(default="")

    class Meta:
        table_name = "run_figure"
        primary_key = CompositeKey("artifact", "kind", "name")


class RunSchedule(Row):
    """When runs start by themselves."""

    n = BigAutoField()
    id = TextField()
    name = TextField(default="")
    company = TextField(default="")  # "" = all
    cron = TextField(default="")
    time_zone = TextField(default="")
    date_mode = TextField(default="")  # trading_date | yesterday
    parallel = IntegerField(default=0)
    stagger_seconds = IntegerField(default=0)
    continue_on_failure = BooleanField(default=False)
    enabled = BooleanField(default=False)
    is_system = BooleanField(default=False)  # cannot be deleted
    next_fire_at = TextField(default="")
    last_fire_at = TextField(default="")
    last_result = TextField(default="")  # queued | skipped_overlap | skipped_invalid | error | missed
    version = IntegerField(default=0)  # counts up with every change
    made_by = TextField(default="")
    made_at = TextField()
    what = TextField(default="runs")  # runs | conductor: what it starts
    objects = TextField(default="")  # JSON list of types a session of Conductor brings together; "" = all

    class Meta:
        table_name = "run_schedule"
        indexes = ((("id",), True),)


class RunScheduleEvent(Row):
    """What a schedule did, or why it did not."""

    n = BigAutoField()
    schedule = TextField(default="")
    company = TextField(default="")
    at = TextField()
    fire_at = TextField(default="")  # the moment it was due
    kind = TextField(default="")
    job = TextField(default="")
    words = TextField(default="")
    made_of = TextField(default="")

    class Meta:
        table_name = "run_schedule_event"
        indexes = ((("schedule", "n"), False),)


class RunChoice(Row):
    """A default of the portal (who = ""), or of one person, that was chosen on a screen."""

    who = TextField()
    name = TextField()
    value = TextField(default="")  # JSON
    at = TextField()

    class Meta:
        table_name = "run_choice"
        primary_key = CompositeKey("who", "name")


class ImportFile(Row):
    """An export of another till that was dropped or uploaded."""

    n = BigAutoField()
    company = TextField(default="")
    name = TextField(default="")
    sha256 = TextField(default="")
    size_bytes = BigIntegerField(default=0)
    state = TextField(default="")  # waiting | taken | refused | again
    place = TextField(default="")  # where the file is, below the data folder
    raw_rows = IntegerField(default=0)
    new_rows = IntegerField(default=0)
    known_rows = IntegerField(default=0)
    rejected_rows = IntegerField(default=0)
    skipped_rows = IntegerField(default=0)  # total lines, and headings within
    gone_rows = IntegerField(default=0)
    cursor = IntegerField(default=0)  # so many records are done with
    day_from = TextField(default="")
    day_to = TextField(default="")
    words = TextField(default="")
    made_of = TextField(default="")
    job = TextField(default="")  # the run that took it in
    by = TextField(default="")
    received_at = TextField()
    ended_at = TextField(default="")

    class Meta:
        table_name = "import_file"
        indexes = ((("company", "n"), False),)


class ImportRow(Row):
    """One line of goods out of such exports, kept once. Amounts in minor units, quantity in thousandths."""

    n = BigAutoField()
    company = TextField(default="")
    row_key = TextField()  # hash of all fields, and its place among the same
    file = BigIntegerField(default=0)
    line = IntegerField(default=0)
    day = TextField(default="")
    at = TextField()  # wall clock of the shop, as exported
    kind = TextField(default="")  # sale | refund
    place = TextField(default="")  # location, as exported
    tender = TextField(default="")
    customer = TextField(default="")
    staff = TextField(default="")
    item = TextField(default="")
    name = TextField(default="")
    category = TextField(default="")
    qty = BigIntegerField(default=0)
    net = BigIntegerField(default=0)
    tax = BigIntegerField(default=0)
    gross = BigIntegerField(default=0)
    cost = BigIntegerField(default=0)
    rate = TextField(default="")  # percent as text
    bundle = BigIntegerField(default=0)  # root of the document it went into; 0 = none yet
    seen_in = BigIntegerField(default=0)  # the last export that has it
    gone_in = BigIntegerField(default=0)  # the later export that does not have it any more; 0 = it stands

    class Meta:
        table_name = "import_row"
        indexes = (
            (("company", "row_key"), True),
            (("company", "day", "n"), False),
            (("bundle",), False),
            (("seen_in",), False),
        )


class ImportReject(Row):
    """A row of an export that was not taken, as it was, and why."""

    file = BigIntegerField()
    line = IntegerField()
    reason = TextField(default="")
    made_of = TextField(default="")
    row_text = TextField(default="")

    class Meta:
        table_name = "import_reject"
        primary_key = CompositeKey("file", "line")
