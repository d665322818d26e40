"""Streams at once: four cameras of 25 frames a second, 640 x 480, as long as is wanted.

    python -m benchmarks.streams --seconds 60

Starts the server, plays a made clip of two people over and over into each stream in real time, and
prints a table: the time from a frame's sending to its answer, how many frames were dropped for
newer ones, and the memory of the server and its readers at the start and at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
from websockets.sync.client import connect

from tests.running import RunningServer, running_server
from tests.streams.scene import shots

CPUS = 2


@dataclass(slots=True)
class Played:
    """What came of one stream.

    Attributes:
        milliseconds: from a frame's sending to its answer, by the frame's number.
        dropped: frames that a newer one replaced.
        sent: when each frame was sent.
    """

    milliseconds: list[float] = field(default_factory=list)
    dropped: int = 0
    sent: dict[int, float] = field(default_factory=dict)


def play(server: RunningServer, clip: list[bytes], rate: float, seconds: float) -> Played:
    """Plays the clip into a stream in real time, and reads the answers beside it."""
    played = Played()
    address = f"ws://{server.host}:{server.port}/v1/stream"
    with connect(address, compression=None, max_size=None) as socket:
        socket.recv()

        def listen() -> None:
            for message in socket:
                told = json.loads(message)
                played.dropped = told["dropped"]
                if told["type"] == "ended":
                    return
                took = time.perf_counter() - played.sent[told["frame"]]
                played.milliseconds.append(1000 * took)

        listener = threading.Thread(target=listen)
        listener.start()
        started = time.perf_counter()
        for number in range(round(seconds * rate)):
            time.sleep(max(0.0, started + number / rate - time.perf_counter()))
            played.sent[number + 1] = time.perf_counter()
            socket.send(clip[number % len(clip)])
        socket.send("end")
        listener.join()
    return played


def memory(server: RunningServer) -> float:
    """MB that the server, the fork server and the readers have for themselves."""
    root = psutil.Process(server.process.pid)
    return sum(one.memory_full_info().uss for one in [root, *root.children(recursive=True)]) / 1e6


def main() -> None:
    """Reads the arguments and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, default=4)
    parser.add_argument("--rate", type=float, default=25.0, help="frames a second of each")
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    clip = [shot.jpeg for shot in shots(rate=arguments.rate)]
    cpus = sorted(os.sched_getaffinity(0))
    rest = cpus[CPUS:] or cpus
    with tempfile.TemporaryDirectory() as state:
        os.sched_setaffinity(0, cpus[:CPUS])  # the server's, which inherits them
        with running_server(Path(state), {"FACEVEIL_LOG__LEVEL": "warning"}) as server:
            os.sched_setaffinity(0, rest)
            play(server, clip, arguments.rate, 2.0)
            before = memory(server)
            results: list[Played] = []

            def one() -> None:
                results.append(play(server, clip, arguments.rate, arguments.seconds))

            threads = [threading.Thread(target=one) for _ in range(arguments.streams)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            after = memory(server)
    took = np.concatenate([result.milliseconds for result in results])
    sent = sum(len(result.sent) for result in results)
    dropped = sum(result.dropped for result in results)
    apart = "" if rest != cpus[:CPUS] and len(cpus) > CPUS else "; cameras on the same cores"
    print("| streams | frames/s | seconds | cores | read | dropped | p50 | p95 | p99 | memory |")
    print(f"|{' --- |' * 10}")
    print(
        f"| {arguments.streams} | {arguments.rate:g} | {arguments.seconds:g} | {CPUS}{apart} | "
        f"{len(took) / sent:.1%} | {dropped / sent:.1%} | "
        + " | ".join(f"{np.percentile(took, one):.0f} ms" for one in (50, 95, 99))
        + f" | {before:.0f} to {after:.0f} MB |"
    )


if __name__ == "__main__":
    main()
