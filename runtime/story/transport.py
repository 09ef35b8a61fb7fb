"""One question to a script server, bounded in time and memory.

The answer is streamed and read here line by line, because the client library reads error pages and endless lines
whole: a server that lies about anything costs at most the deadline and a few megabytes.
"""

import json
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from runtime.errors import ScriptError

FORMATS: Final = ("schema", "json", "plain")
"""How the answer's form is asked for, strictest first."""

_MOST_LINE: Final = 1 << 20
_MOST_ERROR: Final = 4096


class Refused(Exception):
    """The server answered with a status that is not success."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status, text)
        self.status, self.text = status, text


class _TooMuch(Exception):
    """The answer is longer than any screenplay."""


class Deadline:
    """A moment in the future; `left` is in seconds and never below 0."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self._end = seconds, time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds to go."""
        return max(0.0, self._end - time.monotonic())


@dataclass(frozen=True)
class Access:
    """How to reach a server; `name` is its host as people read it."""

    base_url: str
    name: str
    model: str
    api_key: str = field(repr=False)


@dataclass(frozen=True)
class Asked:
    """A conversation to be continued with JSON of `schema`; `most` is the longest answer accepted, in bytes."""

    messages: list[dict[str, str]]
    seed: int
    schema: dict[str, Any]
    most: int


def ask(access: Access, asked: Asked, form: str, deadline: Deadline) -> str:
    """The server's answer. Raises Refused for an error status and ScriptError for silence, excess or half an answer."""
    import asyncio  # both take a while to load, and most films are written offline

    try:
        import openai
    except ImportError as error:
        raise ScriptError("the openai package for writing with a script server", "it is not installed",
                          'run `pip install "moviefactory[openai]"`, or use the offline writer') from error
    try:
        return asyncio.run(_within(deadline, _asked(openai, access, asked, form)))
    except TimeoutError as error:
        raise _no_answer(access.name, f"none came within {deadline.seconds:g} s",
                         "give it more time, fewer scenes or a smaller model") from error
    except _TooMuch as error:
        raise _no_answer(access.name, "it sent far more than a screenplay can hold",
                         "try another model, or use the offline writer") from error
    except openai.APIConnectionError as error:
        if isinstance(error.__cause__, Refused):  # older clients wrap what a hook raises
            raise error.__cause__ from error
        raise _no_answer(access.name, f"it cannot be reached ({_reason(error)})",
                         "check that the server runs and the address is right, or use the offline writer") from error
    except (ScriptError, Refused):
        raise
    except Exception as error:  # errors of the transport below the client have no base class to name here
        raise _no_answer(access.name, f"the connection failed ({_reason(error)})",
                         "look at the server's log, or use the offline writer") from error


async def _within(deadline: Deadline, work: Coroutine[Any, Any, str]) -> str:
    import asyncio

    async with asyncio.timeout(deadline.left):
        return await work


async def _asked(openai: Any, access: Access, asked: Asked, form: str) -> str:
    """Send the question and collect the streamed answer. No proxy of the environment, no redirect, no retry."""
    web = openai.DefaultAsyncHttpxClient(trust_env=False, follow_redirects=False, timeout=None,
                                         event_hooks={"request": [], "response": [_refuse]})
    request: dict[str, Any] = {"model": access.model, "messages": asked.messages, "seed": asked.seed, "stream": True}
    if form == "schema":
        request["response_format"] = {"type": "json_schema", "json_schema": {
            "name": "screenplay", "strict": True, "schema": asked.schema}}
    elif form == "json":
        request["response_format"] = {"type": "json_object"}
    async with openai.AsyncOpenAI(base_url=access.base_url, api_key=access.api_key, max_retries=0, timeout=None,
                                  http_client=web) as client:
        client.organization = client.project = None  # the environment's, which are nobody else's business
        create = client.chat.completions.with_streaming_response.create
        async with create(**request, extra_headers={"Accept-Encoding": "identity"}) as response:
            streamed = "event-stream" in response.headers.get("content-type", "")
            return await (_streamed if streamed else _whole)(response.iter_bytes(), asked.most, access.name)


async def _refuse(response: Any) -> None:
    """Raise Refused for anything but success, with the beginning of the error page only."""
    if 200 <= response.status_code < 300:
        return
    page = b""
    async for piece in response.aiter_raw():
        page += piece[:_MOST_ERROR - len(page)]
        if len(page) >= _MOST_ERROR:
            break
    raise Refused(response.status_code, page.decode("utf-8", "replace"))


async def _streamed(pieces: AsyncIterator[bytes], most: int, name: str) -> str:
    """The text of a stream of server-sent events, up to the event that says why it ended."""
    text: list[str] = []
    size = 0
    async for line in _lines(pieces):
        if not line.startswith(b"data:"):
            continue
        data = line[5:].strip()
        if data == b"[DONE]":
            break
        said, reason = _choice(data, "delta", name)
        size += len(said.encode("utf-8", "surrogatepass"))
        if size > most:
            raise _TooMuch
        text.append(said)
        if reason:
            return _finished("".join(text), reason, name)
    return _finished("".join(text), "", name)


async def _whole(pieces: AsyncIterator[bytes], most: int, name: str) -> str:
    """The text of an answer that came in one piece, from a server that does not stream."""
    body = b""
    async for piece in pieces:
        body += piece
        if len(body) > 2 * most:
            raise _TooMuch
    return _finished(*_choice(body, "message", name), name)


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    rest = b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line
        if len(rest) > _MOST_LINE:
            raise _TooMuch
    if rest:
        yield rest


def _choice(data: bytes, part: str, name: str) -> tuple[str, str]:
    """The text and the reason for ending of the first choice in one JSON object; both "" where there are none."""
    try:
        event = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _no_answer(name, f"something else came: {data[:80].decode('utf-8', 'replace')!r}",
                         "check that the address is that of an OpenAI-compatible server") from error
    if isinstance(event, dict) and event.get("error"):
        raise _no_answer(name, f"it reported an error: {str(event['error'])[:200]}", "look at the server's log")
    choices = event.get("choices") if isinstance(event, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else {}
    said = choice.get(part) if isinstance(choice, dict) else None
    text = said.get("content") if isinstance(said, dict) else None
    reason = choice.get("finish_reason") if isinstance(choice, dict) else None
    return text if isinstance(text, str) else "", reason if isinstance(reason, str) else ""


def _finished(text: str, reason: str, name: str) -> str:
    """`text` if the server finished it."""
    if reason == "stop":
        return text
    if reason == "length":
        raise _no_answer(name, f"it stopped in the middle, at its own limit, after {len(text)} characters",
                         "raise the server's context length, or ask for fewer scenes")
    if reason:
        raise _no_answer(name, f"it broke off ({reason[:40]})", "change the idea, or use the offline writer")
    raise _no_answer(name, f"half an answer came ({len(text)} characters), then the connection closed",
                     "try again, or look at the server's log")


def _no_answer(name: str, got: str, fix: str) -> ScriptError:
    return ScriptError(f"a screenplay from the script server at {name}", got, fix)


def _reason(error: Exception) -> str:
    cause = error.__cause__ or error
    return " ".join(str(cause).split())[:120] or type(cause).__name__
