"""QuickBooks Desktop through Conductor: its screens below /conductor, what programs ask below /api/conductor."""

from __future__ import annotations

from flask import Blueprint

BLUEPRINTS: tuple[Blueprint, ...] = ()
