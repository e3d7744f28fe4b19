"""Write docs/reference/http-api.md from the HTTP API's own route table.

.venv/bin/python scripts/http_api_docs.py            # write the page
.venv/bin/python scripts/http_api_docs.py --check    # exit 1 when it is out of date
"""

import sys
from pathlib import Path

from s4.picture.reference import render
from s4.picture.routes import openapi_document

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "http-api.md"


def main() -> int:
    text = render(openapi_document())
    if "--check" not in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.read_text(encoding="utf-8") == text:
        return 0
    print(f"{PAGE.name} is out of date; run: .venv/bin/python scripts/http_api_docs.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
