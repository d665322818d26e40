"""Files of embeddings that are sent: read by a process of its own, within bounds."""

from pathlib import PurePath

from faceveil.featurefile import Bounds, Columns, FileError, NotInstalledError
from faceveil.featurefile.apart import read_apart
from faceveil.http.forms import File
from faceveil.installation import how_to_add
from faceveil.problems import NotInstalled, NotReady, UnfitFeatures
from faceveil.settings import Settings


def read_columns(file: File, settings: Settings, chosen: str | None) -> Columns:
    """What is in a file that was sent; read by a process of its own.

    Args:
        file: as it came.
        settings: of the server.
        chosen: which columns of a table are dimensions, where that was said.

    Raises:
        UnfitFeatures: if it cannot be read, or holds too much.
        NotInstalled: if it is Parquet, and reading that is not installed, or if what reads it
            cannot be confined as is required.
        NotReady: if no process can be had to read it.
    """
    bounds = Bounds(settings.limits.import_rows, settings.limits.import_bytes)
    suffix, confinement = PurePath(file.name).suffix, settings.engine.confinement
    try:
        return read_apart(file.data, suffix, bounds, chosen, confinement)
    except NotInstalledError:
        raise NotInstalled(
            "This server cannot read Parquet: send .npz or .csv, or have its operator install the "
            f"extra `parquet`. {how_to_add('parquet')}"
        ) from None
    except FileError as problem:
        raise UnfitFeatures(f"The file does not fit: {problem}") from None
    except OSError:
        raise NotReady(
            "The process that reads files cannot be started. Nothing was done. Try again."
        ) from None
