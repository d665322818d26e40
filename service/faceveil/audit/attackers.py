"""The attackers: whoever holds labelled embeddings and asks whose a new one is.

Every attacker standardises the embeddings it has, tunes itself on an inner split of them that
keeps groups together, and answers with log-probabilities over all subjects. scikit-learn learns.

Learners weigh subjects equally. A probe's own person is rarer in the gallery by that probe, and a
learner that believes such a prior scores below chance on small sets: 0 of 60 where chance is 4.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from scipy.special import log_softmax
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

from faceveil.audit.arrays import Floats, Ints
from faceveil.audit.discriminants import Discriminants, Scatter
from faceveil.audit.protocol import assign_folds

WIDEST = 256
"""Longer embeddings are rotated onto this many principal components first: cost, not accuracy."""

SMALL = 2000
"""Below so many rows an attacker tunes itself on three inner splits, from there on, on one."""

UNSEEN = -30.0
"""Log-score of a subject of whom this gallery has nothing."""


@dataclass(frozen=True)
class Gallery:
    """What an attacker knows.

    Attributes:
        embedding: (G, D) float.
        subject: (G,) codes in [0, subjects).
        subjects: number of people among whom to choose (K).
        group: (G,) codes; rows of one group stay together in an inner split.
        emotion: (G,) codes, or None where the attacker does not know emotions.
        codewords: (W, D) of the model, or None where it has none.
    """

    embedding: Floats
    subject: Ints
    subjects: int
    group: Ints
    emotion: Ints | None = None
    codewords: Floats | None = None

    def __getitem__(self, rows: Ints) -> Gallery:
        """The gallery of these rows only."""
        return replace(
            self,
            embedding=self.embedding[rows],
            subject=self.subject[rows],
            group=self.group[rows],
            emotion=None if self.emotion is None else self.emotion[rows],
        )


class Fitted(Protocol):
    """An attacker that has learned a gallery."""

    @property
    def converged(self) -> bool:
        """Whether its training came to an end by itself."""
        ...

    def log_scores(self, probe: Floats, emotion: Ints | None = None) -> Floats:
        """(P, K) log-probabilities for (P, D) probes; `emotion` is (P,) codes where known."""
        ...


class Attacker(Protocol):
    """Someone who tries to tell whose an embedding is."""

    @property
    def name(self) -> str:
        """Short and unique, as results carry it."""
        ...

    def fit(self, gallery: Gallery, seed: int) -> Fitted:
        """Learns the gallery; the same seed gives the same result."""
        ...


def inner_splits(gallery: Gallery, seed: int) -> Iterator[tuple[Ints, Ints]]:
    """Rows to learn from and rows to validate on, by group, within the gallery alone.

    Yields nothing where no subject has a second group: such an attacker cannot tune itself.
    """
    folds = min(4, len(np.unique(gallery.group)))
    if folds < 2:
        return
    fold = assign_folds(gallery.subject, gallery.group, folds, seed)
    for number in range(min(folds, 3 if len(fold) < SMALL else 1)):
        train = np.flatnonzero(fold != number)
        held = np.flatnonzero((fold == number) & np.isin(gallery.subject, gallery.subject[train]))
        if len(held):
            yield train, held


def log_loss(log_scores: Floats, subject: Ints) -> float:
    """Mean cross-entropy in nats of (P, K) log-probabilities for (P,) true codes."""
    return -float(log_scores[np.arange(len(subject)), subject].mean())


def standardiser(embedding: Floats) -> Pipeline:
    """Zero mean and unit variance a dimension; more than `WIDEST` dimensions are rotated first."""
    rows, dimensions = embedding.shape
    steps: list[Any] = [StandardScaler()]
    if dimensions > WIDEST and embedding.std(axis=0).any():
        steps.append(PCA(min(WIDEST, rows - 1), svd_solver="covariance_eigh", random_state=0))
        if rows < dimensions:
            steps[-1] = PCA(min(WIDEST, rows - 1), svd_solver="full")
    return make_pipeline(*steps).fit(embedding)


@dataclass(frozen=True)
class _Model:
    """Scikit-learn estimators whose probabilities are averaged, behind their standardiser."""

    scaler: Pipeline
    estimators: Sequence[Any]
    subjects: int
    converged: bool = True

    def log_scores(self, probe: Floats, emotion: Ints | None = None) -> Floats:
        del emotion
        scaled = self.scaler.transform(probe)
        known = self.estimators[0].classes_
        each = [np.maximum(m.predict_proba(scaled), 1e-13) for m in self.estimators]
        scores = np.full((len(probe), self.subjects), UNSEEN)
        scores[:, known] = np.log(np.mean(each, axis=0))
        return np.asarray(log_softmax(scores, axis=1), dtype=np.float64)


@dataclass(frozen=True)
class Prior:
    """Looks at nothing but how often each subject occurs: what a collapsed head scores."""

    name: str = "prior"

    def fit(self, gallery: Gallery, seed: int) -> Fitted:
        """Counts; who is rarer than the most frequent by no more than luck counts as frequent."""
        del seed
        count = np.bincount(gallery.subject, minlength=gallery.subjects).astype(np.float64)
        most = count.max()
        count[count >= most - 2 * np.sqrt(most)] = most
        return _PriorScores(np.log(np.maximum(count, 1e-9) / count.sum()))


@dataclass(frozen=True)
class _PriorScores:
    scores: Floats
    converged: bool = True

    def log_scores(self, probe: Floats, emotion: Ints | None = None) -> Floats:
        del emotion
        return np.tile(self.scores, (len(probe), 1))


def _only(gallery: Gallery) -> Fitted | None:
    """Who knows one person alone names that one, as no classifier can learn; else None."""
    known = np.unique(gallery.subject)
    if len(known) > 1:
        return None
    scores = np.full(gallery.subjects, UNSEEN)
    scores[known] = 0.0
    return _PriorScores(log_softmax(scores))


@dataclass(frozen=True)
class Tuned:
    """A classifier of scikit-learn with one setting, chosen by cross-entropy on inner splits.

    Attributes:
        name: of the attacker.
        learner: does once, for standardised embeddings, whose they are and a seed, what all
            settings have in common; what it returns fits a classifier with one of them.
        settings: to choose from; the first is taken where no inner split exists.
        needs_spread: whether it learns nothing from a gallery with one embedding a subject. It then
            answers everybody alike, and says that it has not converged.
    """

    name: str
    learner: Callable[[Floats, Ints, int], Callable[[float], Any]]
    settings: tuple[float, ...]
    needs_spread: bool = False

    def fit(self, gallery: Gallery, seed: int) -> Fitted:
        """Chooses the setting, then learns the whole gallery with it."""
        learn = self._learning(gallery, seed)
        if len(self.settings) == 1:
            return learn(self.settings[0])
        losses = np.zeros(len(self.settings))
        for train, held in inner_splits(gallery, seed):
            probe, subject = gallery.embedding[held], gallery.subject[held]
            inner = self._learning(gallery[train], seed)
            losses += [log_loss(inner(s).log_scores(probe), subject) for s in self.settings]
        return learn(self.settings[int(np.argmin(losses))])

    def _learning(self, gallery: Gallery, seed: int) -> Callable[[float], Fitted]:
        """Learns the gallery with one setting after another."""
        if self.needs_spread and len(gallery.subject) <= len(np.unique(gallery.subject)):
            nobody = np.full(gallery.subjects, -np.log(gallery.subjects))
            return lambda setting: _PriorScores(nobody, False)
        if (alone := _only(gallery)) is not None:
            return lambda setting: alone
        scaler = standardiser(gallery.embedding)
        fit = self.learner(scaler.transform(gallery.embedding), gallery.subject, seed)

        def learn(setting: float) -> Fitted:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                estimator = fit(setting)
            failed = any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
            return _Model(scaler, [estimator], gallery.subjects, converged=not failed)

        return learn


@dataclass(frozen=True)
class Perceptron:
    """Fully connected layers and a softmax, trained until an inner validation split gets worse.

    How many epochs that takes is found on the inner split; the network is then trained anew on the
    whole gallery for as long. Restarts from other initial weights are averaged.

    Attributes:
        name: of the attacker.
        hidden: width of each hidden layer; the softmax layer comes on top.
        restarts: how many networks.
        epochs: at most.
        patience: epochs without improvement after which training ends.
    """

    name: str
    hidden: tuple[int, ...]
    restarts: int = 1
    epochs: int = 200
    patience: int = 15

    def fit(self, gallery: Gallery, seed: int) -> Fitted:
        """Finds the number of epochs, then learns the whole gallery with every restart."""
        if (alone := _only(gallery)) is not None:
            return alone
        epochs = self._epochs_needed(gallery, seed)
        scaler = standardiser(gallery.embedding)
        scaled = scaler.transform(gallery.embedding).astype(np.float32)
        weight = compute_sample_weight("balanced", gallery.subject)
        networks = [self._network(gallery, seed + restart) for restart in range(self.restarts)]
        for network in networks:
            for _ in range(epochs):
                _epoch(network, scaled, gallery.subject, weight)
        return _Model(scaler, networks, gallery.subjects, converged=epochs < self.epochs)

    def _network(self, gallery: Gallery, seed: int) -> MLPClassifier:
        batch = int(np.clip(len(gallery.subject) // 20, 32, 256))
        return MLPClassifier(
            self.hidden,
            alpha=1e-3,
            batch_size=min(batch, len(gallery.subject)),
            learning_rate_init=3e-3,
            random_state=seed,
        )

    def _epochs_needed(self, gallery: Gallery, seed: int) -> int:
        split = next(inner_splits(gallery, seed), None)
        if split is None or len(np.unique(gallery.subject[split[0]])) < 2:
            return self.epochs // 3
        train, held = gallery[split[0]], gallery[split[1]]
        scaler = standardiser(train.embedding)
        scaled = scaler.transform(train.embedding).astype(np.float32)
        weight = compute_sample_weight("balanced", train.subject)
        network = self._network(train, seed)
        model = _Model(scaler, [network], gallery.subjects)
        best, best_epoch = np.inf, 1
        for epoch in range(1, self.epochs + 1):
            _epoch(network, scaled, train.subject, weight)
            loss = log_loss(model.log_scores(held.embedding), held.subject)
            if loss < best - 1e-3:
                best, best_epoch = loss, epoch
            elif epoch - best_epoch >= self.patience:
                break
        return best_epoch


def _epoch(network: MLPClassifier, scaled: Floats, subject: Ints, weight: Floats) -> None:
    network.partial_fit(scaled, subject, classes=np.unique(subject), sample_weight=weight)


@dataclass(frozen=True)
class Nearest:
    """The subject of the most similar gallery embedding, by cosine of standardised embeddings.

    Two subjects that are equally near have equal scores. The softmax temperature, which leaves the
    order alone, is tuned on inner splits.
    """

    name: str = "nearest"
    temperatures: tuple[float, ...] = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)

    def fit(self, gallery: Gallery, seed: int) -> Fitted:
        """Keeps the gallery, and finds how far to trust a similarity."""
        inner = [
            (_Neighbours.of(gallery[train], 1.0).similarity(gallery.embedding[held]), held)
            for train, held in inner_splits(gallery, seed)
        ]
        loss = [
            sum(log_loss(log_softmax(s / t, axis=1), gallery.subject[rows]) for s, rows in inner)
            for t in self.temperatures
        ]
        return _Neighbours.of(gallery, self.temperatures[int(np.argmin(loss))])


def unit_rows(rows: Floats) -> Floats:
    """Each row at length 1; a row of zeros stays one."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1)


