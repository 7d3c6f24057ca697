"""`tasks.py package`: this program as a zip for `pos_server.py upgrade`; --wheels is for machines without internet."""

from __future__ import annotations

import argparse
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from pos import __version__, cli
from pos.actions.environment import WHEELS
from pos.store import archive
from pos.store.versions import Zip

REPO = Path(__file__).resolve().parents[2]


def main() -> int:
    """Write the zip and say its SHA-256. Only what git knows goes in, as it lies here."""
    parser = argparse.ArgumentParser(prog="tasks.py package", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(f"tillkeep-{__version__}.zip"), help="the file to write")
    parser.add_argument("--wheels", action="store_true", help="put the packages in, for machines like this one")
    args = parser.parse_args()
    with TemporaryDirectory() as folder:
        wheels = fetched(Path(folder)) if args.wheels else []
        write(args.out, listed(), wheels)
    with Zip(args.out) as made:  # as the till will look at it
        told = made.release
    print(f"{args.out}: Tillkeep {told.version}, tables {told.tables}, {len(wheels)} wheels")
    print(f"SHA-256 {archive.digest_of(args.out)}")
    return cli.OK


def listed() -> list[str]:
    """Every file git keeps, but the tests."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=REPO, capture_output=True, text=True, check=True)
    names = [name for name in done.stdout.split("\0") if name and not name.startswith(("tests/", ".github/", ".ci/"))]
    return [name for name in names if (REPO / name).is_file()]


def fetched(folder: Path) -> list[Path]:
    """The packages of requirements.txt as wheels that fit this machine's system and Python."""
    pip = [sys.executable, "-m", "pip", "download", "--only-binary=:all:", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "-d", str(folder), "-r", str(REPO / "requirements.txt")], check=True)
    return sorted(folder.iterdir())


def write(out: Path, names: list[str], wheels: list[Path]) -> None:
    """Everything below one folder, in order and without times, so that the same program is the same zip."""
    below = f"tillkeep-{__version__}"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in sorted(names):
            made.writestr(zipfile.ZipInfo(f"{below}/{name}"), (REPO / name).read_bytes(), zipfile.ZIP_DEFLATED)
        for wheel in wheels:
            made.writestr(zipfile.ZipInfo(f"{below}/{WHEELS}/{wheel.name}"), wheel.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
