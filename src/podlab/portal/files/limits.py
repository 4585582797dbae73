"""What one request may ask for. Whoever starts the portal may set another limit for uploads."""

from __future__ import annotations

from typing import Final

MAX_ENTRIES: Final = 2000
"""Of one folder that are listed."""
MAX_TEXT_BYTES: Final = 1 << 20
"""Of a file that is opened in the editor."""
MAX_UPLOAD_BYTES: Final = 100 << 20
MAX_DOWNLOAD_BYTES: Final = 2 << 30
MAX_AT_ONCE: Final = 6
"""Requests of one seat. Each costs a process in it."""
IDLE_S: Final = 30.0
"""How long the browser or the container may take nothing, or give nothing. A stream that nobody reads keeps the engine
from removing the pod."""
CHUNK_BYTES: Final = 1 << 16
