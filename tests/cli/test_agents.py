"""`agents`: the same agents in a process of their own, beside a server that leaves them alone."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from agents import AGENTS
from tests.conftest import REPO
from tests.till_process import Till


def test_the_list_names_every_agent(tmp_path: Path) -> None:
    done = Till(tmp_path).command("agents", "--list")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == [agent.name for agent in AGENTS]


def test_without_a_till_in_the_folder_it_says_so_and_makes_none(tmp_path: Path) -> None:
    done = Till(tmp_path).command("agents")
    assert done.returncode == 1
    assert "no till" in done.stderr
    assert not (tmp_path / "data").exists()


def test_it_works_beside_the_server_and_ends_on_a_signal(tmp_path: Path) -> None:
    root = tmp_path / "till"
    with Till(root, env={"TILLKEEP_QUEUE_IN_SERVER": "no"}):
        words = [sys.executable, str(REPO / "pos_server.py"), "agents", "--root", str(root)]
        flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        beside = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, creationflags=flags
        )
        try:
            assert beside.stdout is not None
            said = beside.stdout.readline()
            while "at work" not in said and beside.poll() is None:
                said += beside.stdout.readline()
            time.sleep(0.5)
            assert beside.poll() is None, said
            beside.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))
            rest, _ = beside.communicate(timeout=30)
        finally:
            beside.kill()
        assert beside.returncode == 0, said + rest
        assert "Traceback" not in said + rest
