"""The script-server writer against real local servers, well-behaved and not."""

import gc
import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from runtime.errors import ScriptError, UsageError
from runtime.screenplay import from_json, to_json
from runtime.story import ScriptServer, host, write_with_server

IDEA = "a lonely robot looking for a friend"
Play = Callable[["Handler", dict[str, Any], int], None]


class Handler(BaseHTTPRequestHandler):
    """One request: its JSON body goes to the server's `play`, with how many came before it."""

    server: "Server"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        self.server.play(self, body, len(self.server.seen) - 1)

    def log_message(self, *_: object) -> None: ...

    def head(self, status: int = 200, kind: str = "text/event-stream", also: tuple[str, str] = ("X-A", "b")) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header(*also)
        self.end_headers()

    def event(self, text: str, reason: str | None = None) -> None:
        data = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m",
                "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]}
        self.wfile.write(b"data: " + json.dumps(data).encode() + b"\n\n")

    def stream(self, text: str, reason: str = "stop") -> None:
        self.head()
        for start in range(0, len(text), 400):
            self.event(text[start:start + 400])
        self.event("", reason)
        self.wfile.write(b"data: [DONE]\n\n")


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, play: Play) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.play, self.seen = play, list[tuple[str, dict[str, str], dict[str, Any]]]()
        self.stopped = threading.Event()

    def handle_error(self, *_: object) -> None: ...  # the writer hangs up on bad servers


@contextmanager
def serving(play: Play) -> Iterator[tuple[ScriptServer, Server]]:
    server = Server(play)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield ScriptServer(f"http://127.0.0.1:{server.server_port}/v1", "m", "key", 20.0), server
    finally:
        server.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
        gc.collect()


def script(count: int = 2, **changes: object) -> dict[str, Any]:
    robot = "a lonely blue robot"
    data: dict[str, Any] = {
        "title": "The Search", "logline": "A robot looks for a friend.", "tone": "sad",
        "characters": [{"name": "Robo", "description": robot}],
        "scenes": [{"prompt": f"a wide shot of {robot} walking through the city at night, part {index}",
                    "camera": "wide", "characters": ["Robo"], "ambience": "city at night", "effects": ["footsteps"]}
                   for index in range(count)]}
    return {**data, **changes}


def says(*answers: str) -> Play:
    """Streams one answer after the other, the last again and again."""
    return lambda handler, _, count: handler.stream(answers[min(count, len(answers) - 1)])


def test_a_good_server_writes_the_film() -> None:
    with serving(says(json.dumps(script(3)))) as (server, seen):
        film = write_with_server(IDEA, 3, 1.5, 2**40 + 7, server)
    assert (film.title, film.idea, film.tone, film.writer) == ("The Search", IDEA, "sad", "openai")
    assert [scene.seconds for scene in film.scenes] == [1.5] * 3
    assert film.scenes[0].sounds.effects == ("footsteps",)
    assert from_json(to_json(film)) == film
    (path, headers, body), = seen.seen
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == "Bearer key"
    assert body["seed"] == 7
    assert body["model"] == "m"
    assert body["stream"] is True
    form = body["response_format"]["json_schema"]
    assert form["strict"]
    assert form["schema"]["properties"]["scenes"]["minItems"] == 3
    told = body["messages"][0]["content"] + body["messages"][1]["content"]
    assert IDEA in told
    for part in ("opening", "climax", "ending", "camera", "smoothly", "Nobody appears", "in full", "exactly 3 scenes"):
        assert part in told


def test_no_proxy_and_no_organisation_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_ORG_ID", "secret-org")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "secret-project")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with serving(says(json.dumps(script()))) as (server, seen):
        write_with_server(IDEA, 2, 2, 1, server)
    assert "secret" not in json.dumps(seen.seen[0][1])


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_knows_no_schema_is_asked_more_simply(status: int) -> None:
    def play(handler: Handler, body: dict[str, Any], _: int) -> None:
        if "response_format" in body:
            handler.head(status, "application/json")
            handler.wfile.write(b'{"error": {"message": "response_format is not supported"}}')
        else:
            handler.stream("<think>{hm}</think>Here it is:\n```json\n" + json.dumps(script()) + "\n```")
    with serving(play) as (server, seen):
        assert len(write_with_server(IDEA, 2, 2, 1, server).scenes) == 2
    forms = [body.get("response_format", {}).get("type") for _, _, body in seen.seen]
    assert forms == ["json_schema", "json_object", None]


def test_a_server_that_does_not_stream_is_understood() -> None:
    def play(handler: Handler, _: dict[str, Any], __: int) -> None:
        handler.head(kind="application/json")
        handler.wfile.write(json.dumps({"choices": [{"message": {"content": json.dumps(script())},
                                                     "finish_reason": "stop"}]}).encode())
    with serving(play) as (server, _):
        assert write_with_server(IDEA, 2, 2, 1, server).title == "The Search"


