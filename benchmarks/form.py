"""A form as it is sent (RFC 7578), written by hand: a broken one is sent too."""

BOUNDARY = "faceveil-fuzz"
"""Part of what the fuzzer's seeds make, which is to be made again byte for byte."""

FORM = f"multipart/form-data; boundary={BOUNDARY}"
"""Its content type."""

END = f"--{BOUNDARY}--\r\n".encode()


def part(name: str, value: bytes, more: str = "") -> bytes:
    """A part of a form; `more` stands behind its name."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + value + b"\r\n"


def fields(**values: str) -> bytes:
    """Parts of text."""
    return b"".join(part(name, value.encode()) for name, value in values.items())
