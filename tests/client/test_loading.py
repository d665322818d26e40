"""When the client is loaded, and what it needs."""

import subprocess
import sys

import pytest

import faceveil


def _run(program: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_importing_faceveil_or_its_server_loads_no_client() -> None:
    loaded = _run("import sys, faceveil, faceveil.server; print(*sys.modules)").split()
    assert "faceveil.app" in loaded
    assert not [name for name in loaded if name.startswith(("httpx", "faceveil.client"))]


def test_the_client_loads_nothing_of_the_server() -> None:
    loaded = _run("import sys\nfrom faceveil import Client\nprint(*sys.modules)").split()
    ours = {name.split(".")[1] for name in loaded if name.startswith("faceveil.")}
    assert ours == {"client"}
    assert not {"numpy", "onnxruntime", "fastapi", "sqlalchemy", "PIL"} & set(loaded)


def test_without_its_extra_it_says_what_to_install() -> None:
    program = """
import sys
sys.modules["httpx2"] = None
try:
    from faceveil import Client
except ModuleNotFoundError as missing:
    print(missing)
"""
    assert "extra `client`" in _run(program)


def test_faceveil_has_no_other_name_to_load() -> None:
    with pytest.raises(AttributeError, match="Klient"):
        _ = getattr(faceveil, "Klient")  # noqa: B009 - the name does not exist
