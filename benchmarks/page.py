"""How soon the page is there: first paint and first use in Chromium, on loopback; prints a table.

python -m benchmarks.page [--times 11]

Each visit is a first one: a browser that has nothing of the page yet.
"""

import argparse
import os
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.page.conftest import CHROMIUM
from tests.running import running_server

_PAINTED = """() => new Promise((resolve) => {
  const told = (list) => list.getEntries().forEach((one) => {
    if (one.name === "first-contentful-paint") resolve(one.startTime);
  });
  new PerformanceObserver(told).observe({type: "paint", buffered: true});
})"""
"""Milliseconds from the start of the visit, by W3C Paint Timing."""


def _visit(browser: Browser, address: str) -> tuple[float, float]:
    """Milliseconds until the first paint with content, and until a picture can be chosen."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    painted: float = page.evaluate(_PAINTED)
    page.get_by_role("button", name="Choose a picture").wait_for()
    usable: float = page.evaluate("performance.now()")
    context.close()
    return painted, usable


def main() -> None:
    """Measures, and prints the middle and the worst."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=11)
    times = parser.parse_args().times
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder), {}) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        address = f"http://{server.host}:{server.port}/"
        visits = [_visit(browser, address) for _ in range(times)]
        browser.close()
    print(f"| ms, {times} first visits, load {os.getloadavg()[0]:.1f} | middle | worst |")
    print("| --- | --- | --- |")
    for name, figures in zip(
        ("first paint", "can be used"), zip(*visits, strict=True), strict=True
    ):
        print(f"| {name} | {statistics.median(figures):.0f} | {max(figures):.0f} |")


if __name__ == "__main__":
    main()
