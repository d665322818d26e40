"""The command `faceveil reproduce`; it joins the command line by an entry point."""

from training.commands.command import command, tabled
from training.studies.reproduction.options import ReproduceStudy


def _work(study: ReproduceStudy) -> None:
    from training.studies.reproduction import run
    from training.studies.reproduction.report import readable

    tabled(
        study,
        study.output,
        run.reproduce,
        {study.key: readable},
        {study.json: lambda found: found.model_dump_json(indent=2) + "\n"} if study.json else None,
    )


reproduce = command(ReproduceStudy, _work)
