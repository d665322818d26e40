"""A command of training: options in, a study out; then it works, and ends with a sentence."""

from collections.abc import Callable
from copy import copy
from dataclasses import MISSING, Field
from inspect import Parameter, Signature
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

import typer

from training.commands.ending import ending_in_sentences
from training.studies.study import Study, options_of

AnyStudy = TypeVar("AnyStudy", bound=Study)
Found = TypeVar("Found")


def command(study: type[AnyStudy], work: Callable[[AnyStudy], None]) -> Callable[..., None]:
    """The function behind a command, with the study's fields for options and its words for help.

    Args:
        study: whose fields say what may be given.
        work: does it. What it needs is imported within, so that `--help` needs nothing.
    """

    def called(context: typer.Context, **options: object) -> None:
        given = {
            name: value
            for name, value in options.items()
            if (source := context.get_parameter_source(name)) and source.name != "DEFAULT"
        }
        with ending_in_sentences():
            work(study.from_options(**given))

    parameters = [Parameter("context", Parameter.KEYWORD_ONLY, annotation=typer.Context)]
    for option in options_of(study):
        default = Parameter.empty if option.default is MISSING else option.default
        parameters.append(
            Parameter(
                option.name,
                Parameter.KEYWORD_ONLY,
                default=default,
                annotation=_taught(study, option),
            )
        )
    vars(called)["__signature__"] = Signature(parameters)
    called.__doc__ = study.__doc__
    return called


def _taught(study: type[Study], option: Field[Any]) -> object:
    """The option's type, whose help says too what it is with drawn faces."""
    if option.name not in study.FIRST_TRY:
        return option.type
    value = study.FIRST_TRY[option.name]
    annotated = cast("Any", option.type)
    info = copy(annotated.__metadata__[0])
    info.help = f"{info.help.rstrip('.')}; with drawn faces: {'no' if value is False else value}."
    return Annotated[annotated.__origin__, info]


def tabled(
    study: Study,
    output: Path | None,
    work: Callable[..., Found],
    blocks: dict[str, Callable[[Found], str]],
    beside: dict[Path, Callable[[Found], str]] | None = None,
) -> None:
    """Works, prints the tables as Markdown, and writes them where that is asked for.

    Args:
        study: as it was asked for.
        output: file to put the tables into.
        work: measures.
        blocks: the tables, by what is in the marks around them.
        beside: other files, and what goes into each.

    Raises:
        ValueError: if one of the files cannot be written; before the work.
    """
    from faceveil.outputs import must_be_writable
    from training.lab.markdown import put_into, refuse_unputtable, write_whole
    from training.lab.progress import Stages

    files = beside or {}
    if output:
        for key in blocks:
            refuse_unputtable(output, key)
    must_be_writable(output, *files, make_folders=True)
    with Stages() as stages:
        found = work(study, stages.report)
    texts = {key: readable(found) for key, readable in blocks.items()}
    if output:
        for key, text in texts.items():
            put_into(output, key, text)
    for file, content in files.items():
        write_whole(file, content(found))
    typer.echo("\n".join(texts.values()))
