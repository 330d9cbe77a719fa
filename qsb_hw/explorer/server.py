"""The page's server: bound to this machine, and silent to whoever does not know its token.

The token is a part of every address and nothing else grants access: there is no cookie that a foreign page could make
the browser send. Host, Origin and Sec-Fetch-Site are checked beside it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import secrets
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from qsb_hw import __version__
from qsb_hw.errors import ArgumentError, QsbError, SpecError, require, shown
from qsb_hw.explore.sweep.subject import Subject
from qsb_hw.explorer.answer import eliminated_view
from qsb_hw.explorer.controls import controls_of, setting_of
from qsb_hw.explorer.record import (
    controls_record,
    problems_of,
    problems_record,
    setting_record,
    view_record,
)
from qsb_hw.explorer.saving import ExistsError, Place, check_file, explored_file
from qsb_hw.explorer.view import LinkView
from qsb_hw.explorer.worker import FullModels

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

HOST = "127.0.0.1"
LARGEST_BODY = 256 * 1024
"""Bytes of a request."""
TOKEN_BYTES = 32
"""Bytes of randomness of a token."""
LOOK = 0.1
"""Seconds between two looks at whether a page that waits is still there."""
ASSETS = dict.fromkeys(("app.js", "charts.js", "dom.js"), "text/javascript") | {"style.css": "text/css"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class RefusedError(Exception):
    """A request that is not answered: its status, and a word."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Explorer:
    """One file, its controls, and what is computed of it."""

    def __init__(self, subject: Subject, place: Place | None = None, token: str | None = None) -> None:
        hint = "Name a device or chip file."
        require(not subject.dimensionless, "What is explored must be a device or a chip", subject.name, hint)
        self.subject, self.place = subject, place
        self.token = token or secrets.token_urlsafe(TOKEN_BYTES)
        self.controls = {control.path: control for control in controls_of(subject)}
        require(bool(self.controls), "The file must have a number that can be moved", "none", hint)
        self.full = FullModels(subject)
        self.near: dict[str, LinkView] = {}
        self.at_rest: Callable[[], object] = lambda: None
        self.newest: dict[str, int] = {}
        self._lock = threading.Lock()

    def start(self) -> dict[str, Any]:
        """What the page is made of."""
        table = self.subject.table
        return {
            "version": __version__,
            "name": self.subject.name,
            "description": str(table.get("description", "")),
            "source": self.subject.source,
            "chip": self.subject.is_chip,
            "controls": controls_record(self.controls.values()),
            "save": None if self.place is None else {"path": str(self.place.path), "folder": self.place.is_folder},
        }

    def view(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The eliminated model of a setting, or what is wrong with it.

        S(Δ) is solved where it was the last time, unless it is to be `refined`.
        """
        begun, cpu = time.perf_counter(), time.thread_time()
        links = body.get("links")
        valid = links is None or (isinstance(links, list) and all(isinstance(x, str) for x in links))
        require(valid, "`links` must be a list of names", shown(links, 80), "Leave it out for all.")
        with self._lock:  # one at a time: what did not change is shared
            setting = setting_of(self.subject, self.controls, body.get("changes"))
            found: dict[str, Any] = {"setting": setting_record(setting)}
            if setting.problems:
                return found | {"problems": problems_record(setting.problems)}
            try:
                view = eliminated_view(self.subject, setting, links, {} if body.get("refine") is True else self.near)
                self.near |= {link.name: link for link in view.links if link.refined and link.detuning.size}
                found["view"] = view_record(view)
            except QsbError as error:
                return found | {"problems": problems_record(problems_of(error))}
        return found | {"seconds": time.perf_counter() - begun, "cpu_seconds": time.thread_time() - cpu}

    def text(self, body: Mapping[str, Any]) -> str:
        """The file with a setting in it."""
        setting = setting_of(self.subject, self.controls, body.get("changes"))
        if setting.problems:
            raise SpecError(self.subject.source, setting.problems)
        verdict = body.get("full_verdict")
        known = verdict in ("feasible", "borderline", "infeasible", "undecided")
        with self._lock:
            return explored_file(self.subject, setting, verdict if known else None)

    def save(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Write the file with a setting in it, where the command line said."""
        if self.place is None:
            raise ArgumentError("A place to save to must be given, but found none. Start with --save FILE.")
        name, replace = body.get("name"), body.get("replace") is True
        file = self.place.file(name)
        text = self.text(body)
        check_file(text, file)
        return {"saved": str(self.place.write(text, self.subject.source, name, replace))}


def application(explorer: Explorer, port: int) -> Starlette:
    """The server's application; `port` is that of the addresses it answers to."""
    from contextlib import asynccontextmanager

    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import JSONResponse, PlainTextResponse, Response
    from starlette.routing import Route

    hosts = {f"{name}:{port}" for name in (HOST, "localhost")}
    page = files("qsb_hw.explorer").joinpath("page")

    def guarded(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                _refuse_foreign(request, explorer.token, hosts)
                response = await answer(request)
            except RefusedError as refusal:
                response = JSONResponse({"error": str(refusal)}, refusal.status)
            except ExistsError as error:
                response = JSONResponse({"exists": True, "problems": problems_record(problems_of(error))}, 409)
            except QsbError as error:
                response = JSONResponse({"problems": problems_record(problems_of(error))}, 422)
            except Exception as error:  # the page says so, and continues
                response = JSONResponse({"error": f"unexpected {type(error).__name__}: {error}"}, 500)
            response.headers.update(HEADERS)
            return response

        return endpoint

    async def index(_: Request) -> Response:
        return Response(page.joinpath("index.html").read_bytes(), media_type="text/html; charset=utf-8")

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ASSETS:
            raise RefusedError(404, "not found")
        return Response(page.joinpath(name).read_bytes(), media_type=f"{ASSETS[name]}; charset=utf-8")

    async def start(_: Request) -> Response:
        return JSONResponse(explorer.start())

    async def view(request: Request) -> Response:
        body = await _body(request)
        return JSONResponse(await run_in_threadpool(explorer.view, body))

    async def text(request: Request) -> Response:
        body = await _body(request)
        return PlainTextResponse(await run_in_threadpool(explorer.text, body), media_type="application/toml")

    async def save(request: Request) -> Response:
        body = await _body(request)
        return JSONResponse(await run_in_threadpool(explorer.save, body))

    async def full(request: Request) -> Response:
        return JSONResponse(await _full(explorer, request, await _body(request)))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> Any:
        try:
            yield
        finally:
            explorer.full.close()

    root = "/{token}"
    routes = [
        Route(f"{root}/", guarded(index)),
        Route(f"{root}/page/{{name}}", guarded(asset)),
        Route(f"{root}/api/start", guarded(start)),
        *(
            Route(f"{root}/api/{name}", guarded(answer), methods=["POST"])
            for name, answer in (("view", view), ("full", full), ("text", text), ("save", save))
        ),
    ]

    async def nothing(_: Request, __: Exception) -> Response:
        return PlainTextResponse("not found", 404, headers=HEADERS)

    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={404: nothing, 405: nothing})


async def _full(explorer: Explorer, request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
    """The full model of a setting, while its page waits for it and moves nothing."""
    tab, number = body.get("tab"), body.get("number")
    valid = isinstance(tab, str) and 0 < len(tab) <= 64 and isinstance(number, int) and not isinstance(number, bool)
    require(valid, "A page must send its `tab` and the `number` of its request", shown((tab, number), 80), "Send both.")
    assert isinstance(tab, str)
    assert isinstance(number, int)
    setting = setting_of(explorer.subject, explorer.controls, body.get("changes"))
    if setting.problems:
        return {"problems": problems_record(setting.problems)}
    explorer.at_rest()
    explorer.newest[tab] = max(number, explorer.newest.get(tab, number))
    gone = threading.Event()

    def wanted() -> bool:
        return not gone.is_set() and explorer.newest.get(tab) == number

    task = asyncio.create_task(asyncio.to_thread(explorer.full.solve, dict(setting.texts), wanted))
    try:
        while not (await asyncio.wait({task}, timeout=LOOK))[0]:
            if await request.is_disconnected():
                gone.set()
        found = task.result()
    finally:
        gone.set()
        if explorer.newest.get(tab) == number:
            del explorer.newest[tab]
    return {"superseded": True} if found is None else found


def _refuse_foreign(request: Request, token: str, hosts: set[str]) -> None:
    """`RefusedError` for a request that does not come from a page of this server, whoever sends it."""
    given = request.path_params.get("token", "")
    if not secrets.compare_digest(given.encode(), token.encode()):
        raise RefusedError(404, "not found")
    host, origin = request.headers.get("host", ""), request.headers.get("origin")
    if host not in hosts:  # a name of somebody else's that leads here
        raise RefusedError(403, "this server answers to its own address only")
    if origin is not None and origin != f"http://{host}":
        raise RefusedError(403, "this server answers to its own page only")
    site = request.headers.get("sec-fetch-site", "same-origin")
    opened = site == "none" and request.method == "GET"  # an address that was typed or opened
    if site != "same-origin" and not opened:
        raise RefusedError(403, "this server answers to its own page only")


async def _body(request: Request) -> Mapping[str, Any]:
    """The table that a request sends; `RefusedError` for one that is too large, or no table."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise RefusedError(415, "send application/json")
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST_BODY:
            raise RefusedError(413, f"send at most {LARGEST_BODY} bytes")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise RefusedError(400, "send valid JSON") from None
    if not isinstance(found, dict):
        raise RefusedError(400, "send a JSON object")
    return found


def listening(port: int) -> socket.socket:
    """A socket that is bound to this machine; port 0 takes a free one. `ArgumentError` where the port is taken."""
    # with its protocol named, else asyncio leaves Nagle's algorithm on: the body would wait 40 ms behind its headers
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        opened.bind((HOST, port))
    except OSError as error:
        opened.close()
        what = error.strerror or str(error)
        raise ArgumentError(f"--port must be free, but found {port}: {what}. Leave it out for any.") from error
    return opened


def server_of(explorer: Explorer, port: int, ready: Callable[[str], None]) -> tuple[Any, socket.socket]:
    """The server and the socket it is to run on; `ready` is called with the address once pages are answered."""
    import uvicorn

    opened = listening(port)
    port = opened.getsockname()[1]
    config = uvicorn.Config(
        application(explorer, port), log_level="warning", access_log=False, server_header=False, lifespan="on",
        timeout_graceful_shutdown=1, h11_max_incomplete_event_size=64 * 1024,
    )  # fmt: skip

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready(f"http://{HOST}:{port}/{explorer.token}/")

    return Server(config), opened


def serve(explorer: Explorer, port: int, ready: Callable[[str], None]) -> None:
    """Serve until Ctrl-C."""
    server, opened = server_of(explorer, port, ready)
    gc.collect()
    gc.freeze()  # what was imported need not be looked through between two moves
    gc.set_threshold(*gc.get_threshold()[:2], 10**6)  # nor what they left behind, in full, before the sliders rest
    explorer.at_rest = gc.collect
    try:
        server.run(sockets=[opened])
    finally:
        explorer.full.close()
        opened.close()
