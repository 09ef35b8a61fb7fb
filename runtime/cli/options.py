"""The command line's words. Loads nothing but argparse, so that `--help` answers at once."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

from runtime import __version__

PROGRAM: Final = "moviefactory"

CODES: Final = """\
exit codes:
  0  done                             5  nothing here can run the model
  1  an unexpected error              6  the film folder is in use or another film's
  2  a request that cannot be met     7  a disk that is full or read-only
  3  a script that cannot be used     8  sounds that cannot be read
  4  a damaged or missing model     130  stopped (Ctrl-C); what is finished is kept"""

_MAIN: Final = f"""\
A film from one sentence, on your own machine: pictures, sound and story, nothing
leaves it.

examples:
  {PROGRAM} make "a race between a car and an airplane"
  {PROGRAM} make "a whale under water" -o whale.mp4 --scenes 4 --seed 7
  {PROGRAM} render whale.film --scene 3     another take of scene 3
  {PROGRAM} doctor                          what this machine can run
  {PROGRAM} bench                           how fast it is at it"""

_MAKE: Final = f"""\
examples:
  {PROGRAM} make "a race between a car and an airplane"
  {PROGRAM} make "a whale under water" -o whale.mp4 --scenes 4 --seed 7
  {PROGRAM} make --script whale.json -o whale.mp4

Beside whale.mp4 lies whale.film, a folder with everything the film is made of. Stop
whenever you like: the same command, or `{PROGRAM} render whale.film`, goes on where
it stopped. Change a scene in whale.film/film.json, render, and only that scene is
made again. Create whale.film/pause to pause, delete it to go on; whale.film/cancel
stops.

