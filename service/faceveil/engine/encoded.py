"""An image file that came as text: base64 in the forms that clients write."""

import base64
import binascii
import re

from faceveil.problems import UnreadableImage

_DATA_URL = re.compile(
    r"data:(image/[\w.+-]+|application/octet-stream)(;[\w.+-]+=[\w.+-]+)*;base64,", re.IGNORECASE
)
"""What `canvas.toDataURL()` and `FileReader` write before it; of an unknown file, octet-stream."""

_URL = re.compile(r"[a-z][a-z0-9+.-]{0,31}:", re.IGNORECASE)
"""Base64 has no colon."""

_WHITE_SPACE = b" \t\n\f\r"
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")


def file_of_text(text: str) -> bytes:
    """The file's bytes.

    Base64 (RFC 4648, section 4), or its alphabet for URLs (section 5); padded or not; with white
    space, as `base64` breaks its lines; perhaps as a `data:` URL of an image.

    Raises:
        UnreadableImage: if it is anything else, such as an address to fetch a picture from.
    """
    try:
        return base64.b64decode(text, validate=True)  # by far most are this, and large
    except ValueError:
        pass
    text = text.strip()
    prefix = _DATA_URL.match(text)
    if prefix is None and _URL.match(text):
        raise UnreadableImage(
            "The member 'image' is a URL. None is ever fetched: send the image file's bytes in "
            "base64."
        )
    try:
        return _forgiving(text[prefix.end() if prefix else 0 :].encode("ascii"))
    except ValueError:
        raise UnreadableImage(
            "The member 'image' is not base64. Encode the file's bytes (RFC 4648, section 4)."
        ) from None


def _forgiving(text: bytes) -> bytes:
    """Decodes; raises ValueError where it is none of the forms."""
    text = text.translate(None, delete=_WHITE_SPACE)
    if b"-" in text or b"_" in text:
        if b"+" in text or b"/" in text:
            raise ValueError("two alphabets")
        text = text.translate(_TO_STANDARD)
    if not text.endswith(b"="):
        text += b"=" * (-len(text) % 4)
    return binascii.a2b_base64(text, strict_mode=True)
