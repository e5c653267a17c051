"""Pages and pictures for people who have no Python; calling this room writes a report."""

import sys
from types import ModuleType

from bayescale.report.report import report

__all__ = ["report"]


class _Room(ModuleType):
    """``bayescale.report`` is this room and the function of the same name, whichever came first."""

    __call__ = staticmethod(report)


sys.modules[__name__].__class__ = _Room
