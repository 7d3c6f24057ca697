"""Bytes of documents by month in PostgreSQL: one partition of `document_body` a month, so that a month whose receipts
lie in a proven archive is let go at once, by dropping its table.

What a document is found by stays whole in `document_head`: its keys are unique there whatever the month, which a
partitioned table could promise only within each. `document` is a view with the columns it always had. `body` is a
VARCHAR, as nothing else of ours is: a connection knows it by that, and reads what is archived from the archive
(`postgres.Connection`). Rows from before, and those of a month that has no partition yet, keep their bytes beside them,
readable, until `pos.store.partitions` moves them.
"""

from __future__ import annotations

_FOUND_BY = (
    "id", "kind", "till", "store", "series", "sequence", "number", "path", "created_at", "business_day", "session",
    "cashier", "customer", "currency", "total", "tax", "hash", "prev_hash",
)  # fmt: skip
_NAMES = ", ".join(_FOUND_BY)
_NEW = ", ".join(f"NEW.{name}" for name in _FOUND_BY)

#: How a partition is called, of the month `m` such as 2026-03.
_NAMED = "'document_body_' || translate(m, '-', '_')"

#: Stands in for the migration 0023, which changes nothing in SQLite. Nothing is copied, so locks last an instant.
STATEMENTS = (
    "ALTER TABLE document RENAME TO document_head",
    "ALTER TABLE document_head ALTER COLUMN body DROP NOT NULL",
    "CREATE TABLE document_body (month TEXT NOT NULL, n INTEGER NOT NULL, body varchar NOT NULL)"
    " PARTITION BY LIST (month)",
    # Which archive holds what was let go: a hint that spares opening each of a month.
    "CREATE TABLE document_away (month TEXT NOT NULL, file TEXT NOT NULL, first_n INTEGER NOT NULL,"
    " last_n INTEGER NOT NULL, PRIMARY KEY (month, file))",
    # Attached when it is made, for that asks for a lesser lock than making it attached.
    "CREATE FUNCTION document_month(m text) RETURNS void LANGUAGE plpgsql AS $$ DECLARE name text := "
    f"{_NAMED}; BEGIN"
    " IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;"
    " IF m !~ '^[0-9]{4}-[0-9]{2}$' THEN RAISE EXCEPTION 'no month: %', m; END IF;"
    " EXECUTE format('CREATE TABLE %I (LIKE document_body INCLUDING ALL)', name);"
    " EXECUTE format('ALTER TABLE %I ALTER COLUMN body SET STORAGE MAIN, SET (toast_tuple_target = 256)', name);"
    " EXECUTE format('CREATE UNIQUE INDEX %I ON %I (n)', name || '_n', name);"
    " EXECUTE format('ALTER TABLE document_body ATTACH PARTITION %I FOR VALUES IN (%L)', name, m); END $$",
    # False where the month has no partition yet: then the bytes stay beside what the document is found by, until
    # `pos.store.partitions` makes one and moves them. Whoever saves a document makes no tables.
    "CREATE FUNCTION document_keep(m text, place bigint, bytes text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN"
    f" IF to_regclass({_NAMED}) IS NULL THEN RETURN false; END IF;"
    " INSERT INTO document_body (month, n, body) VALUES (m, place, bytes); RETURN true; END $$",
    f"CREATE VIEW document AS SELECT n, {_NAMES}, coalesce(d.body, (SELECT b.body FROM document_body b"
    " WHERE b.month = substr(d.business_day, 1, 7) AND b.n = d.n), (SELECT a.file || '/' FROM document_away a"
    " WHERE a.month = substr(d.business_day, 1, 7) AND d.n BETWEEN a.first_n AND a.last_n LIMIT 1) || d.path, d.path)"
    "::varchar AS body FROM document_head d",
    f"CREATE FUNCTION document_put() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.n IS NULL THEN"
    f" INSERT INTO document_head ({_NAMES}) VALUES ({_NEW}) RETURNING n INTO NEW.n;"
    f" ELSE INSERT INTO document_head (n, {_NAMES}) VALUES (NEW.n, {_NEW}); END IF;"
    " IF NOT document_keep(substr(NEW.business_day, 1, 7), NEW.n, NEW.body) THEN"
    " UPDATE document_head SET body = NEW.body WHERE n = NEW.n; END IF; RETURN NEW; END $$",
    "CREATE FUNCTION document_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    f" UPDATE document_head SET ({_NAMES}) = ({_NEW}) WHERE n = OLD.n;"
    " IF NEW.body <> OLD.body OR NEW.business_day <> OLD.business_day THEN"
    " UPDATE document_head SET body = NULL WHERE n = OLD.n;"
    " DELETE FROM document_body WHERE month = substr(OLD.business_day, 1, 7) AND n = OLD.n;"
    # What lies in an archive alone stays there: its path is no body.
    " IF substr(NEW.body, 1, 1) = '{' THEN"
    " IF NOT document_keep(substr(NEW.business_day, 1, 7), OLD.n, NEW.body) THEN"
    " UPDATE document_head SET body = NEW.body WHERE n = OLD.n; END IF; END IF; END IF; RETURN NEW; END $$",
    "CREATE FUNCTION document_remove() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " DELETE FROM document_head WHERE n = OLD.n;"
    " DELETE FROM document_body WHERE month = substr(OLD.business_day, 1, 7) AND n = OLD.n; RETURN OLD; END $$",
    "CREATE TRIGGER document_put INSTEAD OF INSERT ON document FOR EACH ROW EXECUTE FUNCTION document_put()",
    "CREATE TRIGGER document_change INSTEAD OF UPDATE ON document FOR EACH ROW EXECUTE FUNCTION document_change()",
    "CREATE TRIGGER document_remove INSTEAD OF DELETE ON document FOR EACH ROW EXECUTE FUNCTION document_remove()",
)
