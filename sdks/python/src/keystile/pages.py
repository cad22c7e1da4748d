"""Lists that come in pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list."""

    data: list[T]
    next_cursor: str | None = None
    """Where the next one begins; `None` on the last."""


class Pages(Generic[T]):
    """A list that comes in pages: walk over all of it, or take `first()`."""

    def __init__(self, load: Callable[[str | None], Page[T]]) -> None:
        self._load = load

    def first(self) -> Page[T]:
        """The first page alone."""
        return self._load(None)

    def pages(self) -> Iterator[Page[T]]:
        """Page after page."""
        cursor: str | None = None
        while True:
            page = self._load(cursor)
            yield page
            if page.next_cursor is None:
                return
            cursor = page.next_cursor

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.data


class AsyncPages(Generic[T]):
    """A list that comes in pages: walk over all of it with `async for`, or await `first()`."""

    def __init__(self, load: Callable[[str | None], Awaitable[Page[T]]]) -> None:
        self._load = load

    async def first(self) -> Page[T]:
        """The first page alone."""
        return await self._load(None)

    async def pages(self) -> AsyncIterator[Page[T]]:
        """Page after page."""
        cursor: str | None = None
        while True:
            page = await self._load(cursor)
            yield page
            if page.next_cursor is None:
                return
            cursor = page.next_cursor

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page.data:
                yield item
