"""`python -m runtime` is the command `moviefactory`."""

import sys

from runtime.cli import main

if __name__ == "__main__":
    sys.exit(main())
