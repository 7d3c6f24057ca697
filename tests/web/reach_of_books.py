"""Every route that names the company whose books, records or stock it is about, as tests/web/test_reach asks them."""

from __future__ import annotations

from typing import Any

from tests.web.reach_of_inventory import STOCK_OF_COMPANY

#: About the books of one company, named in the request: another's are refused.
OF_COMPANY: tuple[tuple[str, Any], ...] = (
    *STOCK_OF_COMPANY,
    ("/settings/integrations", None),
    ("/settings/integrations/mapping", None),
    ("/settings/integrations/records", None),
    ("/settings/integrations/jobs/1", None),
    ("/api/integrations/quickbooks/mapping", {"mark": "", "changes": {}}),
    ("/api/integrations/quickbooks/lists/reload", {}),
    ("/api/integrations/quickbooks/lists/items", None),
    ("/api/integrations/quickbooks/items/approve", {"all": True}),
    ("/api/integrations/quickbooks/items/aside", {"item": "MUG"}),
    ("/api/integrations/quickbooks/items/started", {}),
    ("/api/integrations/quickbooks/auth-url", None),
    ("/api/integrations/quickbooks/callback", {"address": "http://localhost/?code=a&state=b"}),
    ("/api/integrations/quickbooks/disconnect", {}),
    ("/api/integrations/quickbooks/realm", {"take": True}),
    ("/api/integrations/quickbooks/chart", None),
    ("/api/integrations/quickbooks/conflicts", None),
    ("/api/integrations/quickbooks/conflicts/1", {"choice": "ours"}),
    ("/api/integrations/quickbooks/conflicts/1/undo", {}),
    ("/api/integrations/quickbooks/jobs", None),
    ("/api/integrations/quickbooks/jobs/1", None),
    ("/api/integrations/quickbooks/jobs/1/retry", {}),
    ("/api/integrations/quickbooks/jobs/trigger", {}),
    ("/api/integrations/quickbooks/owners", None),
    ("/api/integrations/quickbooks/owners", {"owners": {}}),
    ("/api/integrations/quickbooks/sync/pull", {"resources": ["customers"]}),
    ("/api/integrations/quickbooks/sync/push", {"resources": ["customers"]}),
    *(
        (path, None)
        for path in (
            "/conductor",
            "/conductor/panel",
            "/conductor/connection",
            "/conductor/history",
            "/conductor/history/1",
            "/conductor/history/1.csv",
            "/conductor/conflicts",
            "/conductor/settings",
            "/api/conductor/conflicts",
        )
    ),
    *(
        (path, None)
        for path in (
            "/conductor/customers",
            "/conductor/customers.csv",
            "/conductor/customers/new",
            "/conductor/customers/C1",
            "/api/conductor/records/customers",
            "/api/conductor/records/customers/C1",
            "/api/conductor/choices/items",
        )
    ),
    ("/api/conductor/records/customers", {"fields": {"name": "Ana"}}),
    ("/api/conductor/records/customers/C1/delete", {"version": 1}),
    ("/api/conductor/records/customers/C1/retry", {}),
    ("/api/conductor/sums", {"lines": []}),
    ("/conductor/test", {}),
    ("/api/conductor/conflicts/1", {"choice": "ours"}),
    ("/api/conductor/conflicts/1/undo", {}),
    ("/api/conductor/settings", {}),
    ("/api/conductor/lists", {}),
    ("/api/conductor/sync", {"objects": ["customers"]}),
    ("/api/conductor/sync/cancel", {}),
    ("/api/conductor/status", None),
    ("/api/conductor/history", None),
    ("/api/conductor/sessions/1", None),
    ("/api/conductor/sessions/1/errors", None),
    ("/api/office/records/customer", None),
    ("/api/office/records/customer/C1", None),
    ("/api/office/records/customer", {"fields": {"name": "Ana"}}),
    ("/api/office/records/customer/C1/delete", {"version": 1}),
    ("/api/office/import/customers", {"data": "bmFtZQ==", "name": "customers.csv"}),
    ("/api/office/import/customers/preview", {"data": "bmFtZQ=="}),
)
