"""`python -m export starter | realbasicvsr`: trained weights to a bundle the app can run."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from export.spec import Precision
from runtime.errors import MovieFactoryError

if TYPE_CHECKING:
    from runtime.bundle import Bundle


def main(arguments: list[str]) -> int:
    """Run one command and give its exit code."""
    parser = argparse.ArgumentParser("python -m export", description="Turn trained weights into a model bundle.")
    commands = parser.add_subparsers(dest="command", required=True)
    starter = commands.add_parser("starter", help="the embedded default, from training/weights")
    starter.add_argument("--weights", type=Path, default=Path("training/weights"), help="folder of finished stages")
    starter.add_argument("--out", type=Path, default=Path("runtime/starter"), help="folder of the bundle")
    starter.add_argument("--precision", choices=get_args(Precision), default="int8",
                         help="how weights are stored (default: %(default)s)")
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
    options = parser.parse_args(arguments)
    try:
        bundle: Bundle = options.build(options)
    except MovieFactoryError as error:
        print(f"export: {error}", file=sys.stderr)
        return error.exit_code
    size = sum(entry.bytes for entry in bundle.files())
    print(f"{bundle.folder}: {', '.join(bundle.roles)}; {size / 1e6:.1f} MB; digest {bundle.digest}")
    return 0


def _starter(options: argparse.Namespace) -> "Bundle":
    from export.starter import Request, build

    built = build(Request(options.weights, options.out, options.precision))
    for role, why in built.left_out.items():
        print(f"left out: {role} ({why})")
    return built.bundle


def _realbasicvsr(options: argparse.Namespace) -> "Bundle":
    from export.networks import Frame
    from export.realbasicvsr import Request, build

    return build(Request(checkpoint=options.checkpoint, out=options.out, precision=options.precision,
                         frame=Frame(*options.frame), cleaning_passes=options.cleaning_passes,
                         licence=options.licence))


def _frame(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and 16 <= int(width) <= 4096 and 16 <= int(height) <= 4096):
        raise argparse.ArgumentTypeError(f"expected a size like 768x320, each side 16 to 4096, but {text!r} came")
    return int(width), int(height)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
