"""Milliseconds a face in Chromium: our filter beside face-api and human, and what each downloads.

    npm install --no-save --ignore-scripts --prefix PEERS @vladmandic/face-api@1.7.15 \
        @vladmandic/human@3.3.6 @tensorflow/tfjs-backend-wasm@4.22.0
    python -m benchmarks.device --peers PEERS/node_modules

All run on WebAssembly with SIMD, in one thread, on the same made faces, in turns.
"""

import argparse
import gzip
import shutil
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from faceveil.model.bundle import find_bundle
from faceveil.page.site import STATIC
from tests.packages.made_faces import made_face
from tests.packages.serving import ROOT, serving

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
RUNTIME = ROOT / "packages" / "node_modules" / "onnxruntime-web" / "dist"

BUNDLES = {name: find_bundle(ROOT / "models", name) for name in ("faceveil-int8", "faceveil")}

DOWNLOADS = {
    "model, int8": [BUNDLES["faceveil-int8"] / "model.onnx"],
    "its card": [BUNDLES["faceveil-int8"] / "card.json"],
    "detector": sorted((ROOT / "models" / "detector").glob("*/model.onnx")),
    "our code, minified": [STATIC / "vendor" / "faceveil-device.js"],
    "model, float32": [BUNDLES["faceveil"] / "model.onnx"],
    "ONNX Runtime, code": [RUNTIME / "ort.wasm.bundle.min.mjs"],
    "ONNX Runtime, WebAssembly": [RUNTIME / "ort-wasm-simd-threaded.wasm"],
}


def race(peers: Path, count: int, rounds: int) -> dict[str, dict[str, object]]:
    """What each contender took, as the page tells it."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        names = [f"{seed}.png" for seed in range(count)]
        for seed, name in enumerate(names):
            made_face(seed).save(Path(folder) / name)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with serving({"peers": peers, "faces": Path(folder)}) as address:
            page = browser.new_page()
            page.goto(f"{address}/packages/device/bench/index.html")
            page.wait_for_function("'raced' in window")
            page.set_default_timeout(0)
            pictures = [f"/faces/{name}" for name in names]
            models = {name: f"/{path.relative_to(ROOT)}" for name, path in BUNDLES.items()}
            told: dict[str, dict[str, object]] = page.evaluate(
                "(given) => raced(...given)", [pictures, rounds, models]
            )
        browser.close()
    return told


def main() -> None:
    """Prints two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, required=True, help="their node_modules")
    parser.add_argument("--count", type=int, default=12, help="made faces")
    parser.add_argument("--rounds", type=int, default=4)
    given = parser.parse_args()
    print("| | bytes | gzip |\n| --- | --- | --- |")
    for name, files in DOWNLOADS.items():
        content = [file.read_bytes() for file in files]
        packed = sum(len(gzip.compress(one, 9)) for one in content)
        print(f"| {name} | {sum(map(len, content)):,} | {packed:,} |")
    print("\n| | ready after | fastest | median | faces found |\n| --- | --- | --- | --- | --- |")
    for name, row in race(given.peers.resolve(), given.count, given.rounds).items():
        ms: list[float] = row["ms"]  # type: ignore[assignment]
        found = f"{row['faces']} of {len(ms)}"
        print(
            f"| {name} | {row['ready']:.0f} ms | {min(ms):.0f} ms | {statistics.median(ms):.0f} ms "
            f"| {found} |"
        )


if __name__ == "__main__":
    main()
