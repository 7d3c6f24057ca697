"""Measurements: `python3 tasks.py bench [NAME …]`. Each module has `run()`, which prints its tables."""
