"""The server: who is answered, what is refused, and that nothing goes on for nobody."""

import json
import os
import socket
import threading
import time

import pytest

from qsb_hw.errors import ArgumentError
from qsb_hw.explore.sweep.subject import subject_of
from qsb_hw.explorer.server import LARGEST_BODY, Explorer, listening
from qsb_hw.explorer.worker import PATIENT

LINEWIDTH = "$.damping.linewidth"


def wait_for(holds, seconds=20.0):
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


def test_the_page_and_its_parts_come_from_the_package(kerr):
    status, headers, text = kerr.request()
    assert status == 200
    assert "http" not in text.replace("<!doctype html>", "")  # no address of anybody else
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in headers
    for name, kind in (("app.js", "text/javascript"), ("charts.js", "text/javascript"), ("style.css", "text/css")):
        status, headers, text = kerr.request(f"page/{name}")
        assert (status, headers["content-type"].split(";")[0]) == (200, kind)
        assert "https://" not in text
        assert text.count("http://") == text.count("http://www.w3.org/2000/svg")


def test_without_the_token_there_is_nothing(kerr):
    wrong = f"/{'x' * len(kerr.explorer.token)}/"
    for root in ("/", wrong, f"/{'%C3%A9' * 40}/"):
        assert kerr.request(root=root)[0] == 404
        assert kerr.request("api/start", root=root)[0] == 404
        assert kerr.request("api/view", {"changes": {}}, root=root)[0] == 404
    assert len(kerr.explorer.token) >= 43
    assert Explorer(subject_of("kerr_squid_array")).token != kerr.explorer.token


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example"}, {"Host": "rebound.example:80"}, {"Host": ""}, {"Host": "127.0.0.1:1"},
        {"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"},
    ],
)  # fmt: skip
def test_requests_of_other_pages_are_refused(kerr, headers):
    assert kerr.request("api/view", {"changes": {}}, headers=headers)[0] == 403


def test_its_own_page_and_an_opened_address_are_answered(kerr):
    own = {"Host": f"localhost:{kerr.port}", "Origin": f"http://localhost:{kerr.port}", "Sec-Fetch-Site": "same-origin"}
    assert kerr.request("api/view", {"changes": {}}, headers=own)[0] == 200
    assert kerr.request(headers={"Sec-Fetch-Site": "none"})[0] == 200


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ("{", {}, 400), ("[1]", {}, 400), ("null", {}, 400), ("[" * 100_000, {}, 400), (b"\xff\xfe", {}, 400),
        (json.dumps({"changes": "x" * LARGEST_BODY}), {}, 413), ("{}", {"Content-Type": "text/plain"}, 415),
        ({"changes": 3}, {}, 422), ({}, {}, 422), ({"changes": {}, "links": "A-B"}, {}, 422),
    ],
)  # fmt: skip
def test_hostile_bodies_get_an_error_and_end_nothing(kerr, body, headers, status):
    assert kerr.request("api/view", body, headers=headers)[0] == status
    assert kerr.ask("view", changes={})[0] == 200


@pytest.mark.parametrize("name", ["..%2Fserver.py", "../server.py", "index.html", "app.js%00", "/etc/passwd"])
def test_no_other_file_is_given_out(kerr, name):
    assert kerr.request(f"page/{name}")[0] == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_are_not_answered(kerr, method):
    assert kerr.request("api/view", "{}", method=method)[0] == 404


def test_a_setting_gives_its_view_and_what_is_wrong_stands_at_its_path(kerr):
    status, found = kerr.ask("view", changes={LINEWIDTH: "5.5 MHz"})
    assert status == 200
    assert found["setting"] == {"texts": {LINEWIDTH: "5.5 MHz"}, "numbers": {LINEWIDTH: 5.5}}
    assert found["view"]["model"] == "eliminated model"
    _, wrong = kerr.ask("view", changes={LINEWIDTH: "<script>alert(1)</script>"})
    assert [p["path"] for p in wrong["problems"]] == [LINEWIDTH]
    assert "view" not in wrong
    _, impossible = kerr.ask("view", changes={LINEWIDTH: "1 MHz"})  # less than its external part
    assert [p["path"] for p in impossible["problems"]] == ["$.damping.external_linewidth"]


def test_a_curve_is_solved_where_the_last_one_was_until_it_is_to_be_refined(served):
    with served("kerr_squid_array") as own:
        (far,), (rough,), (fine,) = (
            own.ask("view", changes={"$.pair.coupling": V}, refine=refine)[1]["view"]["links"]
            for V, refine in (("1 kHz", False), ("3 MHz", False), ("3 MHz", True))
        )
    assert [link["refined"] for link in (far, rough, fine)] == [True, False, True]
    assert len(rough["solved_hz"]) == len(far["solved_hz"])
    assert fine["error"] < rough["error"]


