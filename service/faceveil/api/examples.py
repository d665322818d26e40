"""Examples of answers, for the OpenAPI document."""

from typing import Any

_EXAMPLE_FACE = {
    "box": {"x": 84.1, "y": 71.6, "width": 152.3, "height": 152.3},
    "score": 0.93,
    "emotion": {"label": "happiness", "probabilities": {"happiness": 0.91, "neutral": 0.09}},
    "embedding": [0.318, -1.204, 0.77],
}
EXAMPLE_IMAGE: dict[str, Any] = {
    "model": {"name": "faceveil", "version": "1.0.0", "level": "balanced"},
    "image": {"width": 320, "height": 243},
    "faces": [_EXAMPLE_FACE],
}

EXAMPLE_CARD: dict[str, Any] = {
    "schema_version": 1,
    "name": "faceveil",
    "version": "1.0.0",
    "created": "2026-01-31",
    "summary": "Emotion and a 16-value embedding of an aligned grey face.",
    "terms": "Non-commercial research: it learned from research-only images.",
    "labels": ["neutral", "happiness"],
    "dimension": 16,
    "crop": {"width": 48, "height": 48, "left_eye": [0.3, 0.35], "right_eye": [0.7, 0.35]},
    "graph": {"file": "model.onnx", "sha256": "0" * 64, "bytes": 694984, "opset": 18},
    "levels": {"balanced": {"sigma": 0.5, "summary": "For most uses."}},
    "default_level": "balanced",
    "training": {
        "command": "faceveil train",
        "preset": "default",
        "seed": 0,
        "data": [
            {
                "name": "A set",
                "images": 213,
                "subjects": 10,
                "taught": ["emotion", "identity"],
                "terms": "Research only.",
                "citation": "Where it is described.",
            }
        ],
        "parameters": 170000,
    },
    "results": [
        {
            "data": "A set",
            "protocol": "10-fold cross-validation",
            "level": "balanced",
            "task": "identity",
            "system": "logistic",
            "rate": {
                "rate": 0.12,
                "low": 0.08,
                "high": 0.17,
                "correct": 25,
                "total": 213,
                "level": 0.95,
            },
            "chance": 0.1,
            "seed": 0,
        }
    ],
    "audit": "What the attackers of the results could tell, in words.",
    "intended_uses": ["Research on emotion in faces."],
    "out_of_scope_uses": ["Deciding about people."],
}

EXAMPLE_SUMMARY: dict[str, Any] = {
    **{
        name: EXAMPLE_CARD[name]
        for name in ("name", "version", "summary", "terms", "labels", "dimension", "levels")
    },
    "default_level": "balanced",
    "headlines": [
        {
            "data": "A set",
            "protocol": "10-fold cross-validation",
            "emotion": None,
            "identity": EXAMPLE_CARD["results"][0]["rate"],
            "attacker": "logistic",
            "chance": 0.1,
        }
    ],
    "card": "/v1/models/faceveil/1.0.0",
}

_ID = "01a20ca4-2f18-7000-8000-b24d08d66b20"
_PSEUDONYM = "pseudonym:0c9f3b12:5f1d7a84c3b2e690a1b2c3d4e5f60718"

EXAMPLE_STORED: dict[str, Any] = {"count": 1, "ids": [_ID]}

EXAMPLE_FEATURES: dict[str, Any] = {
    "model": "faceveil",
    "version": "1.0.0",
    "level": "balanced",
    "features": [{"subject": "person 17", "emotion": "fear", "embedding": [0.0] * 16}],
}

EXAMPLE_FEATURE: dict[str, Any] = {
    "id": _ID,
    "subject": _PSEUDONYM,
    "session": "visit-1",
    "captured_at": "2026-01-31T09:30:00Z",
    "stored_at": "2026-01-31T09:30:01Z",
    "model": {"name": "faceveil", "version": "1.0.0", "level": "balanced"},
    "emotion": "happiness",
    "embedding": [0.318, -1.204, 0.77],
}

EXAMPLE_KEPT: dict[str, Any] = {
    "subject": _PSEUDONYM,
    "features": 3,
    "first_captured_at": "2026-01-31T09:30:00Z",
    "last_captured_at": "2026-02-14T16:05:00Z",
}

EXAMPLE_RECEIPT: dict[str, Any] = {
    "id": _ID,
    "erased_at": "2026-03-01T12:00:00Z",
    "features": 3,
    "audits": 1,
    "digest": "0" * 64,
}

EXAMPLE_AUDIT: dict[str, Any] = {
    "id": _ID,
    "state": "running",
    "model": "faceveil 1.0.0",
    "source": "store",
    "created_at": "2026-03-01T12:00:00Z",
    "ended_at": None,
    "progress": {"done": 17, "steps": 120, "step": "lda"},
    "failure": None,
    "erased_subjects": 0,
    "options": {"seed": 0, "folds": 10, "quick": False, "limit": "rank1<=2x"},
}

EXAMPLE_LATEST: dict[str, Any] = {
    "audit": _ID,
    "model": "faceveil 1.0.0",
    "source": "store",
    "ended_at": "2026-03-01T12:06:00Z",
    "expires_at": "2026-08-28T12:06:00Z",
    "verdict": "not distinguished from chance",
    "chance": 0.1,
    "hybrid2face": {"attacker": "hybrid2face", "rate": 0.11, "low": 0.07, "high": 0.16},
    "worst": {"attacker": "nearest", "rate": 0.13, "low": 0.09, "high": 0.18},
    "erased_subjects": 0,
}
