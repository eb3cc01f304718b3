from __future__ import annotations

import threading
import warnings

import pytest

from emovere.sources.quiet import quiet


def test_warnings_are_dropped_inside_and_back_outside():
    with quiet():
        warnings.warn("not heard", UserWarning, stacklevel=1)
        with quiet():
            warnings.warn("not heard", RuntimeWarning, stacklevel=1)
        warnings.warn("not heard", DeprecationWarning, stacklevel=1)
    with pytest.warns(UserWarning, match="heard"):
        warnings.warn("heard", UserWarning, stacklevel=1)


def test_other_threads_are_still_heard():
    heard = []

    def work():
        try:
            warnings.warn("from elsewhere", UserWarning, stacklevel=1)
        except UserWarning as warning:
            heard.append(str(warning))

    with quiet():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        warnings.warn("not heard", UserWarning, stacklevel=1)
    assert heard == ["from elsewhere"]


def test_the_filters_are_as_before_even_after_an_error():
    before = list(warnings.filters)

    def fail():
        with quiet():
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list(warnings.filters) == before


def test_another_list_of_filters_inside_the_block():
    with quiet():
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with quiet():
                warnings.warn("not heard", UserWarning, stacklevel=1)
        warnings.warn("not heard", UserWarning, stacklevel=1)
