"""pos_server.py itself: no traceback for a person, a trace on disk for us, one line when a library is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conftest import REPO


def run(code: str, *argv: str) -> subprocess.CompletedProcess[str]:
    """Run Python code with pos_server importable, as `pos_server.py argv…` would be."""
    head = f"import sys; sys.path.insert(0, {str(REPO)!r}); sys.argv = ['pos_server.py', *{list(argv)!r}]\n"
    return subprocess.run([sys.executable, "-c", head + code], capture_output=True, text=True, timeout=60)


AS_MAIN = f"import runpy; runpy.run_path({str(REPO / 'pos_server.py')!r}, run_name='__main__')"


def test_a_mistake_in_the_program_leaves_its_trace_on_disk_and_one_line_on_screen(tmp_path: Path) -> None:
    broken = "import pos.cli.check as c\ndef boom(*a): raise RuntimeError('the moon')\nc.run = boom\n"
    done = run(broken + AS_MAIN, "check", "--root", str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "RuntimeError: the moon" in done.stderr
    logs = list((tmp_path / "data").glob("crash-*.log"))
    assert len(logs) == 1
    assert "Traceback" in logs[0].read_text()
    assert str(logs[0]) in done.stderr


def test_a_missing_library_names_the_command_that_brings_it(tmp_path: Path) -> None:
    hidden = "import sys; sys.modules['dotenv'] = None\n"
    done = run(hidden + AS_MAIN, "check", "--root", str(tmp_path))
    assert done.returncode == 2
    assert (
        done.stderr
        == "pos_server.py: The library dotenv is not installed for this Python. Start with: python3 tasks.py run\n"
    )


def test_a_python_too_old_is_refused_in_one_line(tmp_path: Path) -> None:
    old = "import sys; sys.version_info = (3, 9, 2, 'final', 0)\n"
    done = run(old + AS_MAIN, "check", "--root", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "3.11 or newer" in done.stderr
    as_task = AS_MAIN.replace("pos_server.py", "tasks.py")
    done = run(old + as_task, "run")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "3.11 or newer" in done.stderr


def test_ctrl_c_ends_without_a_traceback(tmp_path: Path) -> None:
    stopped = "import pos.cli.check as c\ndef stop(*a): raise KeyboardInterrupt\nc.run = stop\n"
    done = run(stopped + AS_MAIN, "check", "--root", str(tmp_path))
    assert (done.returncode, done.stderr) == (130, "")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    done = run(AS_MAIN, "user", "add", "1", "Ada", "--pin", "2468", "--root", str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert str(tmp_path) in done.stderr
