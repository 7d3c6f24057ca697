"""The Web Connector's own port: a second server of this process, in a thread, that answers /qbwc and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from pos.config import Config
from pos.errors import BadSettings
from pos.web import errors
from pos.web.server import listen

#: A Web Connector makes one call at a time; the rest is for probes.
THREADS = 4
STOP_SECONDS = 10.0


class OwnPort:
    """Listens from the moment it is made; serves from `start()` on."""

    def __init__(self, application: Any, config: Config, large: Mapping[str, int]) -> None:
        """BadSettings when the port cannot be had."""
        own = config.qbwc
        most = config.security.body_kb_max * 1024
        try:
            self._server = listen(
                application, own.bind_host, own.bind_port, THREADS, most, config.server.trusted_proxy, large
            )
        except BadSettings as error:
            raise BadSettings(
                f"The Web Connector's own port {own.bind_port} on {own.bind_host} cannot be opened; another program "
                "may have it. Choose another in [qbwc] bind_port, or 0 for none: /qbwc is at the till's own port, too."
            ) from error
        self._thread = threading.Thread(target=self._run, daemon=True, name="qbwc port")

    @property
    def port(self) -> int:
        return self._server.port

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """What runs is answered first. Also when it never started."""
        self._server.stop()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
        else:
            self._server.run()  # closes what is open

    def _run(self) -> None:
        errors.shielded("serving the Web Connector's own port", self._server.run)
