"""Trains a filter and judges it: folds, adversaries, attackers. A killed run goes on where it was.

Everything that took long is kept in the run's folder: `pretrained.pt`, `fold-K.pt`, `final.pt`.
The same call finds them there and does not do them again.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from service.audit.attackers import HYBRID2FACE, LDA, LOGISTIC, NEAREST, WIDE_MLP, Attacker
from service.audit.closed_set import closed_set
from service.audit.protocol import Split, assign_folds
from service.engine.card import Result
from service.rate import Rate
from training.algorithm import Filter, Recipe, new_filter, train
from training.data.crops import UNKNOWN, CropSet, join
from training.data.record import EMOTIONS

STRANGER_ATTACKERS: tuple[Attacker, ...] = (LDA, NEAREST)
"""Those that learn hundreds of people in minutes."""

Report = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be trained and judged.

    Attributes:
        recipe: of the training with people.
        pretraining: of the training before it, on the sets without names; their images are in no
            fold, so all folds start from one pretrained filter.
        levels: privacy levels, name to sigma.
        folds: of the cross-validation.
        seed: of everything.
        attackers: who tries to name the people of the folds.
    """

    recipe: Recipe
    pretraining: Recipe
    levels: dict[str, float]
    folds: int
    seed: int
    attackers: tuple[Attacker, ...] = (HYBRID2FACE, LOGISTIC, LDA, NEAREST, WIDE_MLP)


@dataclass(frozen=True, slots=True)
class Data:
    """The sets by their names.

    Attributes:
        named: sets that tell whose face it is; folds are made of these.
        wild: sets with emotions and without names; always learned from.
        held_out: sets of emotions that are never learned from.
        strangers: sets of people that are never learned from.
    """

    named: dict[str, CropSet]
    wild: dict[str, CropSet]
    held_out: dict[str, CropSet]
    strangers: dict[str, CropSet]


def undefended(plan: Plan) -> Plan:
    """The same networks and data with emotion as the only aim: what the defence is held against."""

    def bare(recipe: Recipe) -> Recipe:
        return replace(recipe, beta=0.0, contrast=0.0, noise=0.0)

    return replace(
        plan,
        recipe=bare(plan.recipe),
        pretraining=bare(plan.pretraining),
        levels={"undefended": 0.0},
    )


def cross_validate(data: Data, plan: Plan, folder: Path, report: Report) -> list[Result]:
    """Trains a filter a fold and judges each on the images that it did not learn from.

    Raises:
        ValueError: if the folder holds a run of another plan or other data.
    """
    _claim(folder, data, plan)
    folds = _folds(data, plan, folder, _pretrained(data, plan, folder, report), report)
    return [result for name in data.named for result in judge_set(name, folds[name], plan, report)]


def train_on_all(
    data: Data, plan: Plan, folder: Path, report: Report
) -> tuple[Filter, list[Result]]:
    """Trains the filter that is released, on all sets, and judges it on what was held out.

    Raises:
        ValueError: as `cross_validate` does.
    """
    _claim(folder, data, plan)
    start = _pretrained(data, plan, folder, report)
    everything = join([*data.wild.values(), *data.named.values()])
    final = _kept(
        folder / "final.pt",
        everything.crops.shape[1],
        plan.recipe,
        lambda: train(
            everything,
            plan.recipe,
            classes=len(EMOTIONS),
            seed=plan.seed,
            start=start,
            progress=_told(report, "final training", plan.recipe.steps),
        ),
    )
    results = []
    for name, held_out in data.held_out.items():
        results += judge_emotion(name, final, held_out, plan)
    for name, strangers in data.strangers.items():
        results += judge_strangers(name, final, strangers, plan, report)
    return final, results


@dataclass(frozen=True, slots=True)
class FoldEmbeddings:
    """One set as one fold's model sees it; the model did not learn from the tested rows.

    Attributes:
        model: the fold's filter.
        embedding: float32, (N, D), without noise, of all rows.
        emotion: int64, (N,), UNKNOWN where nobody told.
        subject: int64, (N,).
        group: int64, (N,), what attackers keep together when they tune themselves.
        tested: bool, (N,).
    """

    model: Filter
    embedding: NDArray[np.float32]
    emotion: NDArray[np.int64]
    subject: NDArray[np.int64]
    group: NDArray[np.int64]
    tested: NDArray[np.bool_]

    def released(self, sigma: float, seed: int) -> NDArray[np.float32]:
        """What would be released at a level: float32, (N, D)."""
        noise = np.random.default_rng(seed).standard_normal(self.embedding.shape)
        return self.embedding + noise.astype(np.float32) * np.float32(sigma)


