"""The first questions as a person meets them: the terminal's code, a till that starts anew, and `setup` by hand."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

import requests

from pos import config
from pos.store import people
from pos.store.db import open_store
from tests import spawned
from tests.till_process import Till


def test_the_terminal_shows_the_code_and_the_till_starts_anew_with_what_was_answered(tmp_path: Path) -> None:
    with Till(tmp_path) as till:
        found = re.search(r"/setup +with the code +(\d{4} \d{4})", till.output())
        assert found, till.output()
        url, browser = f"http://127.0.0.1:{till.port}", requests.Session()
        csrf = browser.get(f"{url}/api/session", timeout=20).json()["csrf"]

        def send(method: str, path: str, body: object) -> dict[str, object]:
            answer = browser.request(method, url + path, json=body, headers={"X-CSRFToken": csrf}, timeout=20)
            assert answer.status_code == 200, answer.text
            return dict(answer.json())

        send("POST", "/api/setup/open", {"code": found[1]})
        send("PUT", "/api/setup/company", {"values": {"shop.name": "Blau"}})
        send("PUT", "/api/setup/till", {"values": {"till.id": "T9"}})
        send("POST", "/api/setup/person", {"code": "1", "name": "Ada", "role": "admin", "pin": "4711"})
        assert send("POST", "/api/setup/finish", {})["again"] is True
        session, until = {}, time.monotonic() + 30
        while session.get("till", {}).get("id") != "T9" and time.monotonic() < until:
            time.sleep(0.1)
            try:
                session = browser.get(f"{url}/api/session", timeout=20).json()
            except requests.RequestException:
                continue
        assert (session["till"]["id"], session["shop"]["name"]) == ("T9", "Blau"), till.output()
        csrf = session["csrf"]
        assert send("POST", "/api/sign-in", {"code": "1", "pin": "4711"})["user"]["name"] == "Ada"
        assert till.output().count("with the code") == 1, "it is not new any more"
        assert till.stop() == 0


def test_the_same_questions_on_the_terminal(tmp_path: Path) -> None:
    def asked(words: str, *steps: str) -> subprocess.CompletedProcess[str]:
        return spawned.run(["setup", *steps, "--root", str(tmp_path)], os.environ, 60, words)

    done = asked("T 9\n\n\n\nT9\nFront\n\n-\n", "till")
    assert done.returncode == 0, done.stderr
    assert "use up to 8 letters and digits" in done.stdout and "3 changed" in done.stdout
    till = config.load(tmp_path, {}).till
    assert (till.id, till.name, till.bag_item) == ("T9", "Front", "")
    assert "As it was" in asked("\n\n\n\n", "till").stdout
    assert asked(".\n", "company").returncode == 0
    assert asked("", "nonsense").returncode == 2

    store = open_store(config.load(tmp_path, {}))
    people.add_user(store, "1", "Ada", "admin", "4711")
    store.close()
    assert "Ada (admin)" in asked("\n", "people").stdout
