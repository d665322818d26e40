"""The command `faceveil unseen`; it joins the command line by an entry point."""

from training.commands.command import command, tabled
from training.studies.unseen.options import UnseenStudy


def _work(study: UnseenStudy) -> None:
    from training.studies.unseen import run
    from training.studies.unseen.report import readable

    tabled(study, study.output, run.unseen, {study.key: readable})


unseen = command(UnseenStudy, _work)
