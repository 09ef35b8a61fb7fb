"""The writer that asks a script server: anything that speaks OpenAI's chat completions (Ollama, llama.cpp, LM Studio).

Nothing is sent but the idea and the instructions in `brief`; `host` says where to, so that a face can show it first.
"""

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from runtime.errors import ScriptError, UsageError
from runtime.screenplay import Screenplay
from runtime.story import answer, brief
from runtime.story.request import check
from runtime.story.transport import FORMATS, Access, Asked, Deadline, Refused, ask

REPAIRS = 2
"""How often an answer is sent back with what was wrong before giving up."""


@dataclass(frozen=True)
class ScriptServer:
    """Where scripts are written: an OpenAI-compatible `base_url` (as `http://localhost:11434/v1`) and a `model` there.

    `api_key` defaults to the environment's OPENAI_API_KEY; local servers accept anything. `timeout_s` is for the whole
    script in seconds, repairs included.
    """

    base_url: str
    model: str
    api_key: str = field(default_factory=lambda: os.environ.get("OPENAI_API_KEY") or "not-needed", repr=False)
    timeout_s: float = 300.0


def host(server: ScriptServer) -> str:
    """The host (and port) the idea will be sent to. Raises UsageError for an address that is none."""
    try:
        parts = urlsplit(server.base_url)
        name, port = parts.hostname, parts.port
    except ValueError:
        name, port, parts = None, None, urlsplit("")
    if parts.scheme not in {"http", "https"} or not name:
        raise UsageError("the address of a script server, such as http://localhost:11434/v1",
                         f"{server.base_url[:80]!r} is none", "write it with http:// or https:// and a host")
    shown = f"[{name}]" if ":" in name else name
    return f"{shown}:{port}" if port else shown


def write_with_server(idea: str, scenes: int, seconds: float, seed: int, server: ScriptServer) -> Screenplay:
    """Have `server` write a film of `scenes` scenes of `seconds` each about `idea`.

    The five requirements of the paper (section 2.1) stand in the instructions. The answer is asked for against a JSON
    schema (then as any JSON, then as plain text, where the server refuses with 400 or 422), checked, and sent back at
    most `REPAIRS` times with what was wrong; a screenplay that then only lacks a description in some prompt is taken
    as it is. Raises ScriptError when that fails, UsageError for a request that makes no sense.
    """
    check(idea, scenes, seconds)
    name = host(server)
    if not (0 < server.timeout_s <= 86400):
        raise UsageError("a time limit for the script server of up to a day", f"{server.timeout_s} s was given",
                         "give seconds above 0, such as 300")
    deadline = Deadline(server.timeout_s)
    access = Access(server.base_url, name, server.model, server.api_key)
    messages = brief.messages(idea, scenes, seconds)
    forms = list(FORMATS)
    most = answer.MOST_BYTES + answer.MOST_BYTES_PER_SCENE * scenes
    usable: Screenplay | None = None
    for _ in range(REPAIRS + 1):
        try:
            text = _answer(access, Asked(messages, seed % 2**31, brief.schema(scenes), most), forms, deadline)
        except ScriptError:
            if usable:
                return usable
            raise
        found = answer.read(text, idea, scenes, seconds)
        usable = found.screenplay or usable
        if not found.problems:
            break
        messages = [*messages, {"role": "assistant", "content": text},
                    {"role": "user", "content": brief.repair(found.problems)}]
    if usable is None:
        raise ScriptError(f"a screenplay from the script server at {name}",
                          f"{found.problems[0]}; it began: {answer.shortened(text) or 'with nothing'}",
                          "try again, another model, fewer scenes, or the offline writer")
    return usable


def _answer(access: Access, asked: Asked, forms: list[str], deadline: Deadline) -> str:
    """Ask with the strictest form the server takes; what it refuses is dropped from `forms` for good."""
    while True:
        try:
            return ask(access, asked, forms[0], deadline)
        except Refused as error:
            if error.status in {400, 422} and len(forms) > 1:
                del forms[0]
                continue
            raise ScriptError(f"a screenplay from the script server at {access.name}",
                              f"it answered {error.status}: {answer.shortened(error.text) or 'nothing more'}",
                              _advice(error.status)) from error


def _advice(status: int) -> str:
    if status in {401, 403}:
        return "check the API key (OPENAI_API_KEY)"
    if status in {300, 301, 302, 303, 307, 308, 404}:
        return "check the address (it usually ends in /v1) and the model's name"
    if status == 429:
        return "wait, or check the account's limits"
    return "look at the server's log, or use the offline writer"
