"""QuickBooks Online, over its REST API (accounting, minor version 75)."""
