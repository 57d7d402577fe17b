"""Room for a few at a time: work that takes memory or time is done for so many pages at once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ganplay.server.http.protocol import TOO_MANY, Refusal


class Slots:
    """A number of slots; who comes when all are taken is told so.

    Args:
        count: how many there are.
        per_page: how many of them one page may have; by default half.
        refusal: kind and code of what it is told who gets none.
    """

    def __init__(
        self,
        count: int,
        per_page: int | None = None,
        refusal: tuple[str, int] = ("busy", TOO_MANY),
    ) -> None:
        self._refusal = refusal
        self._count = self._free = count
        self._per_page = per_page or (count + 1) // 2
        self._of: Counter[str] = Counter()

    @property
    def usage(self) -> tuple[int, int]:
        """How many are taken, and how many there are."""
        return self._count - self._free, self._count

    @contextmanager
    def slot(self, session: str) -> Iterator[None]:
        """Hold one of them for a page.

        Raises:
            Refusal: if none is free, or the page has its share.
        """
        if not self._free or self._of[session] >= self._per_page:
            raise Refusal(*self._refusal)
        self._free -= 1
        self._of[session] += 1
        try:
            yield
        finally:
            self._free += 1
            self._of[session] -= 1
            self._of += Counter()  # drops pages without a slot
