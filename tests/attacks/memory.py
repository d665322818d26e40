"""How much memory a server takes, its workers included."""

from pathlib import Path


def peak_mb(process: int) -> float:
    """The most that a process itself ever had in memory, in MB."""
    return _field(Path(f"/proc/{process}/status"), "VmHWM")


def _field(file: Path, name: str) -> float:
    (line,) = [line for line in file.read_text().splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1]) / 1024
