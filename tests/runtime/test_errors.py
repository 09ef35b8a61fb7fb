"""What is said of errors that nobody foresaw."""

import pytest

from runtime.errors import unforeseen


@pytest.mark.parametrize(("error", "said"), [
    (ValueError("nought"), "ValueError came: nought; tell us"),
    (AssertionError(), "AssertionError came; tell us"),
    (RuntimeError("\n  it broke\nStack trace:\n  #0 0x7f\n"), "RuntimeError came: it broke; tell us"),
    (RuntimeError("Error(s) in loading:\n\tMissing key(s): a\n\tsize mismatch"),
     "RuntimeError came: Error(s) in loading: Missing key(s): a; tell us"),
    (RuntimeError("x" * 500), f"RuntimeError came: {'x' * 199}…; tell us"),
])
def test_a_library_that_says_much_is_one_line(error: Exception, said: str) -> None:
    assert str(unforeseen(error, "tell us")) == f"expected no such thing, but {said}"


def test_a_path_that_the_system_refuses_is_named() -> None:
    said = str(unforeseen(PermissionError(13, "Permission denied", "film.mp4"), "tell us"))
    assert said == ("expected to use film.mp4, but permission denied; check the path, and what may be read and written "
                    "there")
