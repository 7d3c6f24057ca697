"""The settings of runs: what `pos/sections.py` is for everything else."""

from __future__ import annotations

from dataclasses import dataclass

from pos.setting import setting


@dataclass(frozen=True, slots=True)
class Runs:
    prefix: str = setting("/epos-qbo", "Where the screens of runs are, below this server's address.")
    default_parallel: int = setting(
        2, "Companies a run of all works on at once.", env="OIAT_DASHBOARD_DEFAULT_PARALLEL"
    )
    default_stagger_seconds: int = setting(
        2, "Seconds between their starts.", env="OIAT_DASHBOARD_DEFAULT_STAGGER_SECONDS"
    )
    stale_hours_warning: int = setting(
        48, "A company without a good run for so many hours is told.", env="OIAT_DASHBOARD_STALE_HOURS_WARNING"
    )
    refresh_expiring_days: int = setting(
        7, "A sign-in that ends in so many days is told.", env="OIAT_DASHBOARD_REFRESH_EXPIRING_DAYS"
    )
    recon_diff_warning: str = setting(
        "1.0", "A difference above this, in money, is told on the overview.", env="OIAT_DASHBOARD_RECON_DIFF_WARNING"
    )
    reauth_guidance: str = setting(
        "", "What is said beside a sign-in that has to be made again; empty = where to do it.",
        env="OIAT_DASHBOARD_REAUTH_GUIDANCE",
    )  # fmt: skip
    business_timezone: str = setting(
        "", "Where the target trading date of the overview is counted; empty = [shop] timezone.",
        env="OIAT_BUSINESS_TIMEZONE",
    )  # fmt: skip
    cutoff_hour: str = setting(
        "", "Hour its day begins at; empty = [shop] day_starts.", env="OIAT_BUSINESS_DAY_CUTOFF_HOUR"
    )
    cutoff_minute: int = setting(0, "And the minute.", env="OIAT_BUSINESS_DAY_CUTOFF_MINUTE")
    poll_seconds: int = setting(15, "How often runs and schedules are looked at.")
    catch_up_hours: int = setting(
        24, "A schedule whose moment was missed starts once afterwards, when it is not older than this; 0 = not."
    )
    lock_wait_minutes: int = setting(30, "How long a run waits for another of the same company before it ends with 2.")
    fallback: bool = setting(False, "yes: while there is no schedule, all companies run as the next two say.")
    fallback_cron: str = setting("0 18 * * *", "Minute, hour, day, month and weekday of that.")
    fallback_timezone: str = setting("", "Its time zone; empty = business_timezone.")
    import_mb_max: int = setting(64, "Largest export taken in.")
    keep_log_days: int = setting(180, "Days the lines of a run's log are kept; 0 = for ever.")
    keep_event_days: int = setting(90, "Days what schedules did is kept; 0 = for ever.")
    keep_import_days: int = setting(0, "Days taken-in files of exports are kept; 0 = for ever.")
    still_running_minutes: int = setting(30, "A run that goes on for longer is told, once; 0 = not.")
    notify_start: bool = setting(False, "yes: a notice when a run starts.")
    notify_success: bool = setting(False, "yes: a notice when a run ended well.")
    notify_failure: bool = setting(True, "yes: a notice when a run failed or its sums do not match.")
