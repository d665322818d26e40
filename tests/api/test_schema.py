"""The application keeps what its OpenAPI document promises, whatever is sent to it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import settings
from hypothesis import strategies as st
from pydantic import SecretStr
from schemathesis.config import SchemathesisConfig
from schemathesis.python.asgi import shutdown_lifespans

from faceveil.access import keys
from faceveil.api.anonymize.bodies import IMAGE_TYPES
from faceveil.api.video.bodies import CLIP_TYPES
from faceveil.app import create_app
from faceveil.settings import AuditSettings, EngineSettings, NoiseSettings, Settings, StoreSettings
from faceveil.store.database import open_database
from tests.clips.made import clip_of, grey
from tests.drawn import draw_face
from tests.pictures import blank, encoded

# Half of the files show a face, so that answers are held to the document too, not only refusals.
FACE = encoded(draw_face(128))
FILES = st.one_of(st.just(FACE), st.sampled_from([encoded(blank(), "PNG"), b"words"]))
CLIPS = st.sampled_from([clip_of(grey(2)), b"words"])
schemathesis.openapi.format("binary", FILES)
for name in IMAGE_TYPES:
    schemathesis.openapi.media_type(name, FILES)
for name in CLIP_TYPES:
    schemathesis.openapi.media_type(name, CLIPS)

# No schema can tell which bytes are a picture of a face, or that `limit` asks for `faces=all`.
ACCEPTED = ["2xx", "404", "422"]
config = SchemathesisConfig.from_dict(
    {"checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}}}
)
folder = tempfile.TemporaryDirectory()
SETTINGS = Settings(
    noise=NoiseSettings(key=SecretStr("k" * 32)),
    state_directory=Path(folder.name),
    store=StoreSettings(retention_days=1),
    audit=AuditSettings(own_worker=False),
    engine=EngineSettings(deadline_s=600),  # a busy machine is not what is tested here
)
database = open_database(SETTINGS)
with database.write() as connection:
    _, KEY = keys.create(connection, name="tests", scopes=frozenset({keys.Scope.admin}))
database.close()
app = create_app(SETTINGS)
schema = schemathesis.openapi.from_dict(app.openapi(), config=config)
schema.app = app


@pytest.fixture(scope="module", autouse=True)
def _stopped_in_the_end() -> Iterator[None]:
    yield
    shutdown_lifespans()
    folder.cleanup()


@schema.parametrize()
@settings(max_examples=60, derandomize=True, deadline=None)
def test_no_request_makes_the_api_break_its_promises(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {KEY}"})
