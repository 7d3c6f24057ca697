"""Tillkeep: an offline-first point of sale. Everything that is not an agent lives here."""

#: What `upgrade` looks for in a zip: that it is this program at all.
PRODUCT = "tillkeep"
__version__ = "0.1.0"
