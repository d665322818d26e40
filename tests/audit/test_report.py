import re
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from faceveil.audit.command import audit
from faceveil.audit.result import AuditResult
from tests.audit.planted import clusters

app = typer.Typer()
app.command()(audit)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, AuditResult]:
    folder = tmp_path_factory.mktemp("audit")
    features = clusters(people=6, samples=12, distance=3, seed=0)
    np.savez(
        folder / "f.npz",
        embedding=features.embedding,
        subject=np.char.add("<b>", features.subject),
        emotion=np.tile(["sad", "happy"], 36),
    )
    files = ["--html", str(folder / "r.html"), "--json", str(folder / "r.json")]
    options = ["--limit", "2x", "--quick", "--folds", "3"]
    done = CliRunner().invoke(app, [str(folder / "f.npz"), *files, *options])
    html = (folder / "r.html").read_text()
    return done.exit_code, html, AuditResult.model_validate_json((folder / "r.json").read_text())


def test_a_broken_limit_exits_1(written: tuple[int, str, AuditResult]) -> None:
    code, _, result = written
    assert code == 1
    assert result.limit is not None
    assert result.limit.high == result.worst.high > result.limit.allowed


def test_the_report_states_verdict_rates_and_chance(
    written: tuple[int, str, AuditResult],
) -> None:
    _, html, result = written
    for expected in (
        "Re-identifiable",
        f"{result.worst.rate:.1%}",
        f"{result.hybrid2face.rate:.1%}",
        f"{result.chance:.1%}",
        result.data.digest,
        str(result.provenance.expires.date()),
        "24745",
        "30136",
        "recital 26",
        "AI Act",
    ):
        assert expected in html


def test_the_report_is_one_file_that_loads_nothing(written: tuple[int, str, AuditResult]) -> None:
    _, html, _ = written
    assert not re.search(r"<(script|link|img|iframe)\b|@import|url\(\s*['\"]?http", html)
    assert html.count("<svg") >= 7


def test_every_id_in_the_report_is_used_once(written: tuple[int, str, AuditResult]) -> None:
    ids = re.findall(r'\bid="([^"]*)"', written[1])
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"', written[1])) <= set(ids)


def test_a_label_cannot_become_markup(written: tuple[int, str, AuditResult]) -> None:
    assert "<b>0" not in written[1]


def test_the_report_never_promises_too_much(written: tuple[int, str, AuditResult]) -> None:
    assert "anonymous" not in written[1].lower()


@pytest.mark.parametrize("arguments", [["none.npz"], ["f.csv"], ["g.csv", "--limit", "twice"]])
def test_bad_input_exits_2_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f.csv").write_text("subject,e0\na,x\n")
    Path("g.csv").write_text("subject,e0\n" + "".join(f"{s},{n}\n" for n in range(4) for s in "ab"))
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert done.output.strip().endswith(".")


def test_a_report_that_cannot_be_written_stops_it_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("faceveil.audit.offline.audit_file", work)
    for option in ("--html", "--json"):
        done = CliRunner().invoke(app, ["f.npz", option, str(tmp_path / "no" / "such")])
        assert done.exit_code == 2, done.exception
        assert "no folder" in done.output


def test_values_that_cannot_be_squared_are_a_mistake_and_no_broken_limit(tmp_path: Path) -> None:
    file = tmp_path / "f.npz"
    np.savez(file, embedding=np.full((8, 2), 1e300), subject=np.tile(["a", "b"], 4))
    done = CliRunner().invoke(app, [str(file), "--limit", "2x"])
    assert done.exit_code == 2
    assert "not finite, or that are larger" in " ".join(done.output.split())