--writer openai sends the idea to the server named by OPENAI_BASE_URL (for Ollama
http://localhost:11434/v1) and OPENAI_MODEL, with OPENAI_API_KEY where it wants one.
"""

_BENCH: Final = f"""\
examples:
  {PROGRAM} bench                                   one scene, stage by stage
  {PROGRAM} bench --scope step --repeat 100         the denoiser alone, thoroughly
  {PROGRAM} bench --scope film --json bench.json --chart bench.svg

scopes, each with those before it:
  step   one evaluation of the denoiser, the network that draws
  stage  text, denoise, decode, upscale, encode and sound of one scene
  scene  one scene as a film makes it
  film   the whole command: the first film of --scenes scenes, the next one, and the
         first once more when it is finished

Cold rows are what it costs to begin, each in a fresh process; warm rows what it costs
to go on. Half of the runs took at most p50, 90 % at most p90. TFLOP/s are counted in
convolutions and matrix products; the peak they are compared with is a large matrix
product on the same engine. Close other programs first: what they use is missing here.
The figures hold for the device and the engine that stand with them, for no other.
"""


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; `run` of what comes back is the command to call with it."""
    return _parser().parse_args(argv)


class _Parser(argparse.ArgumentParser):
    """One line for what is wrong, not the whole usage."""

    def error(self, message: str) -> NoReturn:
        """See argparse."""
        advice = "put an idea of several words in quotes, or " if message.startswith("unrecognized") else ""
        self.exit(2, f"{self.prog}: {message}; {advice}see `{self.prog} --help`\n")


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = _Parser(prog=PROGRAM, description=_MAIN, epilog=CODES, formatter_class=raw, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    make = commands.add_parser("make", help="make a film from a sentence", formatter_class=raw, allow_abbrev=False,
                               description="Make a film from a sentence.", epilog=f"{_MAKE}\n{CODES}")
    _make(make)
    render = commands.add_parser("render", help="go on with a film, or make another take of one scene",
                                 formatter_class=raw, epilog=CODES, allow_abbrev=False,
                                 description="Go on with a film: make what is missing or was changed.")
    render.add_argument("film", type=Path, metavar="FILM_DIR", help="the film's folder, such as whale.film")
    render.add_argument("--scene", type=int, metavar="K", help="make another take of scene K (from 1)")
    _seed(render, "the seed of that take; one it had before brings the take back (default: drawn)")
    _report(render)
    render.set_defaults(run=_run_render)
    script = commands.add_parser("script", help="write the screenplay only", formatter_class=raw, epilog=CODES,
                                 allow_abbrev=False,
                                 description="Write a screenplay as JSON, to be read, changed and filmed with "
                                             "`make --script`.")
    script.add_argument("idea", metavar="IDEA", help="the film in a sentence, in quotes")
    script.add_argument("-o", dest="out", type=Path, metavar="FILE", help="write to this file (default: show it)")
    _writing(script)
    script.set_defaults(run=_run_script)
    _models(commands.add_parser("models", help="list, check and prepare models", allow_abbrev=False))
    _sounds(commands.add_parser("sounds", help="list and search sounds", allow_abbrev=False))
    doctor = commands.add_parser("doctor", help="what this machine can run, and why not the rest", allow_abbrev=False,
                                 description="Say what this machine can run, and why not the rest.")
    doctor.set_defaults(run=_run_doctor)
    _bench(commands.add_parser("bench", help="how fast this machine is, stage by stage", formatter_class=raw,
                               allow_abbrev=False, epilog=f"{_BENCH}\n{CODES}",
                               description="Measure how fast a model is on this machine, and where the time goes."))
    return parser


def _make(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("idea", nargs="?", default="", metavar="IDEA", help="the film in a sentence, in quotes")
    parser.add_argument("-o", dest="out", type=Path, metavar="FILE",
                        help="the film to write, .mp4; a file of another film is never written over (default: named "
                             "after the idea)")
    _writing(parser)
    parser.add_argument("--script", type=Path, metavar="FILE", help="film this screenplay instead of writing one")
    parser.add_argument("--film", type=Path, metavar="DIR", help="the film's folder (default: FILE's name with .film)")
    parser.add_argument("--model", type=Path, action="append", default=[], metavar="PATH",
                        help="a model bundle; may be given again, for different parts (default: the starter)")
    parser.add_argument("--sounds", type=Path, metavar="DIR", help="a folder of sounds (default: the model's)")
    parser.add_argument("--size", type=_size, metavar="WxH", help="picture size, one that the model offers")
    parser.add_argument("--steps", type=int, metavar="N", help="denoising steps a scene (default: the model's)")
    parser.add_argument("--backend", default="auto", metavar="NAME",
                        help="what runs the model: auto, openvino, cpu, cuda, tensorrt_rtx or tensorrt (default: auto)")
    parser.add_argument("--no-metadata", action="store_true",
                        help="leave idea, seed and 'AI-generated' out of the file")
    _report(parser)
    parser.set_defaults(run=_run_make)


def _bench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scope", choices=("step", "stage", "scene", "film"), default="stage",
                        help="how far to go (default: stage)")
    parser.add_argument("--json", type=Path, metavar="FILE",
                        help="write all figures here, every run too, as runtime/bench/bench.schema.json says")
    parser.add_argument("--chart", type=Path, metavar="FILE.svg", help="draw where the time goes")
    parser.add_argument("--model", type=Path, action="append", default=[], metavar="PATH",
                        help="a model bundle; may be given again, for different parts (default: the starter)")
    parser.add_argument("--backend", default="auto", metavar="NAME",
                        help="what runs the model: auto, openvino, cpu, cuda, tensorrt_rtx or tensorrt (default: auto)")
    parser.add_argument("--size", type=_size, metavar="WxH", help="picture size, one that the model offers")
    parser.add_argument("--steps", type=int, metavar="N", help="denoising steps a scene (default: the model's)")
    parser.add_argument("--repeat", type=int, metavar="N",
                        help="runs of each warm row (default: step 20, stage 5, scene 3, film 1)")
    parser.add_argument("--warmup", type=int, default=1, metavar="N",
                        help="runs before those that are not counted (default: 1)")
    parser.add_argument("--processes", type=int, default=3, metavar="N",
                        help="fresh processes for each cold row (default: 3)")
    parser.add_argument("--scenes", type=int, default=2, metavar="N", help="scenes of --scope film (default: 2)")
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")
    parser.set_defaults(run=_run_bench)


def _writing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scenes", type=int, metavar="N", help="number of scenes (default: 10)")
    parser.add_argument("--seconds", type=float, metavar="S",
                        help="length of a scene (default: as long as the model can)")
    _seed(parser, "the same seed makes the same film (default: drawn and shown)")
    parser.add_argument("--writer", choices=("offline", "openai"), default="offline",
                        help="who writes the script: this program, or a server you configured (default: offline)")


def _seed(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--seed", type=int, metavar="N", help=text)


def _report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--events", choices=("json",), help="write events as JSON lines to stdout, for programs")
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")


def _models(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="the models there are", allow_abbrev=False)
    listing.add_argument("path", type=Path, nargs="?", metavar="PATH",
                         help="a bundle or a folder of bundles (default: the starter)")
    listing.set_defaults(run=_run_models_list)
    verify = actions.add_parser("verify", help="check every file of a model", allow_abbrev=False)
    verify.add_argument("path", type=Path, metavar="PATH", help="the bundle's folder")
    verify.set_defaults(run=_run_models_verify)
    build = actions.add_parser("build", help="build TensorRT engines now rather than in the first film",
                               allow_abbrev=False,
                               description="Build TensorRT engines now rather than in the first film. TensorRT-RTX "
                                           "builds without a GPU: one engine for all cards from Ampere (RTX 30) on, "
                                           "or one for each --target (RTX 20 needs its own, sm75).")
    build.add_argument("--model", type=Path, action="append", default=[], metavar="PATH",
                       help="a model bundle; may be given again, for different parts (default: the starter)")
    build.add_argument("--backend", choices=("tensorrt_rtx", "tensorrt"), default="tensorrt_rtx",
                       help="what the engines are for (default: tensorrt_rtx)")
    build.add_argument("--target", action="append", default=[], metavar="SM",
                       help="a GPU generation, such as sm89; may be given again (default: all but sm75)")
    build.set_defaults(run=_run_models_build)


def _sounds(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="the sounds there are", allow_abbrev=False)
    listing.set_defaults(run=_run_sounds_list)
    search = actions.add_parser("search", help="the sounds a film would use for a text", allow_abbrev=False)
    search.add_argument("text", metavar="TEXT", help="what is heard, in quotes")
    search.set_defaults(run=_run_sounds_search)
    for action in (listing, search):
        action.add_argument("--sounds", type=Path, metavar="DIR", help="a folder of sounds (default: the model's)")
        action.add_argument("--model", type=Path, action="append", default=[], metavar="PATH", help="a model bundle")


def _size(text: str) -> tuple[int, int]:
    pair = re.fullmatch(r"\s*(\d{1,5})\s*[xX×]\s*(\d{1,5})\s*", text)
    if pair is None:
        raise argparse.ArgumentTypeError(f"expected WIDTHxHEIGHT such as 3072x1280, but {text!r} came")
    return int(pair[1]), int(pair[2])


# The commands load what they need when they are called.


def _run_make(options: argparse.Namespace) -> int:
    from runtime.cli import films

    return films.run_make(options)


def _run_render(options: argparse.Namespace) -> int:
    from runtime.cli import films

    return films.run_render(options)


def _run_script(options: argparse.Namespace) -> int:
    from runtime.cli import inspection

    return inspection.run_script(options)


def _run_doctor(options: argparse.Namespace) -> int:
    from runtime.cli import inspection

    return inspection.run_doctor(options)


def _run_bench(options: argparse.Namespace) -> int:
    from runtime.cli import bench

    return bench.run_bench(options)


def _run_models_list(options: argparse.Namespace) -> int:
    from runtime.cli import inspection

    return inspection.run_models_list(options)


def _run_models_verify(options: argparse.Namespace) -> int:
    from runtime.cli import inspection

    return inspection.run_models_verify(options)


def _run_models_build(options: argparse.Namespace) -> int:
    from runtime.cli import building

    return building.run_models_build(options)


def _run_sounds_list(options: argparse.Namespace) -> int:
    from runtime.cli import inspection

    return inspection.run_sounds_list(options)


def _run_sounds_search(options: argparse.Namespace) -> int:
    from runtime.cli import inspection

    return inspection.run_sounds_search(options)
