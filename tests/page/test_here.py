"""Pictures are read in the browser itself, by the model that the server hands out."""

import hashlib
import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from faceveil.page.site import STATIC
from tests.packages.conftest import PACKAGES, needs_node, run
from tests.page.conftest import Open

VENDOR = STATIC / "vendor"
RUNTIME = PACKAGES / "node_modules" / "onnxruntime-web"


def test_a_picture_that_is_read_here_does_not_leave_the_browser(
    open_page: Open, face_file: Path
) -> None:
    page = open_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.get_by_role("switch", name="On this device").check()
    page.locator('input[type="file"]').set_input_files(face_file)
    expect(page.get_by_text("1 face found.").first).to_be_visible()
    here = page.get_by_role("list", name="What is released").locator("li").all_inner_texts()
    assert here
    assert set(sent) == {"GET"}

    with page.expect_request("**/v1/anonymize?*"):
        page.get_by_role("switch", name="On this device").uncheck()
    expect(page.get_by_text("1 face found.").first).to_be_visible()


def test_a_picture_that_the_browser_cannot_read_does_not_leave_it_either(
    open_page: Open, face_jpeg: bytes, tmp_path: Path
) -> None:
    scan = tmp_path / "scan.tiff"  # which the service reads, and Chromium does not
    Image.open(io.BytesIO(face_jpeg)).save(scan)
    page = open_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.get_by_role("switch", name="On this device").check()
    page.locator('input[type="file"]').set_input_files(scan)
    expect(page.get_by_role("alert")).to_contain_text("This browser cannot read the file")
    assert set(sent) == {"GET"}


@pytest.mark.parametrize("line", re.findall(r"^\| `.*$", (VENDOR / "README.md").read_text(), re.M))
def test_each_vendored_file_is_the_one_that_is_told_of(line: str) -> None:
    name, *_, digest = line.strip("| ").split(" | ")
    content = (VENDOR / name.strip("`")).read_bytes()
    assert hashlib.sha256(content).hexdigest() == digest


def test_nothing_is_vendored_that_is_not_told_of() -> None:
    told = set(re.findall(r"`([\w.-]+\.(?:js|mjs|gz))`", (VENDOR / "README.md").read_text()))
    assert {file.name for file in VENDOR.iterdir()} - told == {
        "README.md",
        "LICENSE.onnxruntime.txt",
    }


@needs_node
def test_the_filter_in_the_page_is_the_packages(tmp_path: Path) -> None:
    made = tmp_path / "made.js"
    run("npm", "run", "bundle", "--", f"--outfile={made}", within=PACKAGES / "device")
    assert made.read_bytes() == (VENDOR / "faceveil-device.js").read_bytes()


@needs_node
def test_the_runtime_in_the_page_is_the_registrys() -> None:
    name = "ort.wasm.bundle.min.mjs"
    assert (VENDOR / name).read_bytes() == (RUNTIME / "dist" / name).read_bytes()
