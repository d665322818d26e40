"""What of a reading is stored, whether it may be, and that it is stored once."""

from dataclasses import astuple
from typing import Any

import numpy as np
from sqlalchemy import Connection

from faceveil.access.keys import Scope
from faceveil.api.anonymize.answers import emotion_of
from faceveil.api.anonymize.bodies import EncodedImage
from faceveil.api.anonymize.query import AnonymizeOneQuery, Faces
from faceveil.api.anonymize.store_fields import StoreFields
from faceveil.api.callers import Caller
from faceveil.api.idempotency import idempotency_key, idempotency_under
from faceveil.engine.job import ReadPicture
from faceveil.http.errors import unfit
from faceveil.prior import PriorName
from faceveil.store import features, subjects
from faceveil.store.replays import Idempotency, once
from faceveil.vision.selection import Selection


def checked(fields: StoreFields, query: AnonymizeOneQuery, caller: Caller) -> StoreFields:
    """What is to be stored, once it is sure that it may be.

    Raises:
        InvalidParameters: if members do not go together.
        Forbidden: if the key may not write.
        StorageOff: if nothing is stored here.
        UnfitPseudonym: if the subject is marked as a pseudonym of another key or tenant.
    """
    if query.store:
        fields = fields.model_copy(update={"store": True})
    if not fields.store:
        given = [name for name in ("subject", "session", "captured_at") if getattr(fields, name)]
        if given:
            raise unfit(given[0], "Only with store=true.")
        return fields
    if fields.subject is None:
        raise unfit("subject", "Required with store=true.")
    if query.faces is Faces.all:
        raise unfit("query.faces", "With store=true, a single face is read.")
    caller.principal.require(Scope.write)
    caller.must_store()
    # Refused before the picture is read.
    caller.store.pseudonyms.of(caller.tenant, fields.subject)
    return fields


def idempotency_of(
    image: EncodedImage,
    fields: StoreFields,
    level: str,
    prior: PriorName,
    aligned: bool,
    wanted: Selection,
    caller: Caller,
) -> Idempotency | None:
    """The Idempotency-Key and what comes with it; None without one, or if nothing is stored.

    Raises:
        InvalidParameters: if the key is none, whether or not it would be needed.
    """
    key = idempotency_key(caller.request)
    if key is None or not fields.store:
        return None
    card, data = caller.engine.card, image if isinstance(image, bytes) else image.encode()
    which = "|".join(map(str, astuple(wanted)))
    how = f"{card.name}|{card.version}|{level}|{prior}|{aligned}|{which}"
    asks = f"anonymize|{how}|{fields.model_dump_json()}"
    return idempotency_under(key, caller.store, asks.encode(), data)


def store_reading(
    done: ReadPicture, fields: StoreFields, idempotency: Idempotency | None, caller: Caller
) -> str:
    """Stores the one face that was read; returns the feature's id.

    Raises:
        UnfitPseudonym: if the subject is a pseudonym of another key or tenant.
    """
    store, tenant, card, face = caller.store, caller.tenant, caller.engine.card, done.faces[0]
    assert fields.subject is not None
    names = (fields.subject,)
    known = subjects.identify(store.database, store.pseudonyms, tenant, names)
    new = features.NewFeature(
        subject=known[fields.subject],
        embedding=np.asarray(face.embedding, np.float32),
        emotion=emotion_of(face, card.labels).label,
        session=fields.session,
        captured=fields.captured_at,
    )
    made = features.Made(card.name, card.version, done.level)

    def write(connection: Connection) -> dict[str, Any]:
        (id_,), _ = features.add(connection, tenant, made, [new])
        return {"id": id_}

    id_: str = once(store.database, tenant, idempotency, write)["id"]
    return id_
