"""The same step functions compiled anew: for another device, or with one of them replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

Compile = Callable[[Callable[..., Any]], Any]


def rebuilt(function: Any, compile_with: Compile, replaced: Mapping[str, Any] | None = None) -> Any:
    """Compile a step function, and all step functions that it calls, from their Python source.

    Parameters
    ----------
    function
        A function compiled by Numba for the CPU.
    compile_with
        What compiles a Python function, for example ``numba.cuda.jit(device=True)``.
    replaced
        Compiled functions to call in place of those of these names.

    Returns
    -------
    What `compile_with` makes of it.
    """
    return _rebuilt(function, compile_with, dict(replaced or {}))


def _rebuilt(function: Any, compile_with: Compile, made: dict[str, Any]) -> Any:
    python = function.py_func
    names = dict(python.__globals__)
    for name in python.__code__.co_names:
        called = names.get(name)
        if hasattr(called, "py_func"):
            if name not in made:
                made[name] = _rebuilt(called, compile_with, made)
            names[name] = made[name]
    return compile_with(FunctionType(python.__code__, names, python.__name__, python.__defaults__))
