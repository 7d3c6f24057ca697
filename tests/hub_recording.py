"""Record how a till speaks to its hub, for tests/contract/test_hub_versions.py: a till of any version, today's hub.

    git worktree add --detach /tmp/old COMMIT
    python -m tests.hub_recording /tmp/old 1.0        # writes tests/contract/recorded_hub/1.0.json

Two tills of that version join, sell, take goods of each other back, set a basket aside and take it up, sell a voucher
and pay with it. What went over the line stands in the file in its order, each different request once; of lists the
first rows. Keys and codes in it are those of folders that are gone.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pos import clock
from pos.store import people
from tests.contract.hub_goods import back, basket, goods, voucher_sale, waiting
from tests.contract.hubs import Hub, Upper, until
from tests.till_process import Line, Till

HERE = Path(__file__).resolve().parent / "contract" / "recorded_hub"
#: What a till says of itself and of what it sends; everything else is the line's.
KEPT = ("authorization", "content-type")
ROWS_MAX = 2
FILL = """
import sys; from pathlib import Path; from pos import config; from pos.store.db import open_store
from pos.store import {module} as feeds, people
store = open_store(config.load(Path(sys.argv[1]), {{"TILLKEEP_TILL_ID": sys.argv[2]}}))
feeds.put_modes(store, [{{"name": "Cash", "kind": "cash"}}, {{"name": "Gift Voucher", "kind": "voucher"}}], "csv")
print(people.add_token(store, "recording", "admin"))
"""


class Recorder:
    """A proxy in front of the hub that writes down what passes."""

    def __init__(self, hub: Hub) -> None:
        self.found: list[dict[str, Any]] = []
        self._seen: set[str] = set()
        self._lock = threading.Lock()
        recorder = self

        class Between(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                there = http.client.HTTPConnection("127.0.0.1", hub.process.port, timeout=30)
                left_out = ("host", "content-length", "connection", "upgrade")
                headers = {k: v for k, v in self.headers.items() if k.lower() not in left_out}
                there.request(self.command, self.path, body or None, headers)
                answer = there.getresponse()
                text = answer.read()
                there.close()
                recorder.note(self, body, answer.status, text)
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_PUT = do_POST = do_GET

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Between)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def note(self, asked: BaseHTTPRequestHandler, body: bytes, status: int, text: bytes) -> None:
        """Write one exchange down, unless the same was asked and answered before."""
        if not text.startswith(b"{"):
            return
        names = [n for n in asked.headers if n.lower() in KEPT or n.lower().startswith("x-tillkeep-")]
        headers = {name: asked.headers[name] for name in names}
        path = asked.path.split("challenge=")[0]
        who = headers.get("X-Tillkeep-Till", "")
        answer = _short(json.loads(text))
        same = json.dumps([asked.command, path, who, body.decode(), sorted(answer), status, bool(answer.get("rows"))])
        with self._lock:
            if same in self._seen:
                return
            self._seen.add(same)
            self.found.append({"method": asked.command, "path": asked.path, "headers": headers, "body": body.decode(),
                               "status": status, "answer": answer})  # fmt: skip


def _short(answer: dict[str, Any]) -> dict[str, Any]:
    return {k: v[:ROWS_MAX] if k == "rows" and isinstance(v, list) else v for k, v in answer.items()}


class One:
    """A till of the tree, in a process of its own."""

    def __init__(self, tree: Path, root: Path, name: str, hub: Hub, url: str) -> None:
        root.mkdir()
        env = {"TILLKEEP_TILL_ID": name, "TILLKEEP_HUB_SETTLE_SECONDS": "0", "TILLKEEP_HUB_PROBE_SECONDS": "1"}
        self.process = Till(root, env={**env, "TILLKEEP_HUB_URL": url})
        fill = FILL.format(module="feeds" if (tree / "pos/store/feeds.py").exists() else "catalog")
        key = self._run(tree, env, "-c", fill, str(root), name).split()[-1]
        self._run(tree, env, "pos_server.py", "hub", "--root", str(root), "join", url, hub.code(name))
        self.process.script = tree / "pos_server.py"
        self.process.start()
        self.line = Line(self.process.port, key)

    def _run(self, tree: Path, env: dict[str, str], *words: str) -> str:
        env = {**self.process.env, "TILLKEEP_HUB_URL": "", **env}
        done = subprocess.run([sys.executable, *words], cwd=tree, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        status, told = self.line.ask(method, path, body)
        print(f"  {method} {path} {status} {told.get('code', '')} {told.get('message', '')}")
        return told

    def settled(self) -> None:
        until(lambda: not self.line.ask("GET", "/api/status")[1]["waiting"], "all went up")


def story(one: One, two: One) -> None:
    """What a till of that version can do of all this; what it cannot it says, and the story goes on."""
    until(lambda: two.line.ask("GET", "/api/items?q=cup")[1]["items"], "goods came down")
    until(lambda: one.line.ask("GET", "/api/items?q=cup")[1]["items"][0]["price_text"], "and what they cost")
    sale = one.ask("POST", "/api/create-sale", basket(2))["receipt"]
    one.ask("POST", "/api/create-sale", voucher_sale("GV-OLD1"))
    one.settled()
    time.sleep(2)
    two.ask("GET", f"/api/receipts/find?code={sale['number']}")
    two.ask("POST", "/api/create-sale", back(sale))
    aside = waiting()
    one.ask("POST", "/api/hold", {"basket": aside, "title": "Blue coat"})
    time.sleep(2)
    two.ask("GET", "/api/held")
    two.ask("POST", f"/api/held/{aside['id']}/resume", {"act": clock.uuid7()})
    asked = {"code": "GV-OLD1", "basket": clock.uuid7(), "amount": "5.00"}
    two.ask("POST", "/api/vouchers/check", asked)
    paid = basket(payments=[{"mode_of_payment": "Gift Voucher", "amount": "5.00", "reference": "GV-OLD1"}])
    two.ask("POST", "/api/create-sale", paid)
    two.settled()
    two.ask("GET", f"/api/console/trace?q={sale['number']}")
    one.ask("GET", f"/api/console/trace?q={sale['number']}")
    time.sleep(2)


def main(tree: str, name: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        hub = Hub(root / "hub", None)
        upper = Upper(root / "hub", "HUB", **hub.env)
        goods(upper.store)
        hub.process.key = people.add_token(upper.store, "recording", "admin")
        upper.close()
        hub.start()
        line = Recorder(hub)
        tills: list[One] = []
        try:
            tills += [One(Path(tree).resolve(), root / till, till, hub, line.url) for till in ("T1", "T2")]
            story(*tills)
        finally:
            for till in tills:
                till.process.stop()
            hub.process.stop()
    HERE.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"speaks": name, "exchanges": line.found}, indent=1, ensure_ascii=False)
    (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(f"{len(line.found)} exchanges, {len(text)} characters")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
