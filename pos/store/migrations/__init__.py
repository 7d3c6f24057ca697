"""Numbered steps of the database, run by pos.store.migrate."""
