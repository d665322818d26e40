"""The vision path as one function: the bytes of an image file become aligned face crops.

The service and training both come through here, so that a model sees in service what it was
trained on.
"""

import time
from dataclasses import dataclass

from faceveil.problems import NoFace, NotAligned
from faceveil.vision.align import CropGeometry, align
from faceveil.vision.decode import Picture, decode
from faceveil.vision.face import Box, Detector, GreyImage


@dataclass(frozen=True, slots=True)
class CroppedFace:
    """A face, cut out.

    Attributes:
        crop: uint8, shape (H, W) of the geometry.
        box: where the face is in the upright original, in its pixels, within its edges.
        score: the detector's confidence, 0 to 1; none where the caller aligned the crop.
    """

    crop: GreyImage
    box: Box
    score: float | None


@dataclass(frozen=True, slots=True)
class CroppedPicture:
    """The faces of one picture, largest first, and what they cost.

    Attributes:
        width: of the upright original, in pixels.
        height: of the upright original, in pixels.
        faces: at least one.
        decode_s: seconds from bytes to pixels.
        detect_s: seconds from pixels to crops.
    """

    width: int
    height: int
    faces: list[CroppedFace]
    decode_s: float
    detect_s: float


def find_crops(
    data: bytes,
    detector: Detector,
    geometry: CropGeometry,
    *,
    max_pixels: int,
    limit: int = 1,
    aligned: bool = False,
) -> CroppedPicture:
    """Decodes an image file, finds its faces and aligns them.

    Args:
        data: the file's bytes.
        detector: finds the faces.
        geometry: of the crops.
        max_pixels: most pixels that the file's header may announce.
        limit: most faces wanted. For one, the largest, the detector may look less thoroughly.
        aligned: the picture is a crop of this geometry already.

    Raises:
        PictureTooLarge, PictureTooCostly, UnreadableImage: as `decode` does.
        NotAligned: if `aligned` and the picture's size is not the geometry's.
        NoFace: if there is none.
    """
    started = time.perf_counter()
    picture = decode(data, max_pixels=max_pixels)
    decoded = time.perf_counter()
    if aligned:
        faces = [_taken_as_it_is(picture, geometry)]
    else:
        found = detector.detect(picture.pixels, thorough=limit > 1)[:limit]
        faces = [
            CroppedFace(
                align(picture.pixels, face.left_eye, face.right_eye, geometry),
                _in_original(face.box, picture),
                face.score,
            )
            for face in found
        ]
    if not faces:
        raise NoFace(
            "No face was found in the picture. Send one in which a face is seen from the front, "
            "at least a twentieth of the picture wide."
        )
    ended = time.perf_counter()
    return CroppedPicture(picture.width, picture.height, faces, decoded - started, ended - decoded)


def _taken_as_it_is(picture: Picture, geometry: CropGeometry) -> CroppedFace:
    if (picture.width, picture.height) != (geometry.width, geometry.height):
        raise NotAligned(
            f"An aligned crop for this model is {geometry.width} x {geometry.height} pixels; this "
            f"picture is {picture.width} x {picture.height}. Send it without aligned=true."
        )
    return CroppedFace(picture.pixels, Box(0, 0, picture.width, picture.height), None)


def _in_original(box: Box, picture: Picture) -> Box:
    left = min(max(box.x * picture.scale, 0.0), picture.width)
    top = min(max(box.y * picture.scale, 0.0), picture.height)
    right = min(max((box.x + box.width) * picture.scale, left), picture.width)
    bottom = min(max((box.y + box.height) * picture.scale, top), picture.height)
    return Box(left, top, right - left, bottom - top)
