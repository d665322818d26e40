"""What the server answers, as frozen models.

They name what apps use. Whatever else an answer holds, of a newer server too, is there as well: in
`model_extra`, and in what `model_dump` writes.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """What the server answers."""

    model_config = ConfigDict(frozen=True, extra="allow")


class FieldError(Answer):
    """A parameter or member that does not fit."""

    field: str
    message: str


class ProblemDetails(Answer):
    """Why a request is refused (RFC 9457); show people `detail`, and let code rely on `type`."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[FieldError] | None = None
    reason: str | None = None


class Token(Answer):
    """A token, which the server shows this once."""

    token: str
    scopes: list[str]
    expires_at: datetime


class RunningStream(Answer):
    """A stream that runs."""

    since: datetime
    key: str
    level: str
    frames: int
    dropped: int
    seconds: float
    tracks: int
    released: int


class RunningStreams(Answer):
    """The streams that run on the server that answered."""

    streams: list[RunningStream]


class LogEntry(Answer):
    """An entry of the access log."""

    number: int
    at: datetime
    actor: str
    action: str
    detail: dict[str, Any]
    chain: str


class LogPage(Answer):
    """Some entries, newest first; `next` is the cursor of the next page, None on the last."""

    entries: list[LogEntry]
    next: int | None = None


class LogCheck(Answer):
    """Whether the access log is as it was written."""

    holds: bool
    entries: int
    head: str | None = None
    noted: bool | None = None


class ModelUsed(Answer):
    """The model that answered; embeddings of different models or versions do not compare."""

    name: str
    version: str
    level: str
    prior: Literal["wild", "even", "server"]


class ImageSize(Answer):
    """The upright picture's size in pixels."""

    width: int
    height: int


class FaceBox(Answer):
    """Where a face is, in pixels of the upright picture, from its top left corner."""

    x: float
    y: float
    width: float
    height: float


class Emotion(Answer):
    """The most probable label, and the probability of each, in [0, 1]; they sum to 1."""

    label: str
    probabilities: dict[str, float]


class Expression(Answer):
    """What a face shows by convention, not what somebody feels.

    Valence and arousal are in [-1, 1], the strengths of action units, by their numbers, in [0, 1].
    """

    valence: float
    arousal: float
    action_units: dict[str, float]


class FacePoint(Answer):
    """A point in pixels of the upright picture, from its top left corner."""

    x: float
    y: float


class FacePoints(Answer):
    """Five points, left as on the face turned upright; None are those that were not seen."""

    left_eye: FacePoint
    right_eye: FacePoint
    nose: FacePoint | None = None
    left_mouth: FacePoint | None = None
    right_mouth: FacePoint | None = None


class Quality(Answer):
    """Why a reading deserves doubt: small, turned-away, dark, blurred, occluded, or nothing."""

    doubts: list[str]


class AnonymizedFace(Answer):
    """A face; what the detector tells of it is None of an aligned crop.

    Attributes:
        box: where it is.
        score: the detector's, in [0, 1].
        roll: degrees, clockwise, by which it was turned; it is read upright.
        yaw: degrees by which the head is turned to the picture's right.
        pitch: degrees by which the head is turned up.
        points: eyes, nose and mouth.
        quality: how much the reading is worth.
        emotion: what it shows.
        expression: the same beyond a word; None where the model tells none.
        embedding: privacy-filtered, noise included.
    """

    box: FaceBox
    score: float | None = None
    roll: float | None = None
    yaw: float | None = None
    pitch: float | None = None
    points: FacePoints | None = None
    quality: Quality | None = None
    emotion: Emotion
    expression: Expression | None = None
    embedding: list[float]


class AnonymizedImage(Answer):
    """A picture's faces, the largest first.

    Attributes:
        model: which read it.
        image: its size.
        found: how many faces there are, wanted or not.
        faces: those that are wanted.
        feature_id: names what was stored of it.
    """

    model: ModelUsed
    image: ImageSize
    found: int
    faces: list[AnonymizedFace]
    feature_id: str | None = None

    @property
    def face(self) -> AnonymizedFace:
        """The largest.

        Raises:
            IndexError: if there is none.
        """
        return self.faces[0]


class Opened(Answer):
    """The first line of a clip: who reads it, and how many embeddings a track may have.

    Attributes:
        model: which reads it.
        vectors: embeddings released of a track, at most.
        proved: whether anything is proved of them.
        seconds: that it may be long.
    """

    type: Literal["opened"]
    model: ModelUsed
    vectors: int
    proved: bool
    seconds: float


class MoodNow(Answer):
    """What a face shows over time: since `onset`; `began` in the frame where it takes over."""

    label: str
    intensity: float
    onset: float
    began: bool


class Released(Answer):
    """What was released of a track so far, and what is proved of it all."""

    vectors: int
    mu: float | None
    named: dict[int, float] | None