def judge_set(
    name: str, folds: Sequence[FoldEmbeddings], plan: Plan, report: Report
) -> list[Result]:
    """Emotion and re-identification of one cross-validated set, at each level.

    At each level the attackers hold released embeddings of the people; at each but 0, once more
    they own the model and hold embeddings without noise.
    """
    protocol = f"{len(folds)}-fold cross-validation, people known to the filter"
    people = len(np.unique(folds[0].subject))
    shown = np.unique(folds[0].emotion[folds[0].emotion != UNKNOWN])
    results = []
    for done, (level, sigma) in enumerate(plan.levels.items()):
        report(f"attacking {name}", done, len(plan.levels))
        released = [fold.released(sigma, plan.seed + k) for k, fold in enumerate(folds)]
        if shown.size:
            hits = [
                _hits(fold.model, embedding[fold.tested], fold.emotion[fold.tested])
                for fold, embedding in zip(folds, released, strict=True)
            ]
            results.append(
                _emotion_result(name, protocol, level, np.concatenate(hits), len(shown), plan.seed)
            )
        galleries = {"": released}
        if sigma > 0:
            galleries[", noise-free gallery"] = [fold.embedding for fold in folds]
        for condition, gallery in galleries.items():
            splits = [
                _split(fold, own, asked)
                for fold, own, asked in zip(folds, gallery, released, strict=True)
            ]
            for attacker, outcome in closed_set(splits, plan.attackers, plan.seed).items():
                results.append(
                    Result(
                        data=name,
                        protocol=protocol,
                        level=level,
                        task="identity",
                        system=attacker + condition,
                        rate=outcome.rate,
                        chance=1 / people,
                        seed=plan.seed,
                    )
                )
    return results


def judge_emotion(name: str, model: Filter, held_out: CropSet, plan: Plan) -> list[Result]:
    """Emotion on images that were never learned from, at each level: plain accuracy."""
    embedding = model.embed(held_out.crops)
    results = []
    for level, sigma in plan.levels.items():
        noise = np.random.default_rng(plan.seed).standard_normal(embedding.shape)
        released = embedding + noise.astype(np.float32) * np.float32(sigma)
        hits = _hits(model, released, held_out.emotion)
        results.append(
            _emotion_result(
                name, "images held out of training", level, hits, len(EMOTIONS), plan.seed
            )
        )
    return results


def judge_strangers(
    name: str, model: Filter, strangers: CropSet, plan: Plan, report: Report
) -> list[Result]:
    """Re-identification of people that the filter never learned from, at each level."""
    embedding = model.embed(strangers.crops)
    fold = assign_folds(strangers.subject, strangers.group, plan.folds, plan.seed)
    people = len(np.unique(strangers.subject))
    results = []
    for done, (level, sigma) in enumerate(plan.levels.items()):
        report(f"attacking {name}", done, len(plan.levels))
        folds = [
            FoldEmbeddings(
                model,
                embedding,
                strangers.emotion,
                strangers.subject,
                strangers.group,
                fold == k,
            )
            for k in range(plan.folds)
        ]
        # One draw for all folds: here one model releases each image once.
        released = folds[0].released(sigma, plan.seed)
        splits = [_split(one, released, released) for one in folds]
        for attacker, outcome in closed_set(splits, STRANGER_ATTACKERS, plan.seed).items():
            results.append(
                Result(
                    data=name,
                    protocol=f"{plan.folds}-fold gallery and probe, people unknown to the filter",
                    level=level,
                    task="identity",
                    system=attacker,
                    rate=outcome.rate,
                    chance=1 / people,
                    seed=plan.seed,
                )
            )
    return results


