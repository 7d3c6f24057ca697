"""The settings of QuickBooks Desktop through Conductor: what `pos/sections.py` is for everything else."""

from __future__ import annotations

from dataclasses import dataclass

from pos.setting import setting


@dataclass(frozen=True, slots=True)
class Conductor:
    secret_key: str = setting(
        "", "Secret key of Conductor (sk_conductor_...); empty = this way to QuickBooks Desktop is off.",
        env="CONDUCTOR_SECRET_KEY", secret=True,
    )  # fmt: skip
    end_user_id: str = setting(
        "", "Conductor's id of the first company's computer (end_usr_...).", env="CONDUCTOR_END_USER_ID"
    )
    url: str = setting("https://api.conductor.is/v1", "Where Conductor is.", env="CONDUCTOR_BASE_URL")
    connect_seconds: int = setting(10, "How long a connection to it may take.")
    timeout_seconds: int = setting(120, "How long an answer may take; QuickBooks itself is given 90 s.")
    long_seconds: int = setting(270, "The same for lists QuickBooks cannot page, as adjustments.")
    settle_seconds: int = setting(
        300, "After a lost answer a thing that is not found there may still appear for so long; then it is sent again."
    )
    page_rows: int = setting(150, "Rows asked for at once, 150 at most.")
    history_days: int = setting(365, "How far back documents are brought in the first time.")
    window_days: int = setting(31, "Days of adjustments asked for at once; halved where that takes too long.")
    keep_days: int = setting(180, "Days sessions and their errors are kept.")
    give_up_hours: int = setting(
        12, "A session that cannot reach QuickBooks for so long has failed; the next one goes on with what it left."
    )
