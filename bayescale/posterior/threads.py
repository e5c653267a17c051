"""Linear algebra on one thread, for problems of a few parameters."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any


def one_thread() -> AbstractContextManager[Any]:
    """Keep BLAS to one thread within a ``with`` block.

    A few parameters are not worth waiting for another thread: on a busy machine those that
    L-BFGS calls on make it thirty times slower.
    """
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(limits=1, user_api="blas")
    return limits
