"""`make cases`: writes the legal cases as e-invoices and PDFs, for other people's validators."""

import sys
from pathlib import Path

from invoices.documents.delivering import e_invoice
from invoices.documents.pdf.printing import Printing
from invoices.documents.pdf.rendering import render
from invoices.documents.profiles import Profile
from tests.documents.cases import CASES


def main(folder: Path) -> None:
    count = 0
    for name, case in CASES.items():
        for profile in sorted(case.fits):
            kind = folder / str(profile)
            kind.mkdir(parents=True, exist_ok=True)
            xml = e_invoice(case.document, profile)
            (kind / f"{name}.xml").write_bytes(xml)
            if profile is Profile.ZUGFERD:
                pdf = render(case.document, Printing(), xml=xml, profile=profile)
                (kind / f"{name}.pdf").write_bytes(pdf)
                count += 1
            count += 1
    print(f"{count} files in {folder}")  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
