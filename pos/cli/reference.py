"""config.ini, .env.example and docs/settings.md, made from the declarations in pos/sections.py.

`python3 tasks.py docs` writes them; a test holds them to the declarations.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from pos.config import GROUPS
from pos.setting import default_of, environment_name, written

REPO = Path(__file__).resolve().parent.parent.parent

INI_HEAD = """\
; Every setting of this till with its default. Change a value, then start the till again.
; Environment variables win over this file, and so does a file .env beside it; docs/settings.md lists their names.
; Keep keys and secrets in the environment or in .env, not here.
"""

ENV_HEAD = """\
# Copy to .env (never committed) and fill in what you need. The environment wins over .env, .env over config.ini.
# Any name with _FILE behind it names a file that holds the value: ERPNEXT_API_SECRET_FILE=/run/secrets/erpnext

# The ERPNext site; empty = none, sales stay on this till.
"""

SETTINGS_HEAD = """\
# Settings

Read at start, from three places; the first that names a setting wins:

1. the environment (or, with `_FILE` behind the name, the file it points to),
2. a file `.env` beside `config.ini`,
3. `config.ini`.

An unknown section or setting, or a value that cannot be, stops the start with one sentence that names it.
`python pos_server.py check` prints the effective value of each and where it came from, secrets hidden.
This page and `config.ini` are made from `pos/sections.py` by `python3 tasks.py docs`.
"""


def main() -> None:
    """Write the three files into the repository."""
    for name, text in files().items():
        (REPO / name).write_text(text, encoding="utf-8", newline="\n")


def files() -> dict[str, str]:
    """Path below the repository -> what stands in it."""
    return {"config.ini": config_ini(), ".env.example": env_example(), "docs/settings.md": settings_page()}


def config_ini() -> str:
    """A config.ini with every setting at its default and one comment line each."""
    parts = [INI_HEAD]
    for section, cls in GROUPS.items():
        lines = [f"; {f.metadata['help']}{_choice(f)}\n{f.name} = {written(default_of(f))}" for f in fields(cls)]
        parts.append(f"\n[{section}]\n" + "".join(line.rstrip() + "\n" for line in lines))
    return "".join(parts)


def env_example() -> str:
    """Every environment name; the documented ones first and ready to fill, the rest commented out."""
    own, rest = [], []
    for section, cls in GROUPS.items():
        for f in fields(cls):
            name = environment_name(section, f)
            if f.metadata["env"]:
                own.append(f"#{name}=\n")
            else:
                rest.append(f"#{name}={written(default_of(f))}\n")
    return ENV_HEAD + "".join(own) + "\n# Everything else config.ini holds, by its environment name.\n" + "".join(rest)


def settings_page() -> str:
    """docs/settings.md."""
    parts = [SETTINGS_HEAD]
    for section, cls in GROUPS.items():
        parts.append(f"\n## [{section}]\n\n| Setting | Default | Environment | What it is |\n|---|---|---|---|\n")
        for f in fields(cls):
            default = written(default_of(f))
            words = f.metadata["help"] + _choice(f) + (" Secret." if f.metadata["secret"] else "")
            shown = f"`{default}`" if default else "(empty)"
            parts.append(f"| `{f.name}` | {shown} | `{environment_name(section, f)}` | {words.replace('|', '/')} |\n")
    return "".join(parts)


def _choice(f: Any) -> str:
    allowed = f.metadata["one_of"]
    return f" One of: {', '.join(allowed)}." if len(allowed) > 1 else ""


if __name__ == "__main__":
    main()
