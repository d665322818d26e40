"""The command `faceveil frontier`; it joins the command line by an entry point."""

from training.commands.command import command, tabled
from training.studies.frontier.options import FrontierStudy


def _work(study: FrontierStudy) -> None:
    from training.bundle.picture import draw
    from training.studies.frontier import run
    from training.studies.frontier.report import panels, readable

    name = f"{study.key}.svg"
    picture = study.output and study.output.with_name(name)
    tabled(
        study,
        study.output,
        run.frontier,
        lambda found: readable(found, name),
        {picture: lambda found: draw(panels(found, study.data_set))} if picture else None,
    )


frontier = command(FrontierStudy, _work)
