"""The shown files for nginx and Caddy, run as they are but for names and ports: TLS on loopback, the WebSocket too."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from simple_websocket import Client

from pos import config
from pos.app import App, create_app
from pos.store import people
from tests.conftest import REPO
from tests.web.conftest import PINS, Served, stock_shop, with_server

DEPLOY = REPO / "deploy"
NAME = "till1.example.com"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@pytest.fixture
def behind(shop: config.Config) -> Iterator[Served]:
    app = create_app(with_server(shop, trusted_proxy="127.0.0.1", origins=f"{NAME}, localhost"))
    stock_shop(app)
    app.start()
    here = Served(app)
    yield here
    here.stop()
    app.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not on this machine; no certificate can be made")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME},DNS:localhost", "-keyout", "till1.key",
         "-out", "till1.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return folder


def _nginx(folder: Path, text: str) -> list[str]:
    text = text.replace("    listen 80;\n", f"    listen 127.0.0.1:{free_port()};\n")
    (folder / "site.conf").write_text(text, encoding="utf-8")
    paths = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log {folder}/log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{paths}include {folder}/site.conf;\n}}\n",
        encoding="utf-8",
    )
    return ["nginx", "-p", str(folder), "-e", str(folder / "log"), "-c", str(folder / "nginx.conf")]


def _caddy(folder: Path, text: str) -> list[str]:
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n\tauto_https off\n}}\n{text}", encoding="utf-8")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


#: The files of a till, and those of a hub with two web processes behind them.
PROXIES = {
    "nginx": ("nginx.conf", _nginx),
    "caddy": ("Caddyfile", _caddy),
    "nginx hub": ("hub/nginx.conf", _nginx),
    "caddy hub": ("hub/Caddyfile", _caddy),
}


@pytest.fixture(params=PROXIES)
def port(request: pytest.FixtureRequest, behind: Served, certificate: Path, tmp_path: Path) -> Iterator[int]:
    """The port of a proxy with the shown file."""
    file, made = PROXIES[request.param]
    name = request.param.split()[0]
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not on this machine (apt install {name})")
    port, folder = free_port(), tmp_path / "proxy"
    folder.mkdir()
    text = (DEPLOY / file).read_text(encoding="utf-8")
    for shown in ("127.0.0.1:5000", "127.0.0.1:5001", "127.0.0.1:5002"):
        text = text.replace(shown, behind.base.removeprefix("http://"))
    text = text.replace("hub.example.com", NAME).replace("/hub.pem", "/till1.pem").replace("/hub.key", "/till1.key")
    text = text.replace("/etc/ssl/tillkeep", str(certificate)).replace("listen 443", f"listen 127.0.0.1:{port}")
    text = text.replace(f"\n{NAME} {{", f"\nhttps://{NAME}:{port}, https://localhost:{port} {{")
    text = text.replace(f"server_name {NAME};", f"server_name {NAME} localhost;")
    environ = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(made(folder, text), env=environ, stdout=out, stderr=out)
        try:
            until = time.monotonic() + 60
            while time.monotonic() < until and process.poll() is None:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            assert process.poll() is None, (folder / "out").read_text()
            yield port
        finally:
            process.terminate()
            process.wait(20)


def enrolled(port: int, certificate: Path, app: App) -> tuple[requests.Session, str]:
    """A tablet that came through the proxy, enrolled and signed in; its token."""
    tablet, url = requests.Session(), f"https://localhost:{port}"
    tablet.verify = str(certificate / "till1.pem")
    tablet.trust_env = False

    def send(path: str, body: dict[str, Any], token: str) -> requests.Response:
        # Sent with a lie about where it comes from: the proxy must not pass it on.
        headers = {"X-CSRFToken": token, "X-Forwarded-For": "127.0.0.1", "Origin": url, "Referer": f"{url}/"}
        return tablet.post(url + path, json=body, headers=headers, timeout=20)

    token = tablet.get(f"{url}/api/session", timeout=20).json()["csrf"]
    refused = send("/api/sign-in", {"code": "7", "pin": PINS["7"]}, token)
    assert refused.json()["code"] == "not_enrolled", refused.text
    code = people.add_device(app.store, "Tablet", "test")
    assert send("/api/enrol", {"code": code}, token).status_code == 200
    answer = send("/api/sign-in", {"code": "7", "pin": PINS["7"]}, token)
    assert answer.status_code == 200, answer.text
    return tablet, answer.json()["csrf"]


def test_a_tablet_sells_and_listens_through_it(port: int, behind: Served, certificate: Path) -> None:
    tablet, token = enrolled(port, certificate, behind.app)
    url = f"https://localhost:{port}"
    assert {one.name: one.secure for one in tablet.cookies} == dict.fromkeys(
        ("till_page_T1", "till_device_T1", "till_sign_in_T1"), True
    )
    page = tablet.get(url, timeout=20)
    assert page.status_code == 200 and "Strict-Transport-Security" in page.headers
    priced = tablet.post(
        f"{url}/api/price",
        json={"lines": [{"line": "a", "item_code": "MUG", "qty": "1"}]},
        headers={"X-CSRFToken": token, "Origin": url, "Referer": f"{url}/"},
        timeout=20,
    )
    assert priced.json()["total"] == "4.99", priced.text

    context = ssl.create_default_context(cafile=str(certificate / "till1.pem"))
    cookies = "; ".join(f"{one.name}={one.value}" for one in tablet.cookies)
    headers = {"Cookie": cookies, "Origin": "https://localhost"}  # this client names its host without the port
    live = Client(f"wss://localhost:{port}/live", headers=headers, ssl_context=context)
    try:
        assert json.loads(live.receive(timeout=20))["type"] in ("status", "notice")
    finally:
        live.close()


def test_pages_of_others_and_other_names_get_nothing_through_it(port: int, behind: Served, certificate: Path) -> None:
    tablet, _ = enrolled(port, certificate, behind.app)
    url = f"https://localhost:{port}"
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Origin": "https://evil.example",
        "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode(),
    }  # fmt: skip
    answer = tablet.get(f"{url}/live", headers=upgrade, timeout=20)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin")
    other = tablet.get(f"{url}/api/session", headers={"Host": "evil.example"}, timeout=20)
    assert other.status_code >= 400 or other.text == "", (
        "nginx leaves that to the till, Caddy answers for no other name"
    )
