"""No warnings from this thread.

The filters of ``warnings`` belong to the whole process, and ``warnings.catch_warnings`` puts back a list that another
thread may have changed meanwhile; pictures are read by several threads. So one filter is put in that asks which thread
is warning: warnings of every other thread go the way that the program chose for them.
"""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator
from typing import Any, cast

_thread = threading.local()
_lock = threading.Lock()
_quiet_threads = 0


class _ThisThread:
    """Stands where a filter has the pattern of its messages; any message matches, inside ``quiet`` only."""

    def match(self, _: str) -> bool:
        return bool(getattr(_thread, "depth", 0))


_FILTER = ("ignore", _ThisThread(), Warning, None, 0)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Drop every warning that this thread raises inside the block. Other threads are not affected; blocks may nest."""
    global _quiet_threads  # noqa: PLW0603 - the filters are the process's too
    with _lock:
        _quiet_threads += 1
        filters = _filters()
        if not filters or filters[0] is not _FILTER:
            filters.insert(0, _FILTER)
    _thread.depth = getattr(_thread, "depth", 0) + 1
    try:
        yield
    finally:
        _thread.depth -= 1
        with _lock:
            _quiet_threads -= 1
            filters = _filters()
            while not _quiet_threads and _FILTER in filters:
                filters.remove(_FILTER)


def _filters() -> list[Any]:
    return cast("list[Any]", warnings.filters)