@dataclass(frozen=True)
class _Neighbours:
    scaler: Pipeline
    gallery: Floats
    starts: Ints
    known: Ints
    subjects: int
    temperature: float
    converged: bool = True

    @classmethod
    def of(cls, gallery: Gallery, temperature: float) -> _Neighbours:
        scaler = standardiser(gallery.embedding)
        order = np.argsort(gallery.subject, kind="stable")
        known, starts = np.unique(gallery.subject[order], return_index=True)
        rows = unit_rows(scaler.transform(gallery.embedding[order]))
        return cls(scaler, rows, starts, known, gallery.subjects, temperature)

    def similarity(self, probe: Floats) -> Floats:
        """(P, K) cosine, in [-1, 1], to each subject's nearest embedding; -1.5 for the unseen."""
        cosine = unit_rows(self.scaler.transform(probe)) @ self.gallery.T
        nearest = np.full((len(probe), self.subjects), -1.5)
        # Rounded, since the same two vectors may differ in the last bits of two products.
        nearest[:, self.known] = np.maximum.reduceat(cosine, self.starts, axis=1).round(9)
        return nearest

    def log_scores(self, probe: Floats, emotion: Ints | None = None) -> Floats:
        del emotion
        scores: Floats = log_softmax(self.similarity(probe) / self.temperature, axis=1)
        return scores


