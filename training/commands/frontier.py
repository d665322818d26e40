"""The command `faceveil frontier`; it joins the command line by an entry point."""

from training.commands.command import command, tabled
from training.studies.frontier.options import FrontierStudy


def _work(study: FrontierStudy) -> None:
    from training.bundle.picture import draw
    from training.lab.markdown import text_in
    from training.studies.frontier import run
    from training.studies.frontier.report import panels, readable, readable_variants

    name = f"{study.key}.svg"

    def variants(found: run.Frontier) -> str:
        return readable_variants(
            found, text_in(study.output, study.variants_key) if study.output else ""
        )

    if study.only is not None:
        tabled(study, study.output, run.frontier, {study.variants_key: variants})
        return
    picture = study.output and study.output.with_name(name)
    tabled(
        study,
        study.output,
        run.frontier,
        {study.key: lambda found: readable(found, name), study.variants_key: variants},
        {picture: lambda found: draw(panels(found, study.data_set))} if picture else None,
    )


frontier = command(FrontierStudy, _work)
