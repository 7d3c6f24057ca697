"""QuickBooks Desktop through Conductor: their official client, and what its answers mean."""