@dataclass(frozen=True)
class KnowingEmotion:
    """Another attacker that also knows each embedding's emotion, and takes it out first.

    What an emotion does to every face (its mean and spread in the gallery) is removed, so that what
    is left to compare is the person.
    """

    attacker: Attacker

    @property
    def name(self) -> str:
        """That of the other attacker, and what this one knows besides."""
        return f"{self.attacker.name}+emotion"

    def fit(self, gallery: Gallery, seed: int) -> Fitted:
        """Learns the gallery with emotions taken out.

        Raises:
            ValueError: where the gallery has no emotions.
        """
        if gallery.emotion is None:
            raise ValueError(f"{self.name} needs the gallery's emotions")
        mean = {-1: gallery.embedding.mean(axis=0)}
        spread = {-1: gallery.embedding.std(axis=0)}
        for emotion in np.unique(gallery.emotion):
            rows = gallery.embedding[gallery.emotion == emotion]
            if len(rows) > 2:
                mean[int(emotion)], spread[int(emotion)] = rows.mean(axis=0), rows.std(axis=0)

        def neutral(embedding: Floats, emotion: Ints) -> Floats:
            keys = [int(e) if int(e) in mean else -1 for e in emotion]
            width = np.stack([spread[key] for key in keys])
            moved: Floats = embedding - np.stack([mean[key] for key in keys])
            return moved / np.where(width > 0, width, 1)

        removed = replace(gallery, embedding=neutral(gallery.embedding, gallery.emotion))
        return _Neutral(neutral, self.attacker.fit(removed, seed))


