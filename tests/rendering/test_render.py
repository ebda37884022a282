"""An issued invoice becomes the files that its customer gets."""

import hashlib
from pathlib import Path

import pytest
from lxml import etree

from billing.events.models import Event, Failure
from billing.sellers.models import Seller
from invoices.documents.commands.render import files_of, keep_files
from invoices.documents.models import Document, DocumentTemplate
from invoices.documents.queries import StoredBytesDiffer, documents_of, stored_bytes
from tests import factories
from tests.proving.conftest import Tamper, tamper, verify
from tests.rendering.conftest import issue, render

__all__ = ["tamper"]


class TestRender:
    def test_a_hybrid_and_its_xml_are_stored(self, seller: Seller, folder: Path) -> None:
        invoice = issue(seller)

        documents = render(invoice)

        assert [(d.kind, d.format, d.file_name) for d in documents] == [
            ("pdf", "zugferd", "R2026-000001.pdf"), ("xml", "zugferd", "R2026-000001.xml"),
        ]  # fmt: skip
        for document in documents:
            content = (folder / document.storage_name).read_bytes()
            assert hashlib.sha256(content).hexdigest() == document.sha256
            assert len(content) == document.size
        assert {d.pk for d in documents_of(invoice)} == {d.pk for d in documents}
        event = Event.objects.get(type="documents.rendered")
        assert event.transaction_id == invoice.transaction_id

    def test_twice_is_once(self, seller: Seller) -> None:
        invoice = issue(seller)
        render(invoice)

        assert render(invoice) == []
        assert Document.objects.count() == 2

    @pytest.mark.parametrize("format_", ["pdf", "zugferd"])
    def test_the_same_invoice_gives_the_same_bytes(self, seller: Seller, format_: str) -> None:
        invoice = issue(seller)
        first = {(d.kind, d.format): d.sha256 for d in render(invoice)}

        again = {
            (f.kind, f.format): hashlib.sha256(f.content).hexdigest()
            for f in files_of(invoice, None)
        }

        assert again == first

    def test_amounts_of_the_xml_are_those_of_the_invoice(self, seller: Seller) -> None:
        invoice = issue(seller)
        (_, xml) = render(invoice)
        tree = etree.fromstring(stored_bytes(xml))

        def amount(name: str) -> str:
            return str(tree.findtext(f".//{{*}}{name}"))

        assert amount("TaxBasisTotalAmount") == "99.00"
        assert amount("GrandTotalAmount") == "117.81"
        assert amount("DuePayableAmount") == "117.81"

    def test_changed_bytes_are_found(self, seller: Seller, folder: Path) -> None:
        (pdf, _) = render(issue(seller))
        (folder / pdf.storage_name).write_bytes(b"%PDF forged")

        with pytest.raises(StoredBytesDiffer, match="Restore the file"):
            stored_bytes(pdf)

    def test_a_seller_without_documents_has_none_made(self, db: None, folder: Path) -> None:
        invoice = issue(factories.seller(makes_documents=False))

        event = Event.objects.get(type="invoice.issued", stream_id=invoice.pk)
        assert event.state == "noted"

    def test_what_can_not_be_printed_is_a_failure(self, seller: Seller) -> None:
        invoice = issue(seller)
        DocumentTemplate.objects.create(
            seller=seller, version=1, face="Inter", accent_colour="#ffffff", columns=["net"],
            text_colour="#000000", muted_colour="#000000", created_at=factories.AT,
        )  # fmt: skip

        assert render(invoice) == []
        failure = Failure.objects.get()
        assert failure.code == "template_does_not_work"
        assert "too pale" in failure.reason
        assert failure.money_at_stake_minor == invoice.gross_minor
        assert not Document.objects.exists()


class TestStorage:
    def test_made_again_a_file_is_the_same_one(self, seller: Seller, folder: Path) -> None:
        invoice = issue(seller)
        left = keep_files(invoice, files_of(invoice, None), None, at=factories.AT)

        documents = render(invoice)

        found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        assert found == {document.storage_name for document in documents}
        assert found == {document.storage_name for document in left}

    def test_half_a_file_is_never_taken_for_one(self, seller: Seller, folder: Path) -> None:
        invoice = issue(seller)
        (half, _) = keep_files(invoice, files_of(invoice, None), None, at=factories.AT)
        (folder / half.storage_name).write_bytes(b"%PDF-1.7")

        documents = render(invoice)

        assert all(stored_bytes(document) for document in documents)

    @pytest.mark.parametrize(("sends", "state"), [(1, "waiting"), (5, "failed")])
    def test_a_storage_that_is_away_is_waited_for_a_while(
        self, seller: Seller, folder: Path, sends: int, state: str
    ) -> None:
        invoice = issue(seller)
        Event.objects.filter(type="invoice.issued").update(sends=sends)
        (folder / str(seller.pk)).write_text("No folder: nothing can be stored below.")

        assert render(invoice) == []
        assert Event.objects.get(type="invoice.issued").state == state
        codes = list(Failure.objects.values_list("code", flat=True))
        assert codes == ([] if state == "waiting" else ["document_storage_away"])
        assert not Document.objects.exists()


def of_files(seller: Seller) -> dict[tuple[str, str], str]:
    """What the proof finds wrong with files; the delivery of the documents may still wait."""
    return {
        (problem.check, problem.object): problem.message
        for problem in verify(seller).problems
        if problem.check.startswith("files_")
    }


class TestProof:
    def test_files_that_were_changed_or_lost_are_found(self, seller: Seller, folder: Path) -> None:
        (pdf, xml) = render(issue(seller))
        assert of_files(seller) == {}
        (folder / pdf.storage_name).write_bytes(b"%PDF forged")
        (folder / xml.storage_name).unlink()

        problems = of_files(seller)

        assert "should be" in problems["files_as_written", "document R2026-000001.pdf"]
        assert "is gone" in problems["files_as_written", "document R2026-000001.xml"]

    def test_documents_that_were_deleted_are_missed(self, seller: Seller, tamper: Tamper) -> None:
        render(issue(seller))
        tamper("DELETE FROM invoices_document")

        assert [*of_files(seller)] == [("files_made", "invoice R2026-000001")]