WRONG = {
    "no JSON": "I am sorry, I cannot do that.",
    "empty": "",
    "too few scenes": json.dumps(script(1)),
    "too many scenes": json.dumps(script(9)),
    "no title": json.dumps(script(title=None)),
    "unknown tone": json.dumps(script(tone="weird")),
    "a long title": json.dumps(script(title="x" * 5000)),
    "scenes that are numbers": json.dumps(script(scenes=[1, 2])),
    "a stranger": json.dumps(script(characters=[])),
    "characters as text": json.dumps(script(characters="Robo")),
    "a huge number": '{"title": ' + "9" * 5000 + "}",
    "deep nesting": '{"a":' * 9000 + "1" + "}" * 9000,
    "a lone surrogate": json.dumps(script(title="\ud800")),
    "a list": "[1, 2]",
}


@pytest.mark.parametrize("thoughts", ["<think>{maybe}</think>", "the server kept <think> to itself {a: 1}</think>\n"])
def test_thoughts_are_no_part_of_an_answer(thoughts: str) -> None:
    with serving(says(thoughts + json.dumps(script()))) as (server, seen):
        assert write_with_server(IDEA, 2, 2, 1, server).title == "The Search"
    assert len(seen.seen) == 1


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_sent_back_and_repaired(text: str) -> None:
    with serving(says(text, text, json.dumps(script()))) as (server, seen):
        assert write_with_server(IDEA, 2, 2, 1, server).title == "The Search"
    first, second, third = (body["messages"] for _, _, body in seen.seen)
    assert second[:len(first)] == first
    assert second[-2]["role"] == "assistant"
    assert "cannot be used" in second[-1]["content"]
    assert len(third) == len(first) + 4


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_after_two_repairs_it_gives_up_and_shows_what_came(text: str) -> None:
    with serving(says(text)) as (server, seen), pytest.raises(ScriptError) as caught:
        write_with_server(IDEA, 2, 2, 1, server)
    assert len(seen.seen) == 3
    line = str(caught.value)
    assert "\n" not in line
    assert len(line) < 900
    assert f"127.0.0.1:{seen.server_port}" in line
    assert " ".join(text.split())[:20] in line


def test_missing_descriptions_are_asked_for_but_do_not_cost_the_film() -> None:
    careless = json.dumps(script()).replace("shot of a lonely blue robot", "shot of Robo")
    with serving(says(careless)) as (server, seen):
        film = write_with_server(IDEA, 2, 2, 1, server)
    assert len(seen.seen) == 3
    assert "word for word" in seen.seen[1][2]["messages"][-1]["content"]
    assert film.title == "The Search"
    with serving(says(careless, "nonsense")) as (server, _):
        assert write_with_server(IDEA, 2, 2, 1, server) == film


def test_only_what_was_asked_for_is_taken_over() -> None:
    lying = script(idea="another idea", writer="me", seed=5, version=99)
    lying["scenes"][0]["seconds"] = 1e9
    with serving(says(json.dumps(lying))) as (server, _):
        film = write_with_server(IDEA, 2, 2, 1, server)
    assert (film.idea, film.writer, film.scenes[0].seconds, dict(film.extra)) == (IDEA, "openai", 2, {})


def status(code: int, text: str = "<html>broken</html>", also: tuple[str, str] = ("X-A", "b")) -> Play:
    def play(handler: Handler, _: dict[str, Any], __: int) -> None:
        handler.head(code, "text/html", also)
        handler.wfile.write(text.encode())
    return play


def half(handler: Handler, _: dict[str, Any], __: int) -> None:
    handler.head()
    handler.event(json.dumps(script())[:100])


def cut(handler: Handler, _: dict[str, Any], __: int) -> None:
    handler.head(also=("Content-Length", "100000"))
    handler.event("{")


def hang(handler: Handler, _: dict[str, Any], __: int) -> None:
    handler.server.stopped.wait(30)


def trickle(handler: Handler, _: dict[str, Any], __: int) -> None:
    handler.head()
    while not handler.server.stopped.wait(0.02):
        handler.event(" ")


def trickle_headers(handler: Handler, _: dict[str, Any], __: int) -> None:
    handler.wfile.write(b"HTTP/1.0 200 OK\r\n")
    while not handler.server.stopped.wait(0.02):
        handler.wfile.write(b"X-A: b\r\n")


def endless_text(handler: Handler, _: dict[str, Any], __: int) -> None:
    handler.head()
    while not handler.server.stopped.is_set():
        handler.event("x" * 60000)


def endless_line(handler: Handler, _: dict[str, Any], __: int) -> None:
    handler.head()
    while not handler.server.stopped.is_set():
        handler.wfile.write(b"data: " + b"x" * 100000)


def endless_body(handler: Handler, _: dict[str, Any], __: int) -> None:
    handler.head(kind="application/json")
    while not handler.server.stopped.is_set():
        handler.wfile.write(b" " * 100000)


def endless_error(handler: Handler, _: dict[str, Any], __: int) -> None:
    handler.head(500, "text/html")
    while not handler.server.stopped.is_set():
        handler.wfile.write(b"x" * 100000)


