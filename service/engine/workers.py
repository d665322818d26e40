"""The processes that read images."""

from collections.abc import Callable
from functools import partial

from service.engine.cpus import usable_cores
from service.engine.job import REFUSALS, Job, Work
from service.engine.processes import Processes
from service.settings import MOST_WORKERS, Settings


def fork_workers(settings: Settings) -> Processes[Job, Work]:
    """Forks what reads images; it loads the model and the detector meanwhile.

    `wait_until_loaded` raises BundleError if the model or the detector is absent or broken, or the
    model has no such level, and OSError or ValueError if the noise key cannot be read or made.
    """
    size = settings.engine.workers or min(usable_cores(), MOST_WORKERS)
    return Processes(partial(_load, settings), Work, REFUSALS, size)


def _load(settings: Settings) -> Callable[[Job], Work]:
    # The runtime and the decoders are the workers' alone: the server never imports them.
    from service.engine.reader import load_reader

    return load_reader(settings).read
