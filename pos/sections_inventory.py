"""The settings of inventory and of QuickBooks Desktop: what `pos/sections.py` is for everything else."""

from __future__ import annotations

from dataclasses import dataclass

from pos.setting import setting


@dataclass(frozen=True, slots=True)
class Inventory:
    write_token: str = setting(
        "", "First key of the user env-write, who moves stock over the API; empty = refused.",
        env="INVENTORY_WRITE_TOKEN", secret=True,
    )  # fmt: skip
    admin_token: str = setting(
        "", "First key of the user env-admin, who approves and sets up over the API; empty = refused.",
        env="INVENTORY_ADMIN_TOKEN", secret=True,
    )  # fmt: skip
    require_approval: bool = setting(
        True,
        "no: only warns, approvals stay on; they go off by `inventory approvals off --reason` alone.",
        env="INVENTORY_REQUIRE_APPROVAL",
    )
    approval_qty_threshold: str = setting(
        "25", "From this quantity on, an event, and an item in a day, waits for a second person.",
        env="INVENTORY_APPROVAL_QTY_THRESHOLD",
    )  # fmt: skip
    approval_value_threshold: str = setting("500", "And from this value at cost on, in money; 0 = not by value.")
    approval_hours: int = setting(72, "A request nobody answers expires after so many hours.")
    closed_until: str = setting(
        "", "Last day of a closed period, as 2026-09-30: nothing is dated on or before it; empty = none."
    )
    future_days: int = setting(7, "How many days ahead an event may be dated.")
    lines_max: int = setting(500, "Most lines of one event.")
    label_width_mm: int = setting(50, "Width of a shelf label.")
    label_height_mm: int = setting(30, "Its height.")


@dataclass(frozen=True, slots=True)
class Qbwc:
    username: str = setting(
        "", "User name of the first company's Web Connector; empty = QuickBooks Desktop is off.", env="QBWC_USERNAME"
    )
    password: str = setting("", "Its password, typed once in the Web Connector.", env="QBWC_PASSWORD", secret=True)
    app_url: str = setting(
        "", "Address the Web Connector calls, as https://till.example/qbwc; http only with localhost.",
        env="QBWC_APP_URL",
    )  # fmt: skip
    bind_host: str = setting("127.0.0.1", "Address of its own port.", env="QBWC_BIND_HOST")
    bind_port: int = setting(0, "Own port for /qbwc, as 8085; 0 = this server's port alone.", env="QBWC_BIND_PORT")
    qwc_output: str = setting("data/tillkeep.qwc", "Where `qbwc qwc` writes the file.", env="QBWC_QWC_OUTPUT")
    app_name: str = setting("Tillkeep", "Name in the Web Connector; never change it: QuickBooks knows us by it.")
    session_minutes: int = setting(30, "A session that is silent for so long is over.")
    run_every_minutes: int = setting(15, "How often the Web Connector comes round; a suggestion it may change.")
    version_max: str = setting("16.0", "Newest qbXML to speak.", one_of=("13.0", "16.0"))
    answer_mb_max: int = setting(32, "Largest answer taken.")
    page_rows: int = setting(200, "Rows asked for at once.")
    tries_max: int = setting(10, "After so many tries a message waits for a person.")
    wrong_tries: int = setting(10, "Wrong sign-ins in 15 minutes before the door is shut for as long.")
    archive_days: int = setting(90, "Days requests and answers are kept; 0 = for ever.")
    adjustment_account: str = setting("", "Account of adjustments where neither line, reason nor part names one.")
