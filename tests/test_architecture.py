"""The arrows between the rooms of the house go one way."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SERVICE = ROOT / "service"
MODULES = {
    ".".join(path.relative_to(SERVICE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(SERVICE.rglob("*.py"))
}

BASE = {
    "environment",
    "installation",
    "settings",
    "problems",
    "rate",
    "runtime",
    "keyfile",
    "labels",
    "featurefile",
    "outputs",
    "stop",
    "statefolder",
    "confinement",
}
MAY_IMPORT = {
    "environment": set[str](),
    "installation": set[str](),
    "settings": {"environment", "installation"},
    "statefolder": set[str](),
    "listening": set[str](),
    "problems": set[str](),
    "rate": set[str](),
    "runtime": set[str](),
    "keyfile": set[str](),
    "labels": set[str](),
    "featurefile": {"labels", "installation", "confinement"},
    "outputs": set[str](),
    "stop": set[str](),
    "confinement": set[str](),
    "telemetry": BASE,
    "vision": BASE,
    "engine": BASE | {"vision"},
    "audit": BASE,
    "store": BASE,
    "access": BASE | {"store", "engine", "telemetry"},
    "jobs": BASE | {"telemetry", "audit", "store"},
    "api": BASE | {"vision", "engine", "audit", "store", "access", "jobs", "telemetry"},
    "http": BASE | {"telemetry", "access"},
    "app": BASE | {"vision", "engine", "audit", "store", "access", "jobs", "telemetry", "api"},
    "server": BASE | {"listening", "engine", "store", "access", "telemetry", "api", "app", "http"},
    "cli": BASE | {"engine", "audit", "store", "access", "jobs", "telemetry", "app", "server"},
}


def _imports(module: str) -> Iterator[str]:
    """Everything that a module imports anywhere in it, inside functions too."""
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _room(module: str) -> str:
    return [*module.split("."), ""][1]


@pytest.mark.parametrize("module", MODULES)
def test_the_service_imports_neither_torch_nor_training(module: str) -> None:
    roots = {name.split(".")[0] for name in _imports(module)}
    assert not roots & {"torch", "training", "tests", "benchmarks"}


@pytest.mark.parametrize("module", [name for name in MODULES if name != "faceveil"])
def test_a_room_imports_only_rooms_below_it(module: str) -> None:
    rooms = {_room(name) for name in _imports(module) if name.startswith("faceveil.")}
    assert rooms <= MAY_IMPORT[_room(module)] | {_room(module)}


@pytest.mark.parametrize("room", ["vision", "engine", "audit", "store", "access", "jobs"])
def test_what_is_no_web_knows_nothing_of_the_web(room: str) -> None:
    for module in MODULES:
        if _room(module) == room:
            roots = {name.split(".")[0] for name in _imports(module)}
            assert not roots & {"fastapi", "starlette", "uvicorn"}, module


def test_no_module_imports_itself_by_a_detour() -> None:
    graph = {
        module: {name for name in _imports(module) if name in MODULES} - {module}
        for module in MODULES
    }
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError
    assert order.index("faceveil.settings") < order.index("faceveil.app")


def test_serving_loads_nothing_that_only_training_or_auditing_needs() -> None:
    program = "import sys, faceveil.server; print(*sys.modules)"
    answer = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(answer.stdout.split())
    assert "faceveil.app" in loaded
    assert not loaded & {"torch", "sklearn", "scipy", "matplotlib", "pandas", "onnx", "training"}
