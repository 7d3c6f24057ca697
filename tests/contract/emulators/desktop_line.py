"""The SOAP line of the emulated Web Connector: zeep, which is not ours, with the published WSDL, or ours where that is
not beside the repository; over HTTP, or straight into the application of this process."""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import requests
import zeep
from lxml import etree
from requests.adapters import BaseAdapter
from werkzeug.test import Client as WsgiClient
from zeep.plugins import Plugin
from zeep.transports import Transport

from tests.contract.emulators.desktop_forms import SCHEMAS

WSDL = SCHEMAS / "QBWebConnectorSvc.wsdl"
#: Seconds a connector waits for one answer.
SECONDS = 30


class Inside(BaseAdapter):
    """Requests of this process answered by a WSGI application of it."""

    def __init__(self, app: Any) -> None:
        super().__init__()
        self._client = WsgiClient(app)

    def send(self, request: requests.PreparedRequest, *given: Any, **named: Any) -> requests.Response:
        path = urlsplit(request.url or "")
        answered = self._client.open(
            path.path, method=request.method or "GET", data=request.body, headers=list(request.headers.items()),
            query_string=path.query, base_url=f"{path.scheme}://{path.netloc}",
        )  # fmt: skip
        response = requests.Response()
        response.status_code, response._content = answered.status_code, answered.data
        response.headers = requests.structures.CaseInsensitiveDict(answered.headers.items())
        response.url, response.request, response.encoding = request.url or "", request, "utf-8"
        return response

    def close(self) -> None:
        """Nothing is open."""


class Line:
    """Calls of the service at an address. complaints: what no Web Connector would have borne."""

    def __init__(self, url: str, app: Any = None) -> None:
        self.url, self.complaints = url, list[str]()
        self.session = requests.Session()
        self.session.trust_env = False  # proxies of this machine are no part of it
        if app is not None:
            self.session.mount("http://", Inside(app))
        self._seen = _Seen()
        client = (
            _published() if WSDL.is_file() else zeep.Client(f"{url}?wsdl", transport=Transport(session=self.session))
        )
        transport = Transport(timeout=SECONDS, operation_timeout=SECONDS, session=self.session)
        client = zeep.Client(client.wsdl, transport=transport, plugins=[self._seen])
        self._service = client.create_service(str(next(iter(client.wsdl.bindings))), url)

    def call(self, operation: str, **given: Any) -> Any:
        """The result; "" for an empty one. Raises what zeep and requests raise."""
        result = self._service[operation](**given)
        raw = self._seen.last
        if not re.search(rf"<[\w:]*{operation}Result", raw) or not raw.lstrip("\ufeff").startswith("<"):
            self.complaints.append(f"{operation}: no {operation}Result")
        if result is None:
            return ""
        if operation == "authenticate":
            return [text or "" for text in getattr(result, "string", result)]
        return result


class _Seen(Plugin):
    """The last answer as it came."""

    last = ""

    def ingress(self, envelope: Any, http_headers: Any, operation: Any) -> tuple[Any, Any]:
        self.last = etree.tostring(envelope, encoding="unicode")
        if not str(http_headers.get("Content-Type", "")).startswith("text/xml"):
            self.last = f"not text/xml: {http_headers.get('Content-Type')}"
        return envelope, http_headers


@cache
def _published() -> zeep.Client:
    return zeep.Client(str(WSDL))