@dataclass(frozen=True)
class _Neutral:
    neutral: Callable[[Floats, Ints], Floats]
    fitted: Fitted

    @property
    def converged(self) -> bool:
        return self.fitted.converged

    def log_scores(self, probe: Floats, emotion: Ints | None = None) -> Floats:
        if emotion is None:
            raise ValueError("this attacker needs the probes' emotions")
        return self.fitted.log_scores(self.neutral(probe, emotion))


def _logistic(scaled: Floats, subject: Ints, seed: int) -> Callable[[float], LogisticRegression]:
    return lambda strength: LogisticRegression(
        C=strength, class_weight="balanced", max_iter=500, random_state=seed
    ).fit(scaled, subject)


def _lda(scaled: Floats, subject: Ints, seed: int) -> Callable[[float], Discriminants]:
    del seed
    return Scatter.of(scaled, subject).shrunk


def _boosting(
    scaled: Floats, subject: Ints, seed: int
) -> Callable[[float], HistGradientBoostingClassifier]:
    rarest = int(np.unique(subject, return_counts=True)[1].min())
    return lambda iterations: HistGradientBoostingClassifier(
        max_iter=int(iterations),
        learning_rate=0.1,
        max_leaf_nodes=8,
        max_bins=32,
        l2_regularization=1.0,
        min_samples_leaf=int(np.clip(rarest // 3, 2, 20)),
        early_stopping=False,
        class_weight="balanced",
        random_state=seed,
    ).fit(scaled, subject)


PRIOR: Attacker = Prior()
HYBRID2FACE: Attacker = Perceptron("hybrid2face", (128, 64))
"""The paper's head: three fully connected layers, the last one the softmax (section 3)."""
LOGISTIC: Attacker = Tuned("logistic", _logistic, (0.1, 0.01, 1.0, 10.0))
LDA: Attacker = Tuned("lda", _lda, (0.1, 0.01, 0.3, 0.7), needs_spread=True)
NEAREST: Attacker = Nearest()
BOOSTING: Attacker = Tuned("boosting", _boosting, (60.0,))
WIDE_MLP: Attacker = Perceptron("wide_mlp", (512,), restarts=3)

LADDER: tuple[Attacker, ...] = (PRIOR, HYBRID2FACE, LOGISTIC, LDA, NEAREST, BOOSTING, WIDE_MLP)
"""Every attacker of a single embedding."""

QUICK: tuple[Attacker, ...] = (PRIOR, HYBRID2FACE, LDA, NEAREST)
"""Those that take seconds: for a first look, and for controls."""

CONDITIONED: tuple[Attacker, ...] = (LOGISTIC, LDA, NEAREST)
"""Those that are tried again with the emotion known, or with a noise-free gallery."""
