"""What is wrong with a phantom file, in words: the key, what stands there, what is expected, what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from spondyl.core.errors import nearest
from spondyl.core.faults import expected_text, shown

SEE = "docs/how-to/phantom.md describes every key"
_TAGS = {"shape": ("box", "sphere"), "kind": ("photon", "machine")}
_SHOWN = 4


def fault_text(faults: Sequence[Mapping[str, Any]], keys: Mapping[str, Sequence[str]]) -> str:
    """Say the first faults that a pydantic model found, and where the file is described.

    Parameters
    ----------
    faults
        ``ValidationError.errors()`` of the file.
    keys
        Known keys by the part of the file: "" for the file itself, "grid", "beam photon", "solids box", ...
    """
    unknown = {_place(f["loc"][:-1]): _near(f, keys) for f in faults if f["type"] == "extra_forbidden"}
    told = [f for f in faults if not (f["type"] == "missing" and f["loc"][-1] == unknown.get(_place(f["loc"][:-1])))]
    more = f"; and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return "; ".join(_one(f, keys) for f in told[:_SHOWN]) + f"{more}; {SEE}"


def _place(loc: Sequence[str | int]) -> str:
    """ "beam.sad_mm", "entry 2 of solids: radius_mm" or "value 1 of grid.min_mm".

    The words that pydantic adds where a part is one of several models are left out.
    """
    parts = list(loc)
    for part, choice in (("beam", 1), ("solids", 2)):
        if parts[:1] == [part] and len(parts) > choice:
            del parts[choice]
    entry = ""
    if len(parts) > 1 and isinstance(parts[1], int):
        entry, parts = f"entry {parts[1] + 1} of {parts[0]}", parts[2:]
    inner = ".".join(str(p) for p in parts if not isinstance(p, int))
    if parts and isinstance(parts[-1], int):
        inner = f"value {parts[-1] + 1} of {inner}"
    return ": ".join(text for text in (entry, inner) if text)


def _part(loc: Sequence[str | int], keys: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """The keys that are known where `loc` points into."""
    name = " ".join(str(p) for p in loc if not isinstance(p, int))
    return keys.get(name) or keys.get(str(loc[0]) if loc else "") or keys[""]


def _near(fault: Mapping[str, Any], keys: Mapping[str, Sequence[str]]) -> str:
    found = nearest(str(fault["loc"][-1]), _part(fault["loc"][:-1], keys))
    return found[0] if found else ""


def _one(fault: Mapping[str, Any], keys: Mapping[str, Sequence[str]]) -> str:
    loc, kind, about = fault["loc"], str(fault["type"]), cast("Mapping[str, Any]", fault.get("ctx", {}))
    place, last, where = _place(loc), loc[-1] if loc else "", _in(loc)
    if kind == "extra_forbidden":
        near = _near(fault, keys)
        hint = f"did you mean {near}?" if near else "remove it"
        return f'key "{last}"{where} is unknown, expected {_or(_part(loc[:-1], keys))}; {hint}'
    if kind in ("missing", "too_long", "too_short") and (isinstance(last, int) or kind != "missing"):
        return _count(fault, place)
    if kind == "missing":
        return f'key "{last}"{where} is missing, expected {_or(_part(loc[:-1], keys))}; add it'
    if kind.startswith("union_tag"):
        key = str(about["discriminator"]).strip("'")
        got = f"is {shown(about['tag'])}" if "tag" in about else "is missing"
        return f"{place}: {key} {got}, expected {_or(_TAGS[key])}; correct it"
    if kind == "value_error":
        return f"{place}: {about['error']}" if place else str(about["error"])
    return f"{place} is {shown(fault['input'])}, expected {expected_text(fault)}; correct it"


def _in(loc: Sequence[str | int]) -> str:
    return f" in {_place(loc[:-1])}" if len(loc) > 1 else ""


def _count(fault: Mapping[str, Any], place: str) -> str:
    """A list with too few or too many values."""
    about = fault.get("ctx", {})
    listed = _place(fault["loc"][:-1]) if isinstance(fault["loc"][-1], int) else place
    wanted = about.get("max_length") or about.get("min_length") or int(fault["loc"][-1]) + 1
    least = "at least " if fault["type"] == "too_short" else "at most " if "List" in str(about) else ""
    count = len(fault["input"])
    return f"{listed} has {count} value{'s' * (count != 1)}, expected {least}{wanted}; correct the list"


def _or(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)
