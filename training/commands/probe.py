"""The command `faceveil probe`; it joins the command line by an entry point."""

from training.commands.command import command, tabled
from training.studies.probe.options import ProbeStudy


def _work(study: ProbeStudy) -> None:
    from training.studies.probe import run
    from training.studies.probe.report import readable

    tabled(study, study.output, run.probe, {study.key: readable})


probe = command(ProbeStudy, _work)
