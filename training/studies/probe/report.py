"""The table of a probe, as Markdown."""

from training.bundle.card import probe_tables
from training.lab.markdown import environment
from training.studies.probe.run import Probed


def readable(found: Probed) -> str:
    """The table as Markdown."""
    template = environment().get_template("probe.md")
    return template.render(study=found.study, probes=probe_tables(found.probes))
