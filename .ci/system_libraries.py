"""Which system libraries the tests need and this machine lacks: one apt line on stderr and exit code 1, or nothing.

With --packages the names of the packages alone, on stdout, and exit code 0.
"""

import ctypes
import sys

# What skia-python links to; it draws the world that the models learn from.
LIBRARIES = {"libEGL.so.1": "libegl1", "libGL.so.1": "libgl1"}


def missing() -> list[str]:
    """The packages of the libraries that cannot be loaded."""
    packages = []
    for library, package in LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            packages.append(package)
    return packages


def main() -> int:
    """Say what is missing."""
    packages = missing() if sys.platform == "linux" else []
    if "--packages" in sys.argv:
        sys.stdout.write(" ".join(packages) + "\n")
        return 0
    if packages:
        sys.stderr.write(f"expected the libraries of {', '.join(packages)}, but they are missing; "
                         f"on Debian and Ubuntu: apt-get install -y {' '.join(packages)}\n")
    return 1 if packages else 0


if __name__ == "__main__":
    sys.exit(main())
