"""Errors of the workshop's second half.

    runtime.errors.MovieFactoryError
    └── ExportError       10   a network that cannot be exported, or a graph that does not compute what it should
"""

from runtime.errors import MovieFactoryError


class ExportError(MovieFactoryError):
    """A network that cannot be exported, or a graph that does not compute what the network does."""

    code, exit_code = "export", 10