def _hits(
    model: Filter, released: NDArray[np.float32], emotion: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether the emotion read is the one told, for those images of which one is told."""
    told = emotion != UNKNOWN
    hits: NDArray[np.bool_] = model.classify(released[told]) == emotion[told]
    return hits


def _emotion_result(
    name: str, protocol: str, level: str, hits: NDArray[np.bool_], emotions: int, seed: int
) -> Result:
    return Result(
        data=name,
        protocol=protocol,
        level=level,
        task="emotion",
        system="filter",
        rate=Rate.of(int(hits.sum()), len(hits)),
        chance=1 / emotions,
        seed=seed,
    )


def _split(fold: FoldEmbeddings, gallery: NDArray[np.float32], probe: NDArray[np.float32]) -> Split:
    known = ~fold.tested
    asked = fold.tested & np.isin(fold.subject, fold.subject[known])
    return Split(
        gallery[known].astype(np.float64),
        fold.subject[known],
        probe[asked].astype(np.float64),
        fold.subject[asked],
        gallery_groups=fold.group[known],
    )


def _pretrained(data: Data, plan: Plan, folder: Path, report: Report) -> Filter | None:
    if not data.wild:
        return None
    wild = join(data.wild.values())
    return _kept(
        folder / "pretrained.pt",
        wild.crops.shape[1],
        plan.pretraining,
        lambda: train(
            wild,
            plan.pretraining,
            classes=len(EMOTIONS),
            seed=plan.seed,
            progress=_told(report, "training on faces without names", plan.pretraining.steps),
        ),
    )


def _folds(
    data: Data, plan: Plan, folder: Path, start: Filter | None, report: Report
) -> dict[str, list[FoldEmbeddings]]:
    """Trains a filter a fold, on all sets at once; each set is dealt to the folds by itself."""
    fold_of = {
        name: assign_folds(part.subject, part.group, plan.folds, plan.seed)
        for name, part in data.named.items()
    }
    seen: dict[str, list[FoldEmbeddings]] = {name: [] for name in data.named}
    for number in range(plan.folds):
        learned = join(
            [
                *data.wild.values(),
                *(part.take(fold_of[name] != number) for name, part in data.named.items()),
            ]
        )
        model = _kept(
            folder / f"fold-{number}.pt",
            learned.crops.shape[1],
            plan.recipe,
            lambda learned=learned, number=number: train(  # type: ignore[misc]
                learned,
                plan.recipe,
                classes=len(EMOTIONS),
                seed=plan.seed + number,
                start=start,
                progress=_told(
                    report,
                    "cross-validation",
                    plan.recipe.steps * plan.folds,
                    before=plan.recipe.steps * number,
                ),
            ),
        )
        for name, part in data.named.items():
            seen[name].append(
                FoldEmbeddings(
                    model,
                    model.embed(part.crops),
                    part.emotion,
                    part.subject,
                    part.group,
                    fold_of[name] == number,
                )
            )
    return seen


def _told(
    report: Report, stage: str, total: int, before: int = 0
) -> Callable[[int, dict[str, float]], None]:
    return lambda step, _: report(stage, before + step, total)


def _kept(file: Path, side: int, recipe: Recipe, make: Callable[[], Filter]) -> Filter:
    """What the file holds, or else what `make` makes, which is then kept in it."""
    if file.exists():
        kept = new_filter(side, len(EMOTIONS), recipe)
        state = torch.load(file, weights_only=True)
        kept.base.load_state_dict(state["base"])
        kept.emotion_head.load_state_dict(state["emotion_head"])
        return kept
    made = make()
    draft = file.with_suffix(".draft")
    state = {"base": made.base.state_dict(), "emotion_head": made.emotion_head.state_dict()}
    torch.save(state, draft)
    draft.rename(file)
    return made


def _claim(folder: Path, data: Data, plan: Plan) -> None:
    """Writes down what the folder is for; refuses one that is for something else."""
    folder.mkdir(parents=True, exist_ok=True)
    sets = {**data.named, **data.wild}
    digests = {name: _digest(part) for name, part in sets.items()}
    # Levels and attackers come after training: changing them leaves what was trained valid.
    trained = asdict(replace(plan, levels={}, attackers=()))
    purpose = json.dumps([trained, digests], indent=1, sort_keys=True)
    file = folder / "plan.json"
    if not file.exists():
        file.write_text(purpose)
    elif file.read_text() != purpose:
        raise ValueError(
            f"{folder} holds a run with another recipe, seed or data. "
            "Name another folder with --run, or delete this one."
        )


def _digest(part: CropSet) -> str:
    columns = (part.crops, part.emotion, part.subject, part.group)
    return hashlib.sha256(b"".join(column.tobytes() for column in columns)).hexdigest()
