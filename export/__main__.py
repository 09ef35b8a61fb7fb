"""`python -m export starter`: trained weights to a bundle the app can run."""

import argparse
import sys
from pathlib import Path

from runtime.errors import MovieFactoryError


def main(arguments: list[str]) -> int:
    """Run one command and give its exit code."""
    parser = argparse.ArgumentParser("python -m export", description="Turn trained weights into a model bundle.")
    commands = parser.add_subparsers(dest="command", required=True)
    starter = commands.add_parser("starter", help="the embedded default, from training/weights")
    starter.add_argument("--weights", type=Path, default=Path("training/weights"), help="folder of finished stages")
    starter.add_argument("--out", type=Path, default=Path("runtime/starter"), help="folder of the bundle")
    starter.add_argument("--precision", choices=("int8", "fp16", "fp32"), default="int8",
                         help="how weights are stored (default: %(default)s)")
    options = parser.parse_args(arguments)

    from export.starter import Request, build

    try:
        built = build(Request(options.weights, options.out, options.precision))
    except MovieFactoryError as error:
        print(f"export: {error}", file=sys.stderr)
        return error.exit_code
    for role, why in built.left_out.items():
        print(f"left out: {role} ({why})")
    size = sum(entry.bytes for entry in built.bundle.files())
    print(f"{built.bundle.folder}: {', '.join(built.bundle.roles)}; {size / 1e6:.1f} MB; digest {built.bundle.digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
