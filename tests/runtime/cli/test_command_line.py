"""The command as people and programs meet it: a process, its output and its exit code."""

import http.server
import json
import os
import pty
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime import errors
from runtime.backends import BACKENDS
from runtime.errors import MovieFactoryError
from runtime.screenplay import from_json
from tests.tiny_films import IDEA, ROOT, command, film_bundle, run


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film_bundle(tmp_path_factory.mktemp("models") / "tiny").folder


@pytest.fixture(scope="module")
def whole(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, "subprocess.CompletedProcess[str]"]:
    """A film of one small scene made with --events json, and what the process said."""
    place = tmp_path_factory.mktemp("whole")
    return place, run("make", IDEA, "-o", place / "movie.mp4", "--scenes", "1", "--seed", "5", "--size", "48x32",
                      "--model", bundle, "--backend", "cpu", "--events", "json")


def one_line(result: "subprocess.CompletedProcess[str]", error: type[MovieFactoryError]) -> str:
    """The line of an error, which is all that came."""
    assert (result.returncode, result.stdout) == (error.exit_code, "")
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("moviefactory: expected ")
    return result.stderr


def test_help_loads_nothing_heavy() -> None:
    code = ("import sys\nfrom runtime.cli import main\n"
            "try:\n    main(['make', '--help'])\nexcept SystemExit:\n    pass\n"
            "loaded = {name.split('.')[0] for name in sys.modules}\n"
            "print(sorted(loaded & {'numpy', 'av', 'rich', 'openvino', 'onnxruntime', 'openai', 'jsonschema', "
            "'tokenizers', 'usearch', 'asyncio', 'platformdirs'}), file=sys.stderr)")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stderr.strip() == "[]"
    assert "usage: moviefactory make" in result.stdout


@pytest.mark.parametrize("words", [(), ("make",), ("render",), ("script",), ("models",), ("models", "verify"),
                                   ("sounds", "search"), ("doctor",), ("bench",)])
def test_help_of_every_command(words: tuple[str, ...]) -> None:
    result = run(*words, "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert "usage: moviefactory" in result.stdout


def test_help_documents_exit_codes_backends_and_examples() -> None:
    said = run("make", "--help").stdout
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, MovieFactoryError)]
    for kind in kinds:
        assert f" {kind.exit_code}  " in said
    for backend in BACKENDS:
        assert backend in said
    assert 'moviefactory make "a race between a car and an airplane"' in said


def test_version() -> None:
    assert run("--version").stdout.startswith("moviefactory 0.")


@pytest.mark.parametrize("words", [("make",), ("make", "x", "--scenes", "many"), ("make", "a", "race"), ("sing",), (),
                                   ("make", "x", "--size", "big"), ("render", "x.film", "--scene", "one")])
def test_a_wrong_command_line_is_one_line(words: tuple[str, ...]) -> None:
    result = run(*words)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1


def test_an_idea_without_quotes_is_understood_as_such() -> None:
    assert "in quotes" in run("make", "a", "race").stderr


def test_events_are_json_lines_and_the_same_as_the_record(
        whole: tuple[Path, "subprocess.CompletedProcess[str]"]) -> None:
    place, result = whole
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == (place / "movie.film" / "events.jsonl").read_text("utf-8")
    kinds = [json.loads(line)["type"] for line in result.stdout.splitlines()]
    assert kinds[-1] == "FilmDone"


def test_a_failure_is_an_event_too(tmp_path: Path) -> None:
    result = run("make", " ", "-o", tmp_path / "movie.mp4", "--events", "json")
    assert result.returncode == 3
    assert result.stderr.count("\n") == 1
    event = json.loads(result.stdout)
    assert (event["type"], event["code"], event["n"]) == ("Failed", "script", 0)


