"""What the server promised, kept by its clients, and compared with what it has in the end."""

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import httpx2

from tests.storing import Refused, bring, erase, store, stored_ids

ROWS = 40
"""Of an import."""

PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the promises.

    Attributes:
        acknowledged: features that a client was told are stored, imported ones among them.
        erased: people whom a client was told are erased.
        lost: acknowledged features that are not there.
        undone: erased people of whom something is there.
        doubled: features that are there more than once, or under another id when sent again.
        unavailable: answers 503 and 429, which say that nothing was done.
        wrong: other answers of 500 or more.
    """

    acknowledged: int
    erased: int
    lost: int
    undone: int
    doubled: int
    unavailable: int
    wrong: int

    @property
    def kept(self) -> bool:
        """Whether every promise was."""
        return not (self.lost or self.undone or self.doubled or self.wrong)


@dataclass(slots=True)
class Ledger:
    """Promises so far; each person has one feature, each import a person of its own."""

    stored: dict[int, str | None] = field(default_factory=dict)
    imported: dict[int, list[str] | None] = field(default_factory=dict)
    erasing: set[int] = field(default_factory=set)
    erased: set[int] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    doubled: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def acknowledged(self) -> int:
        """Features that are promised."""
        with self.lock:
            single = sum(id_ is not None for id_ in self.stored.values())
            return single + sum(len(ids) for ids in self.imported.values() if ids)

    def next_of(self, table: dict[int, str | None] | dict[int, list[str] | None]) -> int:
        """A number that nobody had; from now on it may be stored."""
        with self.lock:
            number = len(table)
            table[number] = None
            return number

    def counted(self, url: str) -> httpx2.Client:
        """A client whose answers are counted."""

        def count(answer: httpx2.Response) -> None:
            with self.lock:
                self.statuses[answer.status_code] += 1

        hooks = {"response": [count]}
        return httpx2.Client(base_url=url, timeout=PATIENCE_S, event_hooks=hooks)

    def settle(self, client: httpx2.Client) -> Verdict:
        """Finishes what was not acknowledged, as clients do, and compares.

        Args:
            client: of a server that is well.
        """
        promised = {
            *(id_ for number, id_ in self.stored.items() if id_ and number not in self.erasing),
            *(id_ for ids in self.imported.values() if ids for id_ in ids),
        }
        there = set(stored_ids(client))
        lost = len(promised - there)
        undone = len(there & {self.stored[number] for number in self.erased})
        for number in self.erasing:
            erase(client, number)
        doubled = self.doubled
        for number, id_ in self.stored.items():
            if number not in self.erasing:
                doubled += store(client, number) != (id_ or store(client, number))
        for number, ids in self.imported.items():
            doubled += bring(client, number, ROWS) != (ids or bring(client, number, ROWS))
        found = Counter(stored_ids(client))
        expected = len(self.stored) - len(self.erasing) + ROWS * len(self.imported)
        return Verdict(
            acknowledged=self.acknowledged,
            erased=len(self.erased),
            lost=lost + max(0, expected - len(found)),
            undone=undone,
            doubled=doubled + max(0, found.total() - expected),
            unavailable=self.statuses[503] + self.statuses[429],
            wrong=sum(n for status, n in self.statuses.items() if status >= 500)
            - self.statuses[503],
        )


class Traffic:
    """Clients that store, import and erase until they have to stop.

    Args:
        ledger: of what they are promised.
        urls: of the servers; each client picks one for each request.
    """

    def __init__(self, ledger: Ledger, urls: Sequence[str]) -> None:
        self._ledger, self._urls = ledger, urls
        self._stopping = threading.Event()

    @contextlib.contextmanager
    def flowing(self, clients: int = 3) -> Iterator[None]:
        """Within it, they are at work."""
        threads = [
            threading.Thread(target=self._work, args=(random.Random(number),))
            for number in range(clients)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join()

    def until(self, more: int) -> None:
        """Waits until so many more features are acknowledged.

        Raises:
            TimeoutError: if that takes too long.
        """
        goal = self._ledger.acknowledged + more
        end = time.monotonic() + PATIENCE_S
        while self._ledger.acknowledged < goal:
            if time.monotonic() > end:
                raise TimeoutError(f"nothing is stored any more: {self._ledger.statuses}")
            time.sleep(0.01)

    def _work(self, chance: random.Random) -> None:
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(self._ledger.counted(url)) for url in self._urls]
            while not self._stopping.is_set():
                try:
                    self._one(chance, clients)
                except (httpx2.HTTPError, Refused):
                    self._stopping.wait(0.02)  # cut off, or told to come again

    def _one(self, chance: random.Random, clients: Sequence[httpx2.Client]) -> None:
        ledger = self._ledger
        client, other = chance.choice(clients), chance.choice(clients)
        lot = chance.random()
        if lot < 0.04:
            number = ledger.next_of(ledger.imported)
            ids = bring(client, number, ROWS)
            with ledger.lock:
                ledger.imported[number] = ids
        elif lot < 0.12 and (person := self._somebody(chance)) is not None:
            erase(client, person)
            with ledger.lock:
                ledger.erased.add(person)
        else:
            number = ledger.next_of(ledger.stored)
            id_ = store(client, number)
            again = id_ if other is client else store(other, number)
            with ledger.lock:
                ledger.stored[number] = id_
                ledger.doubled += again != id_

    def _somebody(self, chance: random.Random) -> int | None:
        """Somebody stored, to be erased; nobody else erases them."""
        ledger = self._ledger
        with ledger.lock:
            known = [
                number
                for number, id_ in ledger.stored.items()
                if id_ is not None and number not in ledger.erasing
            ]
            if not known:
                return None
            person = chance.choice(known)
            ledger.erasing.add(person)
            return person
