"""What Python itself says of source that it doesn't accept: a better line and wording than any other parser's."""

from __future__ import annotations

import ast
import warnings


def complaint(text: str) -> tuple[int, str] | None:
    """(line, message) of the first syntax error; None when there is none or the parser gives up."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        return error.lineno or 1, error.msg
    except (ValueError, RecursionError, MemoryError):
        return None
    return None
