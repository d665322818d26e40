"""Each pinned requirement of the service has a wheel for 64-bit ARM: no compiler is needed."""

import re
import runpy
from pathlib import Path

from packaging.tags import cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

REQUIREMENTS = Path(__file__).parents[1] / "requirements"
ASKED = runpy.run_path(str(REQUIREMENTS / "aarch64.py"))
WHEELS = [
    line.split() for line in (REQUIREMENTS / "aarch64.txt").read_text(encoding="utf-8").splitlines()
]
"""File and SHA-256 of each, as the registry had it."""


def test_each_pinned_requirement_has_a_wheel() -> None:
    named = [parse_wheel_filename(wheel)[:2] for wheel, _ in WHEELS]
    found = {f"{name}=={version}" for name, version in named}
    wanted = {
        canonicalize_name(one.split("=")[0]) + one[one.index("=") :] for one in ASKED["wanted"]()
    }
    assert found == wanted, "ask the registry anew: python requirements/aarch64.py"


def test_each_wheel_runs_on_the_images_python() -> None:
    dockerfile = (REQUIREMENTS.parent / "Dockerfile").read_text(encoding="utf-8")
    assert f"BASE=python:{ASKED['PYTHON']}-slim" in dockerfile
    version = [int(part) for part in ASKED["PYTHON"].split(".")]
    platforms = ["manylinux2014_aarch64", *(f"manylinux_2_{n}_aarch64" for n in ASKED["GLIBC"])]
    runs = {
        (tag.interpreter, tag.abi, tag.platform)
        for tag in cpython_tags(version, platforms=platforms)
    }
    for wheel, _ in WHEELS:
        tags = parse_wheel_filename(wheel)[3]
        assert any(
            tag.platform == "any" or (tag.interpreter, tag.abi, tag.platform) in runs
            for tag in tags
        ), wheel


def test_each_wheel_is_one_that_the_lock_file_lets_in() -> None:
    lock = (REQUIREMENTS / "audit.txt").read_text(encoding="utf-8")
    let_in = set(re.findall(r"sha256:(\w+)", lock))
    assert {digest for _, digest in WHEELS} <= let_in