class StreamFace(Answer):
    """A face of a frame; `track` is its number as long as it is seen.

    Attributes:
        track: means nothing elsewhere.
        since: when it began, in seconds.
        box: where the face is.
        score: the detector's, in [0, 1].
        roll: degrees, clockwise, by which it was turned; it is read upright.
        yaw: degrees by which the head is turned to the picture's right.
        pitch: degrees by which the head is turned up.
        quality: how much the reading is worth.
        emotion: as this frame alone tells it.
        expression: the same beyond a word; None where the model tells none.
        mood: over time.
        embedding: with the first frame that shows a standard expression; else None.
        released: of the track so far.
    """

    track: int
    since: float
    box: FaceBox
    score: float
    roll: float
    yaw: float | None
    pitch: float | None
    quality: Quality
    emotion: Emotion
    expression: Expression | None = None
    mood: MoodNow
    embedding: list[float] | None = None
    released: Released


class FrameRead(Answer):
    """A frame of a clip; `at` is in seconds from the first, `ended` names tracks that are no more.

    Attributes:
        frame: its number, from 1.
        at: when it was taken.
        dropped: frames so far that were not read.
        image: its size.
        found: how many faces there are, wanted or not.
        faces: those that are wanted.
        ended: tracks.
    """

    type: Literal["frame"]
    frame: int
    at: float
    dropped: int
    image: ImageSize
    found: int
    faces: list[StreamFace]
    ended: list[int]


class FrameRefused(Answer):
    """A frame that could not be read, and why."""

    type: Literal["refused"]
    frame: int
    at: float
    dropped: int
    error: ProblemDetails


class Ended(Answer):
    """The summary of a clip; `moods` are seconds of all tracks together. No vector is in it."""

    type: Literal["ended"]
    frames: int
    dropped: int
    seconds: float
    tracks: int
    released: int
    moods: dict[str, float]


class FeatureModel(Answer):
    """What made an embedding."""

    name: str
    version: str
    level: str


class Stored(Answer):
    """What was stored: the features' ids, in the order in which they were sent."""

    count: int
    ids: list[str]


class StoredFeature(Answer):
    """A stored feature; `subject` is a pseudonym."""

    id: str
    subject: str
    session: str | None
    captured_at: datetime
    stored_at: datetime
    model: FeatureModel
    emotion: str | None
    embedding: list[float]


class FeaturePage(Answer):
    """Some features, oldest first; `next` is the cursor of the next page, None on the last."""

    features: list[StoredFeature]
    next: str | None = None


class Kept(Answer):
    """How much is stored of a person, and under which pseudonym."""

    subject: str
    features: int
    first_captured_at: datetime | None
    last_captured_at: datetime | None


class Receipt(Answer):
    """What an erasure did; it does not say of whom."""

    id: str
    erased_at: datetime
    features: int
    audits: int
    digest: str


class Progress(Answer):
    """Steps that are done, all of them (None before they are known), and the one in hand."""

    done: int
    steps: int | None
    step: str | None


class AuditState(Answer):
    """An audit without its result."""

    id: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    model: str | None
    source: Literal["store", "upload"]
    created_at: datetime
    ended_at: datetime | None = None
    progress: Progress
    failure: str | None = None
    erased_subjects: int


class AttackerRate(Answer):
    """How often an attacker names the right person, with the 95 % interval, all in [0, 1]."""

    attacker: str
    rate: float
    low: float
    high: float


class LimitResult(Answer):
    """The limit that was set, and whether it holds."""

    limit: str
    allowed: float
    high: float
    passed: bool


class AuditResult(Answer):
    """What an audit found; `chance` is what guessing scores."""

    verdict: str
    reasons: list[str]
    chance: float
    p_value: float
    hybrid2face: AttackerRate
    worst: AttackerRate
    limit: LimitResult | None


class Audit(AuditState):
    """An audit, and its result once there is one."""

    result: AuditResult | None = None


class AuditPage(Answer):
    """Some audits, newest first; `next` is the cursor of the next page, None on the last."""

    audits: list[AuditState]
    next: str | None = None


class LatestAudit(Answer):
    """The current figures of a model, and until when they stand."""

    audit: str
    model: str
    source: Literal["store", "upload"]
    ended_at: datetime
    expires_at: datetime
    verdict: str
    chance: float
    hybrid2face: AttackerRate
    worst: AttackerRate
    erased_subjects: int


class Level(Answer):
    """A privacy level; `sigma` is the standard deviation of its noise."""

    sigma: float
    summary: str


class Card(Answer):
    """A model's card; `terms` say what it may be used for."""

    name: str
    version: str
    summary: str
    terms: str
    labels: list[str]
    dimension: int
    levels: dict[str, Level]
    default_level: str
    prior: dict[str, float] | None = None


class Privacy(Answer):
    """Whether a model's privacy is proved, or measured only."""

    proved: bool
    summary: str


class ModelSummary(Card):
    """A model in short; `card` is the path of its whole card."""

    privacy: Privacy
    card: str


class ModelList(Answer):
    """The installed models, and by which one and which prior requests are answered."""

    default: str
    prior: Literal["wild", "even", "server"]
    models: list[ModelSummary]


class Health(Answer):
    """The process lives."""

    status: str


class Readiness(Answer):
    """The server can answer, with this model."""

    status: str
    model: str
