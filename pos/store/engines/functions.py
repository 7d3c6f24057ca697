"""What our statements use and PostgreSQL does not have by itself: made in the hub's database, where it differs anew
at the next start."""

from __future__ import annotations

import hashlib
from typing import Any

STATEMENTS = (
    # The values of a JSON list, as text; numbers are cast where they are compared.
    "CREATE OR REPLACE FUNCTION json_each(text) RETURNS TABLE (value text) LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE"
    ' ROWS 100 AS $$ SELECT value COLLATE "C" FROM jsonb_array_elements_text($1::jsonb) AS t (value) $$',
    # What is no JSON has no value: the conditions of a WHERE come in any order.
    "CREATE OR REPLACE FUNCTION json_extract(text, text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$ BEGIN"
    " RETURN $1::jsonb #>> string_to_array(substr($2, 3), '.');"
    " EXCEPTION WHEN data_exception THEN RETURN NULL; END $$",
    "CREATE OR REPLACE FUNCTION json_valid(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE STRICT AS $$ BEGIN"
    " PERFORM $1::jsonb; RETURN true; EXCEPTION WHEN data_exception THEN RETURN false; END $$",
    "CREATE OR REPLACE FUNCTION instr(text, text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE"
    " AS $$ SELECT strpos($1, $2) $$",
    # The larger and the smaller of two, as SQLite calls them.
    "CREATE OR REPLACE FUNCTION max(text, text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE"
    " AS $$ SELECT greatest($1, $2) $$",
    "CREATE OR REPLACE FUNCTION min(text, text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE"
    " AS $$ SELECT least($1, $2) $$",
    "CREATE OR REPLACE FUNCTION tillkeep_join(text, text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE"
    " AS $$ SELECT CASE WHEN $2 IS NULL THEN $1 ELSE coalesce($1 || ',', '') || $2 END $$",
    "CREATE OR REPLACE AGGREGATE group_concat(text) (SFUNC = tillkeep_join, STYPE = text)",
    # How many of the rows are so.
    "CREATE OR REPLACE FUNCTION tillkeep_more(bigint, boolean) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE"
    " AS $$ SELECT CASE WHEN $2 IS NULL THEN $1 ELSE coalesce($1, 0) + $2::int END $$",
    "CREATE OR REPLACE AGGREGATE sum(boolean) (SFUNC = tillkeep_more, STYPE = bigint)",
    "CREATE OR REPLACE AGGREGATE total(boolean) (SFUNC = tillkeep_more, STYPE = bigint, INITCOND = '0')",
    "CREATE OR REPLACE FUNCTION tillkeep_any(bigint, boolean) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE"
    " AS $$ SELECT CASE WHEN $2 IS NULL THEN $1 ELSE greatest(coalesce($1, 0), $2::int) END $$",
    "CREATE OR REPLACE AGGREGATE max(boolean) (SFUNC = tillkeep_any, STYPE = bigint)",
)

_DIGEST = hashlib.sha256("\n".join(STATEMENTS).encode()).hexdigest()


def make(db: Any) -> None:
    """Make them, unless they are there as they are written here."""
    with db.atomic("IMMEDIATE"):
        execute = db.connection().execute
        execute("CREATE TABLE IF NOT EXISTS engine_functions (digest TEXT NOT NULL)")
        row = execute("SELECT digest FROM engine_functions").fetchone()
        if row is not None and row[0] == _DIGEST:
            return
        for sql in STATEMENTS:
            execute(sql)
        execute("DELETE FROM engine_functions")
        execute("INSERT INTO engine_functions (digest) VALUES (?)", (_DIGEST,))
