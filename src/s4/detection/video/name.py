"""What video detection calls itself in everything it states."""

from typing import Final

STAGE: Final = "video"
VERSION: Final = "1"
