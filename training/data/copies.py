"""Near copies: one photograph, saved again at another size or quality.

They are found by a perceptual hash of the whole picture. A hash of the crop would also find copies
that were framed anew, but it cannot tell those from JAFFE's takes: JAFFE's crops of one subject and
emotion begin to differ at 10 bits, and half of the crops from copies differ by 15 or more.

Measured on whole pictures, bits of 255 (60 to 80 pictures a set, each copied by JPEG at quality 80
and 40 and at half the size; distinct photographs over all pairs of a set, over 1200 of LFW):

| set | copies: JPEG 80, 40, half; largest | distinct, same person: smallest | other person |
| --- | --- | --- | --- |
| JAFFE | 4, 6, 4 | 4 (same emotion), 16 (another) | 56 |
| Yale | 4, 6, 10 | 16 | 60 |
| FRL London | 4, 6, 6 | 34 | 40 |
| LFW | 4, 8, 18 | 44 | 60 |

A brighter copy differs by 4 to 22 at the median, a trimmed one by 70 or more: such copies pass, and
so may those of flat or symmetric drawings, most of whose waves have no height. FER2013's training
faces hold 48 groups of near copies; all of the 30 that were looked at are such.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import dctn

from faceveil.vision.face import GreyImage

NEAR = 10
"""Most bits in which near copies differ. Distinct photographs within it: 5 of JAFFE's 222 pairs of
takes of one subject and emotion (7 pictures in 3 groups), none of Yale, FRL London or LFW."""

HASH_BYTES = 32

_SIDE = 32
_LOWEST = 16
_ROWS = 512


def picture_hash(picture: GreyImage) -> NDArray[np.uint8]:
    """What a picture looks like, in 255 bits that saving it again leaves nearly as they are.

    Zauner 2010, Implementation and benchmarking of perceptual image hash functions, section 3.2.1
    (the discrete cosine transform's low frequencies, each against their median), with 16 x 16
    frequencies instead of 8 x 8, for faces in the same pose differ little in the lowest.

    Args:
        picture: uint8, shape (h, w).

    Returns:
        uint8, shape (HASH_BYTES,), the bits packed.
    """
    shape = (_SIDE, _SIDE)
    small = Image.fromarray(picture).resize(shape, Image.Resampling.BOX)
    waves = dctn(np.asarray(small, dtype=np.float64), norm="ortho")[:_LOWEST, :_LOWEST].ravel()
    details = waves[1:]  # the first is the mean brightness
    return np.packbits(details > np.median(details))


def near_copies(hashes: NDArray[np.uint8], most: int = NEAR) -> NDArray[np.int64]:
    """The pairs of pictures whose hashes differ in at most so many bits.

    Args:
        hashes: uint8, shape (N, HASH_BYTES), of `picture_hash`.
        most: bits.

    Returns:
        int64, shape (pairs, 2), each row ascending.
    """
    words = np.ascontiguousarray(hashes).view(np.uint64)  # (N, 4)
    pairs = [np.empty((0, 2), np.int64)]
    for start in range(0, len(words), _ROWS):
        block = words[start : start + _ROWS]
        bits = np.zeros((len(block), len(words) - start), np.uint16)
        for column in range(words.shape[1]):
            bits += np.bitwise_count(block[:, None, column] ^ words[None, start:, column])
        near = np.argwhere(np.triu(bits <= most, k=1)) + start
        pairs.append(near.astype(np.int64))
    return np.concatenate(pairs)
