"""From JSON to the types of the API. Fields that are not known are left out: `/v1` only grows."""

from __future__ import annotations

import types as builtin
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from .secret import Secret

T = TypeVar("T")


@lru_cache(maxsize=None)
def _hints(record: type) -> dict[str, Any]:
    return get_type_hints(record)


def decode(record: type[T], value: Any) -> T:
    """Reads a record. Raises `ValueError` when a part is missing or is another thing."""
    if not isinstance(value, dict) or not is_dataclass(record):
        raise ValueError("not an object")
    hints = _hints(record)
    found = {}
    for part in fields(record):
        wire = part.name.rstrip("_")
        if wire in value:
            found[part.name] = _value(hints[part.name], value[wire])
        elif part.default is MISSING:
            raise ValueError(f"{wire} is missing")
    return record(**found)


def _value(hint: Any, value: Any) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, builtin.UnionType):
        if value is None and type(None) in inner:
            return None
        return _value(next(choice for choice in inner if choice is not type(None)), value)
    if hint is Any:
        return value
    if origin is Literal:
        return _plain(str, value)
    if origin is list:
        return [_value(inner[0], part) for part in _plain(list, value)]
    if origin is dict:
        return {name: _value(inner[1], part) for name, part in _plain(dict, value).items()}
    if hint is datetime:
        return datetime.fromisoformat(_plain(str, value).replace("Z", "+00:00"))
    if hint is Secret:
        return Secret(_plain(str, value))
    if is_dataclass(hint):
        return decode(hint, value)  # type: ignore[arg-type]
    return _plain(hint, value)


def _plain(wanted: Any, value: Any) -> Any:
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise ValueError("a part is of another kind")
    return value
