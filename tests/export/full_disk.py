"""A disk that allows no file above a few kilobytes, which is how a full one looks to an export."""

import os
import subprocess
import sys
from pathlib import Path

from runtime.errors import StorageError


def refuses(out: Path, *words: str | Path) -> None:
    """`python -m export` with these words and `--out` says in one line that there is no room, and leaves nothing."""
    limited = ["sh", "-c", 'ulimit -f 8; exec "$@"', "sh", sys.executable, "-m", "export", *map(str, words), "--out",
               str(out)]
    # Python's own half-written bytecode would be found by others.
    done = subprocess.run(limited, capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == StorageError.exit_code, done.stderr
    assert done.stderr == (f"export: expected room to write {out}, but it would be larger than the disk allows a file "
                           "to be; free some space and run it again; what was there before is as it was\n")
    assert list(out.parent.iterdir()) == []
