"""FaceVeil's service: a face goes in, an emotion and a privacy-filtered embedding come out.

And its clients, `faceveil.Client` and `faceveil.AsyncClient`, and `faceveil.Anonymizer`, which does
without a server. Each is loaded when it is used: the service does without what they need.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faceveil.client import AsyncClient, Client
    from faceveil.offline.anonymizer import Anonymizer

__all__ = ["Anonymizer", "AsyncClient", "Client"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'faceveil' has no attribute {name!r}")
    if name == "Anonymizer":
        from faceveil.offline.anonymizer import Anonymizer

        return Anonymizer
    from faceveil import client

    return getattr(client, name)
