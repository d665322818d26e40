"""Hands out the model and the detector, where the operator lets that be.

A model's terms say who may have it, and most are for research only. So without a word of the
operator its files go to nobody but whoever sits at the machine that they lie on.
"""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

from faceveil.access.door import ANYONE
from faceveil.api.callers import AnonymizerDep, Caller
from faceveil.installation import YUNET_FILE
from faceveil.model.bundle import CARD_FILE, VERIFIER_FILE, find_bundle
from faceveil.problems import Forbidden, NotFound

router = APIRouter(prefix="/v1/device", tags=["device"], include_in_schema=False)


@router.get("", operation_id="deviceFiles")
async def device_files(caller: AnonymizerDep) -> dict[str, int]:
    """Answers the files that there are and the bytes of each."""
    return {name: path.stat().st_size for name, path in _files(caller).items()}


@router.get("/{name:path}", operation_id="deviceFile")
async def device_file(caller: AnonymizerDep, name: str) -> FileResponse:
    """Answers one of them."""
    path = _files(caller).get(name)
    if path is None:
        raise NotFound("There is no such file; GET /v1/device lists those that there are.")
    headers = {"Cache-Control": "private, no-cache"}
    return FileResponse(path, media_type="application/octet-stream", headers=headers)


def _files(caller: Caller) -> dict[str, Path]:
    """By name; the model is the one that answers.

    Raises:
        Forbidden: if the operator hands out none to the caller.
    """
    model, keyless = caller.settings.model, caller.principal is ANYONE
    here = keyless and not caller.settings.access.open
    if not {"here": here, "keys": here or not keyless, "never": False}[model.hand_out]:
        raise Forbidden(
            "This server hands out no model: pictures are read here. Its operator can let whoever "
            "has a key have it: FACEVEIL_MODEL__HAND_OUT=keys."
        )
    card, detector = caller.engine.card, caller.settings.detector
    folder = find_bundle(model.directory, card.name, card.version)
    files = {
        "model/card.json": folder / CARD_FILE,
        "model/model.onnx": folder / card.graph.file,
        "detector/blazeface-short/model.onnx": detector,
        "detector/yunet/model.onnx": detector.parents[1] / YUNET_FILE,
    }
    verifier = folder / VERIFIER_FILE
    return {**files, f"model/{VERIFIER_FILE}": verifier} if verifier.exists() else files