def test_an_unexpected_exception_is_told_and_ends_nothing(kerr, monkeypatch):
    monkeypatch.setattr("qsb_hw.explorer.server.eliminated_view", lambda *_: 1 / 0)
    status, found = kerr.ask("view", changes={})
    assert (status, found["error"]) == (500, "unexpected ZeroDivisionError: division by zero")


class Slow:
    """A full model that ends only when nobody wants it any more."""

    def __init__(self):
        self.running, self.lock = 0, threading.Lock()

    def __call__(self, _texts, wanted):
        with self.lock:
            self.running += 1
        while wanted():
            time.sleep(0.01)
        with self.lock:
            self.running -= 1


@pytest.fixture
def slow(kerr, monkeypatch):
    found = Slow()
    monkeypatch.setattr(kerr.explorer.full, "solve", found)
    return found


def waiting(kerr, tab, number, answers):
    def ask():
        answers[tab, number] = kerr.ask("full", tab=tab, number=number, changes={})[1]

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


def test_a_newer_move_supersedes_an_older_one_of_its_page_and_no_other(kerr, slow):
    answers = {}
    threads = [waiting(kerr, "one", 1, answers), waiting(kerr, "two", 1, answers)]
    assert wait_for(lambda: slow.running == 2)
    threads.append(waiting(kerr, "one", 2, answers))
    threads[0].join(20)
    assert answers == {("one", 1): {"superseded": True}}
    assert wait_for(lambda: slow.running == 2)  # the newer one, and that of the other page
    kerr.explorer.newest.clear()
    for thread in threads:
        thread.join(20)
    assert wait_for(lambda: slow.running == 0)


def test_a_page_that_is_closed_leaves_nothing_running(kerr, slow):
    body = json.dumps({"tab": "gone", "number": 1, "changes": {}})
    head = (
        f"POST {kerr.root}api/full HTTP/1.1\r\nHost: {kerr.host}:{kerr.port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((kerr.host, kerr.port)) as opened:
        opened.sendall((head + body).encode())
        assert wait_for(lambda: slow.running == 1)
    assert wait_for(lambda: slow.running == 0)
    assert not kerr.explorer.newest


def test_the_full_model_runs_in_a_process_that_ends_when_it_is_not_wanted(kerr):
    explorer = kerr.explorer
    stop = threading.Event()
    result = []
    thread = threading.Thread(target=lambda: result.append(explorer.full.solve({}, lambda: not stop.is_set())))
    thread.start()
    assert wait_for(lambda: explorer.full.busy == 1)
    (process,) = explorer.full._busy
    stop.set()
    thread.join(20)
    assert result == [None]
    assert not process.is_alive()
    found = explorer.full.solve({LINEWIDTH: "1 MHz"}, lambda: True)  # by a new one
    assert found["problems"][0]["path"] == "$.damping.external_linewidth"
    if hasattr(os, "getpriority"):  # the next move comes first
        own, its = (os.getpriority(os.PRIO_PROCESS, pid) for pid in (0, explorer.full._free[0][0].pid))
        assert its == min(own + PATIENT, 19)


def test_requests_for_the_full_model_say_whose_they_are(kerr):
    for body in ({"changes": {}}, {"tab": 3, "number": 1, "changes": {}}, {"tab": "x", "number": True, "changes": {}}):
        assert kerr.ask("full", **body)[0] == 422
    assert kerr.ask("full", tab="x", number=1, changes={LINEWIDTH: "nan"})[1]["problems"][0]["path"] == LINEWIDTH


def test_it_is_bound_to_this_machine_and_a_taken_port_is_said():
    with listening(0) as taken:
        taken.listen()
        assert taken.getsockname()[0] == "127.0.0.1"
        with pytest.raises(ArgumentError, match="--port must be free"):
            listening(taken.getsockname()[1])


def test_nothing_that_is_sent_waits_for_an_acknowledgement(kerr):
    with socket.create_connection((kerr.host, kerr.port)):
        assert wait_for(lambda: kerr.server.server_state.connections)
        found = [c.transport.get_extra_info("socket") for c in kerr.server.server_state.connections]
        assert all(opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for opened in found)


def test_a_model_without_a_device_is_refused():
    pair = {"model": "lorentzian_pair", "kerr": 10, "sigma": 0.2, "fock_state": 1, "coupling": 0.3}
    with pytest.raises(ArgumentError, match="must be a device or a chip"):
        Explorer(subject_of(pair))
