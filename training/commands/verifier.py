"""The command `faceveil verifier`; it joins the command line by an entry point."""

from training.commands.command import command, tabled
from training.studies.verifier.options import VerifierStudy


def _work(study: VerifierStudy) -> None:
    from faceveil.model.bundle import VERIFIER_FILE, find_bundle
    from training.studies.verifier import run
    from training.studies.verifier.report import as_file, readable

    file = find_bundle(study.models, study.name, study.version) / VERIFIER_FILE
    tabled(study, study.output, run.verify, {study.key: readable}, {file: as_file})


verifier = command(VerifierStudy, _work)
