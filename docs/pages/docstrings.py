"""Docstrings as the site reads them: an extension of Griffe, which mkdocstrings loads by path."""

from __future__ import annotations

from typing import Any

import griffe

from pages.markdown import as_read


class Docstrings(griffe.Extension):
    """Hands docstrings over as :func:`as_read` leaves them."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite an object's docstring before it is read."""
        if obj.docstring is not None:
            obj.docstring.value = as_read(obj.docstring.value)
