"""Which version of a package is installed, without loading it."""

import importlib.metadata


def installed(package: str) -> str | None:
    """The version of `package`; None where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
