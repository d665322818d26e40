"""`/` for browsers, and the files that it loads. Whoever asks for no HTML is told of the API."""

import hashlib

from fastapi import APIRouter, Request, Response

from faceveil.http.compression import CompressedRoute
from faceveil.page.site import PREFIX, load_site
from faceveil.problems import NotFound

router = APIRouter(tags=["page"], route_class=CompressedRoute, include_in_schema=False)

POLICY = "; ".join(
    (
        "default-src 'none'",
        # WebAssembly, to read pictures in the browser itself; nothing else that is made of text.
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "base-uri 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        # Text that a browser would run as code cannot be put into the page at all.
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""Nothing from elsewhere, no script or style but the page's own files, shown in no frame."""

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), display-capture=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_FOR_EVER = "public, max-age=31536000, immutable"


@router.get("/", operation_id="showPage")
async def show_page(request: Request) -> Response:
    """Answers the page to whoever takes HTML; others there is nothing for."""
    if not _takes_html(request.headers.get("Accept", "")):
        raise NotFound(NotFound.example)
    content = load_site().shown_under(request.scope.get("root_path", ""))
    tag = f'W/"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {**_HEADERS, "Cache-Control": "no-cache", "ETag": tag, "Vary": "Accept"}
    if tag in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="text/html; charset=utf-8", headers=headers)


@router.get(f"/{PREFIX}/{{version}}/{{name:path}}", operation_id="showPageFile")
async def show_page_file(version: str, name: str) -> Response:
    """Answers one of the page's files."""
    site = load_site()
    file = site.files.get(name) if version == site.version else None
    if file is None:
        raise NotFound("The page has no such file, or has changed. Load it again.")
    headers = {**_HEADERS, "Cache-Control": _FOR_EVER}
    if file.encoding:
        headers["Content-Encoding"] = file.encoding
    return Response(file.content, media_type=file.media_type, headers=headers)


def _takes_html(accept: str) -> bool:
    for one in accept.split(","):
        kind, *parameters = (part.strip().lower() for part in one.split(";"))
        if kind == "text/html":
            return not any(part.startswith("q=0") and not part.strip("q=0.") for part in parameters)
    return False
