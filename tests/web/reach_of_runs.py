"""Every route of the screens of runs that keeps to somebody's reach, as tests/web/test_reach.py asks them."""

from __future__ import annotations

from typing import Any

#: Of the screens of runs, below [runs] prefix.
RUN_LISTS: tuple[str, ...] = (
    "/epos-qbo/",
    "/epos-qbo/dashboard/",
    "/epos-qbo/api/overview/panels?period=90d",
    "/epos-qbo/companies/",
    "/epos-qbo/companies/?sort=health&down=1",
    "/epos-qbo/api/companies/panels?show=all",
    "/epos-qbo/runs/",
    "/epos-qbo/logs/",
    "/epos-qbo/api/runs/active?since=0",
    "/epos-qbo/schedules/",
    "/epos-qbo/imports/",
    "/epos-qbo/api/schedules/events?kind=skipped_invalid",
)
RUN_NAMED: tuple[tuple[str, Any], ...] = (
    ("/epos-qbo/companies/{company}/", None),
    ("/epos-qbo/companies/{company}/advanced", None),
    ("/epos-qbo/companies/{company}/advanced", {"tolerance": "1"}),
    ("/epos-qbo/companies/{company}/toggle-active/", {"active": False}),
    ("/epos-qbo/companies/{company}/sync-json", {}),
    ("/epos-qbo/companies/{company}/export.json", None),
    ("/epos-qbo/runs/{run}/", None),
    ("/epos-qbo/runs/{run}/logs", None),
    ("/epos-qbo/runs/{run}/cancel", {}),
    ("/epos-qbo/imports/{import}/", None),
    ("/epos-qbo/imports/{import}/rejects.csv", None),
    ("/epos-qbo/imports/{import}/preview?delimiter=,", None),
    ("/epos-qbo/imports/{import}/again", {}),
    ("/epos-qbo/schedules/{schedule}/update", {"name": "X", "cron": "0 1 * * *", "time_zone": "UTC", "version": 1}),
    ("/epos-qbo/schedules/{schedule}/toggle", {}),
    ("/epos-qbo/schedules/{schedule}/run-now", {}),
    ("/epos-qbo/schedules/{schedule}/delete", {}),
)
#: Asked in tests of their own.
RUN_APART = {
    "/epos-qbo/companies/new",  # tests/web/test_runs_companies.py
    "/epos-qbo/settings/",  # likewise
    "/epos-qbo/settings/own",  # likewise
    "/epos-qbo/schedules/create",  # tests/web/test_runs_schedules.py
    "/epos-qbo/api/schedules/preview",  # about what is typed alone
    "/epos-qbo/artifacts/<int:n>/",  # tests/web/test_runs_artifacts.py
    "/epos-qbo/artifacts/<int:n>.csv",  # likewise
    "/epos-qbo/artifacts.csv",  # likewise
    "/epos-qbo/bank/",  # tests/web/test_runs_bank.py
    "/epos-qbo/bank.csv",  # likewise
    "/epos-qbo/bank/upload",  # likewise
    "/epos-qbo/api/runs/target",  # tests/web/test_runs.py
    "/epos-qbo/runs/trigger",  # tests/web/test_runs.py
    "/epos-qbo/api/runs/status",  # likewise
    "/epos-qbo/imports/upload",  # tests/web/test_runs_imports.py
    "/epos-qbo/imports/uploaded",  # likewise
    "/epos-qbo/imports/take",  # likewise
    "/epos-qbo/imports/format",  # likewise
    "/epos-qbo/tools/",  # tests/web/test_runs_overview.py
    "/epos-qbo/tools/query",  # likewise
    "/epos-qbo/tools/verify-mapping",  # likewise
    "/epos-qbo/live",  # says that something changed and nothing of it
}
