"""What an audit says: one frozen, versioned model for the API, for JSON and for the report."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from faceveil.rate import Rate

ERASED_HERE = "<!-- erased since -->"
"""Stands in a report where a note belongs once somebody in it was erased."""

Verdict = Literal[
    "above its bound", "re-identifiable", "not distinguished from chance", "inconclusive"
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class AttackerRate(_Frozen):
    """One attacker's rank-1 rate with its interval, all in [0, 1]."""

    attacker: str
    rate: float
    low: float
    high: float


class AttackerResult(AttackerRate):
    """All about one attacker.

    Attributes:
        condition: what it knows beyond the gallery: nothing, the emotion, a gallery free of
            noise, or the codebook.
        embeddings: of how many embeddings of one person it sees the mean (L).
        correct: probes it named rightly; a tie among n counts 1 / n, the sum rounded down.
        total: probes it was asked about.
        bound: what is proved of these probes: nobody who is given the same names more of them, by
            expectation; None without a guarantee, and for several embeddings of one person.
        p_value: of the permutation test against chance, corrected for all attackers.
        identities_predicted: how many people it ever names; 1 is a collapsed head.
        bits_leaked: at least so many bits of identity an embedding gives it.
        converged: whether its training came to an end by itself on every fold.
        cmc: P(true person among the first r), r = 1, 2, ...
    """

    condition: Literal["", "emotion", "clean", "codeword"] = ""
    embeddings: int = 1
    correct: int
    total: int
    bound: float | None = None
    p_value: float
    identities_predicted: int
    bits_leaked: float
    converged: bool
    cmc: list[float]


class Bound(_Frozen):
    """What is proved of these embeddings against everybody; see `faceveil.guarantee`.

    Attributes:
        mu: of Gaussian differential privacy, between faces of one standard expression.
        codewords: how many standard expressions there are.
        named: highest expected rate of naming the person of one of these embeddings, for whoever
            is given what the worst attacker is.
        equal_error: lowest equal error rate between faces of one standard expression.
        exceeded_by: attackers clearly above their bounds: then the guarantee does not hold.
    """

    mu: float
    codewords: int
    named: float
    equal_error: float
    exceeded_by: list[str]


class SubjectRisk(AttackerRate):
    """How well the attacker that is worst for this one person does on that person's samples."""

    subject: str
    total: int


class Histogram(_Frozen):
    """Densities of scores: `edges` has one entry more than `mated` and `non_mated`."""

    edges: list[float]
    mated: list[float]
    non_mated: list[float]


class OpenSet(_Frozen):
    """Are these two the same person, for people the attacker never saw?

    Attributes:
        attacker: how pairs are scored; of those tried, the one with the lowest EER.
        tried: EER of each way to score pairs.
        eer: equal error rate, in [0, 1]; 0.5 is chance.
        eer_low: lower end of its 95 % subject-bootstrap interval.
        eer_high: upper end.
        tar_at_far_1: true accept rate at a false accept rate of 1 %.
        tar_at_far_01: the same at 0.1 %; None where there are too few pairs to tell.
        d_sys: unlinkability of Gomez-Barrero et al. (2018): 0 unlinkable, 1 fully linkable.
        d_sys_null: mean of D_sys over shuffled subjects: its bias on a set of this size.
        d_sys_null_high: 97.5 % quantile of the same.
        det: false accept and false reject rates along the threshold.
        scores: histogram of mated and non-mated scores.
        linkability: N -> probability that a person's other embedding is the closest among N.
        singling_out: probability that a predicate made from one embedding isolates one person.
        singling_out_trivial: what a predicate that ignores the data achieves, about 1 / e.
        mated: pairs of one person.
        non_mated: pairs of two.
    """

    attacker: str
    tried: dict[str, float]
    eer: float
    eer_low: float
    eer_high: float
    tar_at_far_1: float | None
    tar_at_far_01: float | None
    d_sys: float
    d_sys_null: float
    d_sys_null_high: float
    det: list[tuple[float, float]]
    scores: Histogram
    linkability: dict[int, float]
    singling_out: float
    singling_out_trivial: float
    mated: int
    non_mated: int


class Planted(_Frozen):
    """A known identity signal, added to the shuffled embeddings, which the attackers must find."""

    rate: Rate
    passed: bool


class Shuffled(_Frozen):
    """The same embeddings under shuffled names, which the attackers must not find."""

    rate: Rate
    p_value: float
    passed: bool


class Reference(_Frozen):
    """An undefended embedding of the same people, for comparison."""

    rate: Rate
    utility: Rate | None


class Controls(_Frozen):
    """Whether the audit itself works on data of this size and shape."""

    planted: Planted
    shuffled: Shuffled
    reference: Reference | None

    @property
    def passed(self) -> bool:
        """Both must come out as they should."""
        return self.planted.passed and self.shuffled.passed


class Data(_Frozen):
    """What was audited, what was merged, and what was left out."""

    samples: int
    subjects: int
    dimensions: int
    emotions: list[str]
    sessions: int | None
    samples_supplied: int
    subjects_supplied: int
    digest: str
    model: str | None
    gallery: Literal["none", "same rows", "other rows"]
    copies: list[list[int]] = Field(description="rows of one person that are one picture")
    shared: list[list[int]] = Field(description="rows of different people that are one picture")
    set_aside: dict[str, str] = Field(description="subject -> why it could not be audited")
    sampled: str | None
    notes: list[str]


class LimitResult(_Frozen):
    """A limit the caller set, judged on the interval's upper end."""

    limit: str
    allowed: float
    high: float
    passed: bool


class Provenance(_Frozen):
    """What it takes to repeat the audit, and until when it stands."""

    seed: int
    folds: int
    quick: bool
    permutations: int
    versions: dict[str, str]
    created: datetime
    expires: datetime


class AuditResult(_Frozen):
    """The result of an audit.

    Attributes:
        version: of this model.
        verdict: one of four; never that anything is anonymous.
        reasons: sentences that led to it.
        p_value: of the best attacker against chance, corrected for taking the best.
        chance: 1 / K.
        hybrid2face: the paper's head.
        worst: the best attacker of one embedding; its interval covers both the binomial error and
            that of a bootstrap over subjects that takes the maximum anew.
        worst_of_sets: the best attacker of several embeddings of one person, where there is one.
        bound: what is proved; None for models without a guarantee.
        detectable_from: smallest true rate that so many samples tell from chance four times in
            five.
        attackers: all of them.
        subjects: each person's own worst case.
        confusion: (K, K) true against named person, for the worst attacker; [] for many people.
        identities: (K,) the people, in the order of `confusion`.
        utility: balanced accuracy of a classifier that reads the emotion of people held out.
        open_set: None where there are too few people.
        controls: whether the audit itself works.
        data: what was audited.
        limit: None where no limit was set.
        provenance: seed, versions, dates.
    """

    version: Literal[1] = 1
    verdict: Verdict
    reasons: list[str]
    p_value: float
    chance: float
    hybrid2face: AttackerRate
    worst: AttackerRate
    worst_of_sets: AttackerRate | None
    bound: Bound | None = None
    detectable_from: float
    attackers: list[AttackerResult]
    subjects: list[SubjectRisk]
    confusion: list[list[float]]
    identities: list[str]
    utility: Rate | None
    open_set: OpenSet | None
    controls: Controls
    data: Data
    limit: LimitResult | None
    provenance: Provenance
