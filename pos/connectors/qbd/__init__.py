"""QuickBooks Desktop, spoken to by its Web Connector: what is asked, what is answered, and what that means. Pure.

`requests` builds what is handed out, `checks` says what may stand in it, `answers` reads what came back, `codes` says
what its codes mean. Who hands it out, and when, is no business of this package.
"""
