"""`python -m export starter | realbasicvsr | modelscope | sd2`: trained weights to a bundle the app can run."""

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from export.spec import Form, Precision
from runtime.errors import MovieFactoryError, unforeseen

if TYPE_CHECKING:
    from export.pipeline import Request
    from runtime.bundle import Bundle


def main(arguments: list[str]) -> int:
    """Run one command and give its exit code."""
    options = _parser().parse_args(arguments)
    before = signal.signal(signal.SIGTERM, _stop)  # being told to end is Ctrl-C: nothing half-written stays
    try:
        bundle: Bundle = options.build(options)
    except ModuleNotFoundError as error:
        print(f"export: expected the workshop's packages, but {error.name} is not installed; "
              'run `pip install -e ".[export]"`', file=sys.stderr)
        return MovieFactoryError.exit_code
    except KeyboardInterrupt:
        print("export: stopped; what was there before is as it was", file=sys.stderr)
        return 130
    except Exception as error:  # noqa: BLE001 - one line, as the app has it
        said = error if isinstance(error, MovieFactoryError) else unforeseen(error, "please report it")
        print(f"export: {said}", file=sys.stderr)
        return said.exit_code
    finally:
        signal.signal(signal.SIGTERM, before)
    size = sum(entry.bytes for entry in bundle.files())
    print(f"{bundle.folder}: {', '.join(bundle.roles)}; {size / 1e6:.1f} MB; digest {bundle.digest}")
    return 0


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m export", description="Turn trained weights into a model bundle.")
    commands = parser.add_subparsers(dest="command", required=True)
    starter = commands.add_parser("starter", help="the embedded default, from training/weights")
    starter.add_argument("--weights", type=Path, default=Path("training/weights"), help="folder of finished stages")
    starter.add_argument("--out", type=Path, default=Path("runtime/starter"), help="folder of the bundle")
    starter.add_argument("--precision", choices=get_args(Precision), default="int8",
                         help="how weights are stored (default: %(default)s)")
    _add_graphs(starter)
    _add_form(starter, "clip", "controls", "cached")
    starter.set_defaults(build=_starter)
    upscaler = commands.add_parser("realbasicvsr", help="a published RealBasicVSR checkpoint, as an upscaler")
    upscaler.add_argument("checkpoint", type=Path, help=".pth or .safetensors, the authors' or OpenMMLab's")
    upscaler.add_argument("--out", type=Path, required=True, help="folder of the bundle")
    upscaler.add_argument("--precision", choices=get_args(Precision), default="fp16",
                          help="how weights are stored (default: %(default)s)")
    upscaler.add_argument("--frame", type=_frame, default="768x320", metavar="WxH",
                          help="size of the small frames (default: %(default)s)")
    upscaler.add_argument("--cleaning-passes", type=int, default=1, choices=(1, 2, 3),
                          help="how often each frame is cleaned (default: %(default)s, as the authors do)")
    upscaler.add_argument("--licence", default="Apache-2.0", help="the checkpoint's (default: %(default)s)")
    upscaler.set_defaults(build=_realbasicvsr)
    modelscope = commands.add_parser("modelscope", help="a diffusers folder of ModelScope or ZeroScope")
    _add_pipeline(modelscope, "CC-BY-NC-4.0", "as published: no commercial use")
    _add_form(modelscope, "clip", "pair", "cached")
    modelscope.set_defaults(build=_modelscope)
    stable = commands.add_parser("sd2", help="a diffusers folder of Stable Diffusion 2.x, with layers trained into it")
    _add_pipeline(stable, "CreativeML Open RAIL++-M", "as published", "what the last stage of the layers says, else ")
    stable.add_argument("--layers", type=Path, required=True, metavar="FOLDER",
                        help="where training left stage1 and stage2")
    stable.add_argument("--layers-licence", metavar="LICENCE",
                        help="the layers' (default: the checkpoint's, whose terms go on to what is made from it)")
    _add_form(stable, *get_args(Form))
    stable.set_defaults(build=_stable_diffusion)
    return parser


