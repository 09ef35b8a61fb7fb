"""The command line: a thin face over `runtime.film`. Nothing heavy is loaded before it is needed."""

from runtime.cli.entry import main

__all__ = ["main"]
