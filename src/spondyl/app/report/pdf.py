"""Printing: WeasyPrint is optional, and says how to get it where it is missing."""

from __future__ import annotations

import logging
from pathlib import Path

from spondyl.core.errors import OutputError


def check_printer() -> None:
    """Refuse to print where there is nothing to print with, before any page is made.

    Raises
    ------
    OutputError
        If WeasyPrint or the Pango library is not there.
    """
    try:
        import weasyprint  # noqa: F401  # pyright: ignore[reportUnusedImport]
    except ImportError as error:
        raise OutputError("PDF: WeasyPrint is not installed; pip install 'spondyl[pdf]'") from error
    except OSError as error:
        raise OutputError(
            f"PDF: WeasyPrint's system libraries are missing ({error}); "
            "on Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0"
        ) from error


def write_pdf(html: str, path: Path) -> None:
    """Print a page without external resources to PDF.

    Raises
    ------
    OutputError
        If WeasyPrint or the Pango library is not there.
    """
    check_printer()
    import weasyprint

    for name in ("weasyprint", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)
    weasyprint.HTML(string=html, base_url=None).write_pdf(
        str(path), pdf_identifier=b"spondyl", presentational_hints=True
    )
