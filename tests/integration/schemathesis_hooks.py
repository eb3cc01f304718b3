"""What schemathesis sends where the API expects a photo; it loads this file by its path."""

from __future__ import annotations

import base64

import schemathesis
from hypothesis import strategies as st

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR42mM8ceIEAwMDEwMDAwMDAwAcSgJccES6DwAAAABJRU5ErkJggg=="
)

for name in ("jpeg", "png", "webp", "avif", "gif", "tiff", "bmp"):
    schemathesis.openapi.media_type(f"image/{name}", st.just(PNG))
