"""What of a reading is stored, whether it may be, and that it is stored once."""

from typing import Any

import numpy as np
from sqlalchemy import Connection
from starlette.requests import Request

from faceveil.access.door import Principal
from faceveil.access.keys import Scope
from faceveil.api.images import Upload
from faceveil.api.keeping import Keep, unfit
from faceveil.api.reading import AnonymizeOneQuery, Faces, emotion_of
from faceveil.api.writing import idempotency_key, idempotency_under, must_store
from faceveil.engine.engine import Engine
from faceveil.engine.job import Work
from faceveil.settings import Settings
from faceveil.store import features, subjects
from faceveil.store.replays import Idempotency, once
from faceveil.store.store import Store


def checked(
    keep: Keep, query: AnonymizeOneQuery, principal: Principal, settings: Settings, store: Store
) -> Keep:
    """What is to be kept, once it is sure that it may be.

    Raises:
        InvalidParameters: if members do not go together.
        Forbidden: if the key may not write.
        StorageOff: if nothing is stored here.
        UnfitPseudonym: if the subject is marked as a pseudonym of another key or tenant.
    """
    if query.store:
        keep = keep.model_copy(update={"store": True})
    if not keep.store:
        told = [name for name in ("subject", "session", "captured_at") if getattr(keep, name)]
        if told:
            raise unfit(told[0], "Only with store=true.")
        return keep
    if keep.subject is None:
        raise unfit("subject", "Required with store=true.")
    if query.faces is Faces.all:
        raise unfit("query.faces", "With store=true, the largest face alone is read.")
    principal.require(Scope.write)
    must_store(settings)
    store.pseudonyms.of(principal.tenant, keep.subject)  # refused before the picture is read
    return keep


def idempotency_of(
    request: Request,
    upload: Upload,
    keep: Keep,
    level: str,
    aligned: bool,
    engine: Engine,
    store: Store,
) -> Idempotency | None:
    """The Idempotency-Key and what is asked with it; None without one, or if nothing is stored."""
    key = idempotency_key(request.headers) if keep.store else None
    if key is None:
        return None
    card = engine.card
    told = f"anonymize|{card.name}|{card.version}|{level}|{aligned}|{keep.model_dump_json()}"
    return idempotency_under(key, store, told.encode(), upload.bytes())


def keep_reading(
    done: Work,
    engine: Engine,
    store: Store,
    principal: Principal,
    keep: Keep,
    idempotency: Idempotency | None,
) -> str:
    """Stores the one face that was read; returns the feature's id.

    Raises:
        UnfitPseudonym: if the subject is a pseudonym of another key or tenant.
    """
    card, face = engine.card, done.faces[0]
    assert keep.subject is not None
    names = (keep.subject,)
    known = subjects.identify(store.database, store.pseudonyms, principal.tenant, names)
    new = features.NewFeature(
        subject=known[keep.subject],
        embedding=np.asarray(face.embedding, np.float32),
        emotion=emotion_of(face, card.labels).label,
        session=keep.session,
        captured=keep.captured_at,
    )
    made = features.Made(card.name, card.version, done.level)

    def write(connection: Connection) -> dict[str, Any]:
        (id_,), _ = features.add(connection, principal.tenant, made, [new])
        return {"id": id_}

    id_: str = once(store.database, principal.tenant, idempotency, write)["id"]
    return id_
