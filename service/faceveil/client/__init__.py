"""Python's way to a FaceVeil server: `Client`, and `AsyncClient` for asyncio and trio.

    from faceveil import Client

    with Client("http://127.0.0.1:8000") as client:
        print(client.anonymize("face.jpg").face.emotion.label)

It imports nothing of the server, and needs the extra `client`.
"""

try:
    import httpx2 as _httpx2  # noqa: F401 - to say what is missing, before anything needs it
except ModuleNotFoundError as _missing:
    raise ModuleNotFoundError(
        "faceveil.Client needs the extra `client`: in a checkout, pip install -e '.[client]'."
    ) from _missing

from faceveil.client.asynchronous import AsyncClient
from faceveil.client.blocking import Client
from faceveil.client.errors import FaceVeilError
from faceveil.client.pictures import Picture
from faceveil.client.problems import Problem
from faceveil.client.retries import Retries

__all__ = ["AsyncClient", "Client", "FaceVeilError", "Picture", "Problem", "Retries"]
