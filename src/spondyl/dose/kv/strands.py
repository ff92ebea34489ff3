"""Work cut into a fixed number of strands, so that a result does not depend on how many cores did it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numba

STRANDS = 16

Result = TypeVar("Result")


def in_strands(work: Callable[[int, int], Result], strands: int = STRANDS) -> Iterator[Result]:
    """``work(0, strands), work(1, strands), ...`` in this order, as many at once as Numba may use threads.

    `work` calls compiled code that lets go of the interpreter; no compiler of threaded loops is needed.
    """
    with ThreadPoolExecutor(min(strands, numba.get_num_threads())) as pool:
        yield from pool.map(lambda strand: work(strand, strands), range(strands))
