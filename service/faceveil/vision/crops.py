"""The vision path as one function: the bytes of an image file become aligned face crops.

The service and training both come through here, so that a model sees in service what it was
trained on.
"""

import time
from dataclasses import dataclass

from faceveil.problems import NoFace, NotAligned, SeveralFaces
from faceveil.vision.align import CropGeometry, align
from faceveil.vision.decode import Picture, decode
from faceveil.vision.face import Box, Detector, Face, Features, GreyImage, Point
from faceveil.vision.pose import Pose, pose_of
from faceveil.vision.quality import Doubt, doubts_of
from faceveil.vision.selection import Selection


@dataclass(frozen=True, slots=True)
class Seen:
    """What the detector saw of a face, in pixels of the upright original.

    Attributes:
        score: the detector's confidence, 0 to 1.
        left_eye: as in `Face`.
        right_eye: as in `Face`.
        features: as in `Face`.
        pose: of the head.
        doubts: why a reading of it deserves doubt.
    """

    score: float
    left_eye: Point
    right_eye: Point
    features: Features | None
    pose: Pose
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class CroppedFace:
    """A face, cut out.

    Attributes:
        crop: uint8, shape (H, W) of the geometry; the face upright in it.
        box: where the face is in the upright original, in its pixels, within its edges.
        seen: what the detector saw; none where the caller aligned the crop.
    """

    crop: GreyImage
    box: Box
    seen: Seen | None


@dataclass(frozen=True, slots=True)
class CroppedPicture:
    """The faces of one picture, largest first, and what they cost.

    Attributes:
        width: of the upright original, in pixels.
        height: of the upright original, in pixels.
        found: how many faces there are, wanted or not.
        faces: those that are wanted; with "all" there may be none.
        decode_s: seconds from bytes to pixels.
        detect_s: seconds from pixels to crops.
    """

    width: int
    height: int
    found: int
    faces: list[CroppedFace]
    decode_s: float
    detect_s: float


LARGEST = Selection()


def find_crops(
    data: bytes,
    detector: Detector,
    geometry: CropGeometry,
    *,
    max_pixels: int,
    wanted: Selection = LARGEST,
    aligned: bool = False,
) -> CroppedPicture:
    """Decodes an image file, finds its faces and aligns them.

    Args:
        data: the file's bytes.
        detector: finds the faces.
        geometry: of the crops.
        max_pixels: most pixels that the file's header may announce.
        wanted: which faces. For the largest alone, the detector may look less thoroughly.
        aligned: the picture is a crop of this geometry already.

    Raises:
        PictureTooLarge, PictureTooCostly, UnreadableImage: as `decode` does.
        NotAligned: if `aligned` and the picture's size is not the geometry's.
        SeveralFaces: if the only face is wanted and there are more.
        NoFace: if there is none, or none that is wanted, unless all are.
    """
    started = time.perf_counter()
    picture = decode(data, max_pixels=max_pixels)
    decoded = time.perf_counter()
    if aligned:
        found, faces = 1, [_taken_as_it_is(picture, geometry)]
    else:
        seen = detector.detect(picture.pixels, thorough=wanted.thorough)
        found, faces = len(seen), _selected(seen, picture, geometry, wanted)
    ended = time.perf_counter()
    return CroppedPicture(
        picture.width, picture.height, found, faces, decoded - started, ended - decoded
    )


def _selected(
    seen: list[Face], picture: Picture, geometry: CropGeometry, wanted: Selection
) -> list[CroppedFace]:
    if wanted.which == "only" and len(seen) > 1:
        raise SeveralFaces(
            f"There are {len(seen)} faces in the picture, and only one is wanted. Send one of one "
            "person, or ask for faces=largest or faces=all."
        )
    poses = [pose_of(face) for face in seen]
    passing = [
        (face, pose)
        for face, pose in zip(seen, poses, strict=True)
        if wanted.passes(face.score, face.box.width * picture.scale, pose.yaw)
    ]
    if not passing and wanted.which != "all":
        raise NoFace(_advice(len(seen)))
    limit = wanted.limit if wanted.which == "all" else 1
    return [_cropped(face, pose, picture, geometry) for face, pose in passing[:limit]]


def _advice(found: int) -> str:
    if found:
        return (
            f"Of the {found} found in the picture, no face meets min_score, min_size and max_yaw. "
            "Send a picture in which it is larger and seen from the front, or ask for less."
        )
    return (
        "No face was found in the picture. Send one in which a face is seen from the front, in "
        "light, and at least 20 pixels wide; how the picture is turned does not matter. For a "
        "stream of frames, faces=all answers an empty list instead."
    )


def _cropped(face: Face, pose: Pose, picture: Picture, geometry: CropGeometry) -> CroppedFace:
    crop = align(picture.pixels, face.left_eye, face.right_eye, geometry)
    doubts = doubts_of(face, crop, pose)
    box = _within_edges(face.box, picture)
    scale = picture.scale
    original = face.moved(lambda at: (at[0] * scale, at[1] * scale), scale)
    seen = Seen(face.score, original.left_eye, original.right_eye, original.features, pose, doubts)
    return CroppedFace(crop, box, seen)


def _taken_as_it_is(picture: Picture, geometry: CropGeometry) -> CroppedFace:
    if (picture.width, picture.height) != (geometry.width, geometry.height):
        raise NotAligned(
            f"An aligned crop for this model is {geometry.width} x {geometry.height} pixels; this "
            f"picture is {picture.width} x {picture.height}. Send it without aligned=true."
        )
    return CroppedFace(picture.pixels, Box(0, 0, picture.width, picture.height), None)


def _within_edges(box: Box, picture: Picture) -> Box:
    left = min(max(box.x * picture.scale, 0.0), picture.width)
    top = min(max(box.y * picture.scale, 0.0), picture.height)
    right = min(max((box.x + box.width) * picture.scale, left), picture.width)
    bottom = min(max((box.y + box.height) * picture.scale, top), picture.height)
    return Box(left, top, right - left, bottom - top)
