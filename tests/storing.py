"""Clients that store, and send again what they are not sure of: with keys that tell a repeat."""

from collections.abc import Callable
from typing import Any

import httpx2
import numpy as np

from faceveil import featurefile
from faceveil.access import keys
from faceveil.access.keys import Scope
from faceveil.store.database import Database
from tests.pictures import blank, encoded
from tests.running import DIMENSION, MADE

IMPORTED = 2000
CROP = encoded(blank(48, 48), "PNG")


class Refused(Exception):
    """An answer that promises nothing."""

    def __init__(self, answer: httpx2.Response) -> None:
        super().__init__(f"{answer.status_code}: {answer.text}")
        self.status: int = answer.status_code


def _told(answer: httpx2.Response) -> dict[str, Any]:
    if not answer.is_success:
        raise Refused(answer)
    body: dict[str, Any] = answer.json()
    return body


def store(client: httpx2.Client, number: int) -> str:
    """Stores the picture of a person of its own; returns the feature's id.

    Raises:
        Refused: if it is not stored.
    """
    answer = client.post(
        "/v1/anonymize?aligned=true",
        files={"image": CROP},
        data={"store": "true", "subject": f"person {number}"},
        headers={"Idempotency-Key": f"store-{number}"},
    )
    id_: str = _told(answer)["feature_id"]
    return id_


def bring(client: httpx2.Client, number: int, rows: int = IMPORTED) -> list[str]:
    """Imports a file of a person of its own; returns the features' ids.

    Raises:
        Refused: if they are not stored.
    """
    embedding = np.full((rows, DIMENSION), number, np.float32)
    embedding[:, 0] = np.arange(rows)
    data = featurefile.npz({"embedding": embedding, "subject": [f"import {number}"] * rows})
    answer = client.post(
        "/v1/features",
        files={"file": ("f.npz", data)},
        data=MADE,
        headers={"Idempotency-Key": f"import-{number}"},
    )
    ids: list[str] = _told(answer)["ids"]
    return ids


def erase(client: httpx2.Client, number: int) -> int:
    """Erases the person of a store; returns how many features there were.

    Raises:
        Refused: if nobody says that they are gone.
    """
    erased: int = _told(client.post("/v1/subjects/erase", json={"subject": f"person {number}"}))[
        "features"
    ]
    return erased


def stored_ids(client: httpx2.Client) -> list[str]:
    """The ids of all that is stored, page by page."""
    found: list[str] = []
    cursor = ""
    while cursor is not None:
        query: dict[str, Any] = {"limit": 1000, "cursor": cursor, "embedding_format": "base64"}
        page = _told(client.get("/v1/features", params=query))
        found += [one["id"] for one in page["features"]]
        cursor = page["next"]
    return found


def key_maker(database: Database) -> Callable[..., dict[str, str]]:
    """What makes a key of some scopes in a store, and gives the header that shows it."""

    def make(*scopes: Scope, **members: Any) -> dict[str, str]:
        with database.write() as connection:
            made = keys.create(connection, name="k", scopes=frozenset(scopes), **members)
        return {"X-API-Key": made[1]}

    return make
