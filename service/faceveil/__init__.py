"""FaceVeil's service: a face goes in, an emotion and a privacy-filtered embedding come out.

And its clients, `faceveil.Client` and `faceveil.AsyncClient`, which are loaded when they are used:
the service does without what they need.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faceveil.client import AsyncClient, Client

__all__ = ["AsyncClient", "Client"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'faceveil' has no attribute {name!r}")
    from faceveil import client

    return getattr(client, name)
