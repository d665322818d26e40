"""The command `faceveil train`; it joins the command line of the service by an entry point."""

from training.commands.command import command
from training.studies.train.options import TrainStudy


def _work(study: TrainStudy) -> None:
    from training.studies.train.run import train_bundles

    train_bundles(study)


train = command(TrainStudy, _work)
