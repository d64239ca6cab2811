"""Downloads: files that leave through the console, with a name that people recognise."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
PDF = "application/pdf"


def download(data: bytes, media_type: str, plain_name: str, name: str) -> Response:
    """Return a file to be saved, never shown in the page.

    Args:
        plain_name: an ASCII name for browsers that know no other.
    """
    disposition = f"attachment; filename=\"{plain_name}\"; filename*=UTF-8''{quote(name)}"
    return Response(data, media_type=media_type, headers={"Content-Disposition": disposition})
