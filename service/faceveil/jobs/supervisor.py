"""The server's own worker: started when there is work for one, and again when it died."""

import logging
import subprocess
import sys
import threading
import time

RESTART_S, MOST_PAUSE_S = 2.0, 60.0
PATIENCE_S = 10.0

COMMAND = (sys.executable, "-m", "faceveil.cli", "worker", "--attended")

logger = logging.getLogger("faceveil.jobs")


class Supervisor:
    """Starts a worker and keeps it alive. It ends with this process, however that ends."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._watching: threading.Thread | None = None
        self._closing = threading.Event()
        self._lock = threading.Lock()

    def wanted(self) -> None:
        """Starts the worker unless it was started already."""
        with self._lock:
            if self._watching is None and not self._closing.is_set():
                self._watching = threading.Thread(target=self._watch, name="faceveil-worker")
                self._watching.start()

    def close(self) -> None:
        """Has the worker stop; what it was doing goes on at the next start."""
        with self._lock:
            self._closing.set()
            process, watching = self._process, self._watching
        if process is not None and process.stdin is not None:
            process.stdin.close()  # it waits for the end of its input
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
        if watching is not None:
            watching.join()

    def _watch(self) -> None:
        pause = RESTART_S / 2
        while True:
            with self._lock:
                if self._closing.is_set():
                    return
                # Its input is a pipe that only this process holds: when this process dies, even by
                # SIGKILL, the pipe ends, and the worker with it.
                self._process = process = self._started()
            began = time.monotonic()
            status = None
            if process is not None and process.stdin is not None:
                status = process.wait()
                process.stdin.close()
            # One that cannot live is not started over and over.
            pause = RESTART_S if time.monotonic() - began > MOST_PAUSE_S else pause * 2
            if self._closing.wait(min(pause, MOST_PAUSE_S)):
                return
            logger.warning("the worker ended and is started again", extra={"status": status})

    def _started(self) -> subprocess.Popen[bytes] | None:
        try:
            return subprocess.Popen(  # noqa: S603 - our own command
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is the server's: it stops its worker itself
            )
        except OSError as problem:
            logger.warning("the worker cannot be started", extra={"reason": problem.strerror})
            return None