def ten_megabytes(handler: Handler, _: dict[str, Any], __: int) -> None:
    handler.stream(json.dumps(script(title="x" * 10_000_000)))


def no_http(handler: Handler, _: dict[str, Any], __: int) -> None:
    handler.wfile.write(b"SSH-2.0-nothing here\r\n")


def events(*data: bytes) -> Play:
    def play(handler: Handler, _: dict[str, Any], __: int) -> None:
        handler.head()
        for one in data:
            handler.wfile.write(b"data: " + one + b"\n\n")
    return play


BAD: dict[str, tuple[Play, str]] = {
    "error 500": (status(500), "500"),
    "a key refused": (status(401, '{"error": "bad key"}'), "OPENAI_API_KEY"),
    "no such address": (status(404), "/v1"),
    "redirected elsewhere": (status(302, "", ("Location", "http://127.0.0.1:9/v1")), "302"),
    "half an answer": (half, "half"),
    "a connection that breaks": (cut, "failed"),
    "its own limit": (lambda handler, *_: handler.stream('{"title": ', "length"), "context length"),
    "filtered": (lambda handler, *_: handler.stream("", "content_filter"), "content_filter"),
    "a web page": (lambda handler, *_: handler.head(kind="text/html"), "something else"),
    "events that are no JSON": (events(b"{oops"), "something else"),
    "events of another kind": (events(b"[1]", b"{}", b'{"choices": [5]}', b'{"choices": [{"delta": 1}]}'), "half"),
    "an error in the stream": (events(b'{"error": {"message": "out of memory"}}'), "out of memory"),
    "no HTTP": (no_http, "reached"),
    "endless text": (endless_text, "far more"),
    "an endless line": (endless_line, "far more"),
    "an endless body": (endless_body, "far more"),
    "an endless error page": (endless_error, "500"),
    "ten megabytes": (ten_megabytes, "far more"),
}


@pytest.mark.parametrize(("play", "word"), BAD.values(), ids=BAD.keys())
def test_a_bad_server_ends_in_one_clear_line(play: Play, word: str) -> None:
    with serving(play) as (server, seen):
        tracemalloc.start()
        try:
            with pytest.raises(ScriptError) as caught:
                write_with_server(IDEA, 2, 2, 1, server)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    line = str(caught.value)
    assert word in line
    assert "\n" not in line
    assert len(line) < 600
    assert len(seen.seen) <= 1, "nothing is tried again behind the user's back"
    assert peak < 64 << 20


@pytest.mark.parametrize("play", [hang, trickle, trickle_headers])
def test_the_time_limit_is_for_the_whole_answer(play: Play) -> None:
    with serving(play) as (server, _), pytest.raises(ScriptError, match=r"within 0\.5 s"):
        write_with_server(IDEA, 2, 2, 1, ScriptServer(server.base_url, "m", "key", 0.5))


def test_the_time_limit_covers_the_repairs_too() -> None:
    def play(handler: Handler, _: dict[str, Any], __: int) -> None:
        time.sleep(0.3)
        handler.stream("nonsense")
    with serving(play) as (server, _), pytest.raises(ScriptError, match=r"within 0\.5 s"):
        write_with_server(IDEA, 2, 2, 1, ScriptServer(server.base_url, "m", "key", 0.5))


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ScriptError, match=rf"127\.0\.0\.1:{port}.*cannot be reached.*offline writer"):
        write_with_server(IDEA, 2, 2, 1, ScriptServer(f"http://127.0.0.1:{port}/v1", "m", "key", 10))


def test_impossible_requests_reach_no_server() -> None:
    server = ScriptServer("http://127.0.0.1:9/v1", "m", "key", 5)
    with pytest.raises(ScriptError, match="empty"):
        write_with_server(" ", 2, 2, 1, server)
    with pytest.raises(UsageError, match="1 to 1000"):
        write_with_server(IDEA, 0, 2, 1, server)
    with pytest.raises(UsageError, match="time limit"):
        write_with_server(IDEA, 2, 2, 1, ScriptServer("http://127.0.0.1:9/v1", "m", "key", 0))


@pytest.mark.parametrize(("url", "name"), [
    ("http://localhost:11434/v1", "localhost:11434"), ("https://api.example.org/v1", "api.example.org"),
    ("http://user:secret@[::1]:8080/v1", "[::1]:8080"),
])
def test_host(url: str, name: str) -> None:
    assert host(ScriptServer(url, "m")) == name


@pytest.mark.parametrize("url", ["", "localhost:11434", "ftp://host/v1", "http://", "http://host:port/v1", "http://[::1/v1"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(UsageError, match="http://localhost:11434/v1"):
        host(ScriptServer(url, "m"))


def test_the_key_comes_from_the_environment_and_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    server = ScriptServer("http://localhost/v1", "m")
    assert server.api_key == "sk-secret"
    assert "secret" not in repr(server)
    monkeypatch.delenv("OPENAI_API_KEY")
    assert ScriptServer("http://localhost/v1", "m").api_key
