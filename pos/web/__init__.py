"""HTTP in, HTTP out: one blueprint per noun. A view parses, calls one action, answers."""
