"""A server of the explorer, on a port of its own and in a thread."""

import http.client
import json
import threading
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

pytest.importorskip("starlette", reason="the extra explore is not installed")
pytest.importorskip("uvicorn", reason="the extra explore is not installed")

from qsb_hw.explore.sweep.subject import subject_of
from qsb_hw.explorer.server import Explorer, server_of


class Served:
    """A running explorer, and plain requests to it."""

    def __init__(self, explorer, server, address):
        self.explorer, self.server, self.address = explorer, server, address
        parts = urlsplit(address)
        self.host, self.port, self.root = parts.hostname, parts.port, parts.path

    def request(self, path="", body=None, *, method=None, headers=None, root=None):
        """Status, headers and text of an answer; a body that is no text is sent as JSON."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        data = body if body is None or isinstance(body, str | bytes) else json.dumps(body)
        sent = {} if body is None else {"Content-Type": "application/json"}
        verb = method or ("GET" if body is None else "POST")
        connection.request(verb, (self.root if root is None else root) + path, data, sent | (headers or {}))
        answer = connection.getresponse()
        found = answer.status, dict(answer.getheaders()), answer.read().decode()
        connection.close()
        return found

    def ask(self, what, /, **body):
        """Status and JSON of an answer of the interface."""
        status, _, text = self.request(f"api/{what}", body)
        return status, json.loads(text)


@contextmanager
def served(spec, place=None):
    """An explorer of a file while it runs."""
    explorer, ready, found = Explorer(subject_of(spec), place), threading.Event(), []

    def told(address):
        found.append(address)
        ready.set()

    server, opened = server_of(explorer, 0, told)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
    thread.start()
    try:
        assert ready.wait(30)
        yield Served(explorer, server, found[0])
    finally:
        server.should_exit = True
        thread.join(30)
        opened.close()
        explorer.full.close()
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def kerr():
    """The server of a shipped resonator."""
    with served("kerr_squid_array") as running:
        yield running


@pytest.fixture(name="served", scope="session")
def _served():
    """`served`, for tests that need a server of their own."""
    return served