@pytest.mark.parametrize("events", [("--events", "json"), ()])
def test_a_closed_pipe_does_not_stop_the_film(bundle: Path, tmp_path: Path, events: tuple[str, ...]) -> None:
    with subprocess.Popen(command("make", IDEA, "-o", tmp_path / "movie.mp4", "--scenes", "2", "--model", bundle,
                                  "--backend", "cpu", *events), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(120) == 0
    assert (tmp_path / "movie.mp4").is_file()


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX terminal")
def test_live_progress_on_a_terminal(bundle: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(command("make", IDEA, "-o", tmp_path / "movie.mp4", "--scenes", "2", "--model", bundle,
                                  "--backend", "cpu"), stdout=theirs, stderr=theirs, cwd=ROOT,
                          env={**os.environ, "TERM": "xterm", "COLUMNS": "100"}) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # the terminal is gone with the process
                break
            if not part:
                break
            said += part
        assert process.wait(60) == 0
    os.close(ours)
    shown = said.decode()
    for words in ("2 scenes, seed", "scene 1 of 2: preview", "scene 2 of 2: done", "of film, made in", "\x1b["):
        assert words in shown


def test_quiet_is_quiet(whole: tuple[Path, "subprocess.CompletedProcess[str]"]) -> None:
    result = run("render", whole[0] / "movie.film", "--quiet")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


FORBIDDEN = """
import sys
from pathlib import Path

def refuse(event, arguments):
    if event.startswith("socket."):
        raise AssertionError(f"{event} {arguments}")
    if event == "open" and isinstance(arguments[0], str) and "w" in str(arguments[1]) and arguments[0].startswith(home):
        raise AssertionError(f"wrote {arguments[0]}")

home = str(Path.home())
sys.addaudithook(refuse)
from runtime.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("backend", ["cpu", "openvino"])
def test_a_whole_film_with_sockets_forbidden(bundle: Path, tmp_path: Path, backend: str) -> None:
    """No socket, and nothing written to the home folder."""
    (tmp_path / "home").mkdir()
    result = subprocess.run([sys.executable, "-W", "error", "-c", FORBIDDEN, "make", IDEA, "-o",
                             str(tmp_path / "movie.mp4"), "--scenes", "1", "--model", str(bundle), "--backend",
                             backend],
                            capture_output=True, text=True, cwd=ROOT, timeout=300, check=False,
                            env={**os.environ, "HOME": str(tmp_path / "home"), "USERPROFILE": str(tmp_path / "home")})
    assert (result.returncode, result.stderr) == (0, "")
    assert list((tmp_path / "home").iterdir()) == []


def test_a_damaged_model_is_one_line(bundle: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(bundle, broken)
    decoder = broken / "decoder.onnx"
    decoder.write_bytes(decoder.read_bytes()[:-10])
    result = run("make", IDEA, "-o", tmp_path / "movie.mp4", "--scenes", "1", "--model", broken, "--quiet")
    assert "truncated" in one_line(result, errors.BundleError)
    assert "truncated" in run("models", "verify", broken).stderr
    decoder.unlink()
    assert "missing" in one_line(run("render", tmp_path / "movie.film", "--quiet"), errors.BundleError)
    shutil.copy(bundle / "decoder.onnx", decoder)
    assert run("render", tmp_path / "movie.film", "--quiet").returncode == 0


def test_paths_that_cannot_be_are_one_line(tmp_path: Path) -> None:
    assert "is a folder; add a file name" in one_line(run("make", IDEA, "-o", "."), errors.UsageError)
    long = "x" * 300
    for words in (("make", IDEA, "-o", f"{long}.mp4"), ("render", f"{long}.film"), ("models", "list", long),
                  ("sounds", "list", "--sounds", long), ("script", IDEA, "-o", f"{long}/x.json")):
        line = one_line(run(*words), errors.StorageError)
        assert long in line
        assert "file name too long" in line


def test_a_path_that_cannot_be_is_an_event_too() -> None:
    for words, kind in ((("make", IDEA, "-o", "."), errors.UsageError),
                        (("make", IDEA, "-o", "x" * 300 + ".mp4"), errors.StorageError)):
        result = run(*words, "--events", "json")
        assert result.returncode == kind.exit_code
        (line,) = [json.loads(line) for line in result.stdout.splitlines()]
        assert (line["type"], line["code"]) == ("Failed", kind.code)


def test_a_sound_whose_name_is_no_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"T\xfcr.ogg")).touch()
    assert "rename that file" in one_line(run("sounds", "list", "--sounds", tmp_path), errors.SoundError)


def test_where_a_script_goes_is_looked_at_before_a_server_is_asked(tmp_path: Path, liar: str) -> None:
    Liar.asked = 0
    server = {"OPENAI_BASE_URL": liar, "OPENAI_MODEL": "m", "OPENAI_API_KEY": "k"}
    for place, kind in ((tmp_path / "none" / "s.json", errors.StorageError), (tmp_path, errors.UsageError)):
        one_line(run("script", IDEA, "--writer", "openai", "-o", place, **server), kind)
    assert Liar.asked == 0


def test_a_film_folder_that_is_none_is_one_line(tmp_path: Path) -> None:
    assert "no such folder" in one_line(run("render", tmp_path / "no.film"), errors.FilmFolderError)


def test_bad_scripts_are_one_line(bundle: Path, tmp_path: Path) -> None:
    for text in ("{", "[]", '{"title": "x"}', '{"title": "x", "scenes": [{"prompt": ""}]}', "\x00"):
        (tmp_path / "script.json").write_text(text, "utf-8")
        one_line(run("make", "--script", tmp_path / "script.json", "-o", tmp_path / "movie.mp4", "--model", bundle),
                 errors.ScriptError)
    assert not (tmp_path / "movie.film").exists()


def test_bytes_that_are_no_text_are_one_line(bundle: Path, tmp_path: Path) -> None:
    result = subprocess.run([*(os.fsencode(word) for word in command("make")), b"a \xff race", b"-o",
                             os.fsencode(tmp_path / "movie.mp4"), b"--model", os.fsencode(bundle)],
                            capture_output=True, text=True, cwd=ROOT, check=False)
    assert "not valid Unicode" in one_line(result, errors.ScriptError)


class Liar(http.server.BaseHTTPRequestHandler):
    """A script server that answers 500 and counts who asked."""

    asked = 0

    def do_POST(self) -> None:
        """Fail."""
        type(self).asked += 1
        self.send_error(500)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def liar() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def test_the_script_servers_host_is_said_before_it_is_asked(bundle: Path, tmp_path: Path, liar: str) -> None:
    words = ("make", IDEA, "-o", tmp_path / "movie.mp4", "--writer", "openai", "--model", bundle, "--events", "json")
    Liar.asked = 0
    result = run(*words, OPENAI_BASE_URL=liar, OPENAI_MODEL="m", OPENAI_API_KEY="k")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["type"] for line in lines] == ["StageStarted", "Notice", "Failed"]
    assert lines[1]["code"] == "script-server"
    assert liar.split("/")[2] in lines[1]["message"]
    assert Liar.asked >= 1
    assert result.returncode == errors.ScriptError.exit_code
    assert result.stderr.count("\n") == 1
    assert "500" in result.stderr
    # Nothing was begun, so the same folder takes another try.
    again = run("make", IDEA, "-o", tmp_path / "movie.mp4", "--scenes", "1", "--size", "48x32", "--model", bundle)
    assert again.returncode == 0


def test_script_writes_what_make_films(bundle: Path, tmp_path: Path) -> None:
    result = run("script", IDEA, "--scenes", "2", "--seconds", "0.5", "--seed", "3")
    assert (result.returncode, result.stderr) == (0, "seed 3\n")
    assert len(from_json(result.stdout).scenes) == 2
    assert run("script", IDEA, "--scenes", "2", "--seconds", "0.5", "--seed", "3", "-o",
               tmp_path / "s.json").stdout == ""
    assert (tmp_path / "s.json").read_text("utf-8") == result.stdout
    made = run("make", "--script", tmp_path / "s.json", "-o", tmp_path / "movie.mp4", "--size", "48x32", "--model",
               bundle)
    assert made.returncode == 0
    assert one_line(run("script", ""), errors.ScriptError)


def test_script_says_whom_the_starter_was_not_taught_to_draw() -> None:
    result = run("script", "a girl and a red car", "--seed", "3")
    assert result.returncode == 0
    assert from_json(result.stdout)
    seed, said = result.stderr.splitlines()
    assert seed == "seed 3"
    assert said == "MovieFactory starter draws a girl as an astronaut, the nearest it was taught"


def test_models(bundle: Path) -> None:
    listed = run("models", "list", bundle.parent)
    assert (listed.returncode, listed.stderr) == (0, "")
    for words in ("tiny 1", "scenes up to 0.5 s", "192x128, 48x32", "denoiser", "sounds"):
        assert words in listed.stdout
    verified = run("models", "verify", bundle)
    assert verified.returncode == 0
    assert "all 12 files are as they were published" in verified.stdout
    assert "there is no such folder" in one_line(run("models", "verify", bundle / "nothing"), errors.BundleError)


def test_sounds(bundle: Path, tmp_path: Path) -> None:
    listed = run("sounds", "list", "--model", bundle)
    assert listed.returncode == 0
    assert len(listed.stdout.splitlines()) == 3
    found = run("sounds", "search", "a car races", "--model", bundle)
    assert found.returncode == 0
    assert "engine.wav" in found.stdout
    assert "meaning" in found.stdout
    assert "nothing is there" in one_line(run("sounds", "list", "--sounds", tmp_path / "no"), errors.SoundError)


def test_doctor() -> None:
    result = run("doctor")
    assert result.returncode == 0
    for words in ("backend openvino: OpenVINO", "backend cpu: ONNX Runtime", "backend cuda: no", "H.264 and AAC",
                  "(never run on hardware by its makers)",
                  "starter bundle", "script server", "machine: ", " cores, ", "GB of memory",
                  "GPU: none that can be used"):
        assert words in result.stdout
