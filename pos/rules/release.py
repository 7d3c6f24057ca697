"""A release: the zip `upgrade` is given. What may be in it, what it is, and whether a till may go on with it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pos.errors import Invalid

#: A release is some hundred small files, with wheels some dozen larger ones.
FILES_MAX = 20_000
FILE_BYTES_MAX = 256 << 20
BYTES_MAX = 1 << 30
PATH_CHARS_MAX = 200

#: Without these it is no release of this program.
NEEDED = ("pos_server.py", "requirements.txt", "pos/__init__.py", "pos/launch.py", "pos/cli/upgrade.py")
PRODUCT_FILE = "pos/__init__.py"
_MIGRATION = re.compile(r"pos/store/migrations/(\d{4}_\w+)\.py")
#: Names that mean a device on Windows, whatever follows the dot.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?\Z", re.IGNORECASE)
_VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){0,3}\Z")


@dataclass(frozen=True, slots=True)
class Member:
    """One entry as the zip's list describes it; bytes: once unpacked."""

    name: str
    bytes: int
    is_folder: bool = False
    is_link: bool = False
    is_encrypted: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """What a program is: its version, and the migrations it knows, in order."""

    version: str
    migrations: tuple[str, ...]

    @property
    def tables(self) -> int:
        """The version of its tables: the number of its last migration."""
        return int(self.migrations[-1][:4]) if self.migrations else 0


def places(members: Sequence[Member]) -> dict[str, str]:
    """Name in the zip -> path in the version's folder, for each file; a folder around everything is taken off.

    Invalid when anything would land outside of that folder, on another entry, or is larger than a release can be.
    """
    if len(members) > FILES_MAX:
        raise Invalid(f"The zip holds {len(members)} entries; a release holds at most {FILES_MAX}.", field="file")
    if sum(one.bytes for one in members) > BYTES_MAX:
        raise Invalid(f"Unpacked the zip would take more than {BYTES_MAX >> 20} MB.", field="file")
    for one in members:
        _check(one)
    files = [one.name for one in members if not one.is_folder]
    tops = {name.partition("/")[0] for name in files}
    cut = len(next(iter(tops))) + 1 if len(tops) == 1 and all("/" in name for name in files) else 0
    found = {name: name[cut:] for name in files}
    seen: set[str] = set()
    for path in found.values():
        key = path.casefold()  # Windows and macOS would write one over the other
        if key in seen:
            raise Invalid(f"The zip holds {path} twice.", field="file")
        seen.add(key)
    return found


def _check(one: Member) -> None:
    name = one.name.rstrip("/") if one.is_folder else one.name
    parts = name.split("/")
    if (
        not name
        or len(name) > PATH_CHARS_MAX
        or not name.isprintable()
        or set(name) & set('\\:*?"<>|')
        or any(part in ("", ".", "..") or part[-1] in ". " or _DEVICES.match(part) for part in parts)
    ):
        raise Invalid(f"The zip holds a name that no release has: {one.name[:80]!r}.", field="file")
    if one.is_link:
        raise Invalid(f"The zip holds a link, {name}; a release has none.", field="file")
    if one.is_encrypted:
        raise Invalid("The zip is encrypted; a release is not.", field="file")
    if one.bytes > FILE_BYTES_MAX:
        raise Invalid(f"{name} is larger than {FILE_BYTES_MAX >> 20} MB.", field="file")


def missing(paths: Iterable[str]) -> list[str]:
    """What a release needs and these paths lack."""
    there = set(paths)
    return [path for path in NEEDED if path not in there]


def release_of(init: str, paths: Iterable[str]) -> Release:
    """What a program is, by the text of pos/__init__.py (read, never run) and its paths. Invalid: it is not ours."""
    told = _constants(init)
    if told.get("PRODUCT") != "tillkeep":
        raise Invalid("This is another program, not Tillkeep.", field="file")
    version = told.get("__version__", "")
    if not _VERSION.match(version):
        raise Invalid("The release does not say its version.", field="file")
    names = sorted(found[1] for path in paths if (found := _MIGRATION.fullmatch(path)))
    numbers = [int(name[:4]) for name in names]
    if names and (numbers[0] != 1 or len(set(numbers)) != len(numbers)):
        raise Invalid("The release's migrations do not begin at 1, or two have one number; it is not whole.",
                      field="file")  # fmt: skip
    return Release(version, tuple(names))


def _constants(text: str) -> dict[str, str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return {}
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def is_older(version: str, than: str) -> bool:
    """Whether a version comes before another: 0.9.1 before 0.10."""
    return _key(version) < _key(than)


def _key(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in version.split(".")]
    return tuple(numbers + [0] * (4 - len(numbers)))


def unknown_to(release: Release, applied: Sequence[str]) -> str:
    """The first migration a database has seen that the program does not know; "" when it can open it."""
    return next((name for name in applied if name not in release.migrations), "")
