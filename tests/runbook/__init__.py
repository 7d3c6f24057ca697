"""docs/runbook.md played from end to end: one test for each row that no other test plays."""
