"""Tillkeep: an offline-first point of sale. Everything that is not an agent lives here."""

__version__ = "0.1.0"