def _add_pipeline(parser: argparse.ArgumentParser, licence: str, why: str, sampled: str = "") -> None:
    parser.add_argument("folder", type=Path, help="with unet, vae, text_encoder, tokenizer and scheduler in it")
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle")
    parser.add_argument("--precision", choices=get_args(Precision), default="fp16",
                        help="how weights are stored (default: %(default)s)")
    parser.add_argument("--frame", type=_frame, metavar="WxH",
                        help="size of the frames it draws (default: the checkpoint's sample_size)")
    parser.add_argument("--frames", type=_whole(1, 256), default=16, metavar="N",
                        help="how many frames a scene has (default: %(default)s)")
    parser.add_argument("--fps", type=_whole(1, 60), default=8, metavar="N",
                        help="frames a second (default: %(default)s)")
    parser.add_argument("--solver", choices=("dpmpp_2m", "ddim"), default="dpmpp_2m", help="(default: %(default)s)")
    parser.add_argument("--steps", type=_whole(1, 999), metavar="N", help=f"of the solver (default: {sampled}25)")
    parser.add_argument("--guidance", type=_guidance, metavar="X",
                        help=f"how hard to steer to the text, 0 to 100 (default: {sampled}9)")
    _add_graphs(parser)
    parser.add_argument("--licence", default=licence, help=f"the checkpoint's (default: %(default)s, {why})")


def _add_graphs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--step", action="store_true",
                        help="add a graph of denoiser, guidance and solver in one, which GPUs run")
    parser.add_argument("--encoder", action="store_true",
                        help="add a graph from pictures to latents, for pictures that come from elsewhere")


def _add_form(parser: argparse.ArgumentParser, *forms: str) -> None:
    said = {"clip": "one clip", "pair": "two, so that guidance is one run in twice the memory",
            "controls": "one clip, with text, time and more of each frame's own",
            "cached": "one clip, and a second graph for steps in which only the outermost level runs"}
    parser.add_argument("--form", choices=forms, default="clip", help="what the denoiser takes. " + "; ".join(
        f"{form}: {said[form]}" for form in forms) + " (default: %(default)s)")


def _starter(options: argparse.Namespace) -> "Bundle":
    from export.starter import Request, build

    built = build(Request(options.weights, options.out, options.precision, step=options.step,
                          encoder=options.encoder, form=options.form))
    for role, why in built.left_out.items():
        print(f"left out: {role} ({why})")
    return built.bundle


def _realbasicvsr(options: argparse.Namespace) -> "Bundle":
    from export.networks import Frame
    from export.realbasicvsr import Request, build

    return build(Request(checkpoint=options.checkpoint, out=options.out, precision=options.precision,
                         frame=Frame(*options.frame), cleaning_passes=options.cleaning_passes,
                         licence=options.licence))


def _modelscope(options: argparse.Namespace) -> "Bundle":
    from export.modelscope import FAMILY
    from export.pipeline import build

    return build(_request(options), FAMILY)


def _stable_diffusion(options: argparse.Namespace) -> "Bundle":
    from export.pipeline import build
    from export.stable_diffusion import family

    return build(_request(options), family(options.layers, options.layers_licence))


def _request(options: argparse.Namespace) -> "Request":
    from export.networks import Frame
    from export.pipeline import Request

    return Request(folder=options.folder, out=options.out, precision=options.precision,
                   frame=Frame(*options.frame) if options.frame else None, frames=options.frames, fps=options.fps,
                   solver=options.solver, steps=options.steps, guidance=options.guidance, step=options.step,
                   encoder=options.encoder, form=options.form, licence=options.licence)


def _whole(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not (text.isdecimal() and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"expected a whole number from {least} to {most}, but {text!r} came")
        return int(text)

    return number


def _guidance(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = float("nan")
    if not 0 <= scale <= 100:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 100, but {text!r} came")
    return scale


def _frame(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and 16 <= int(width) <= 4096 and 16 <= int(height) <= 4096):
        raise argparse.ArgumentTypeError(f"expected a size like 768x320, each side 16 to 4096, but {text!r} came")
    return int(width), int(height)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
