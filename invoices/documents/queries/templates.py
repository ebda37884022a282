"""A seller's template as the typesetter takes it."""

from billing.sellers.models import Seller
from invoices.documents.models import DocumentTemplate
from invoices.documents.pdf.glyphs import Face
from invoices.documents.pdf.logo import Logo, Place
from invoices.documents.pdf.template import Colours, Column, FooterColumn, Template

HOUSE_STYLE = 0  # The version of documents that are made without a template.


def latest_template(seller: Seller) -> DocumentTemplate | None:
    """Return the template that a seller's documents are made with; None: as the house has it."""
    return DocumentTemplate.objects.filter(seller=seller).order_by("-version").first()


def as_template(row: DocumentTemplate, *, locale: str) -> Template:
    """
    Return a template in a language, checked.

    :raises TemplateDoesNotWork: if something of it can't be printed.
    :raises LogoDoesNotWork: if its logo can't.
    """
    texts = row.texts.get("de" if locale.startswith("de") else "en", {})
    return Template(
        version=row.version,
        face=Face(row.face),
        colours=Colours(accent=row.accent_colour, text=row.text_colour, muted=row.muted_colour),
        logo=_logo(row),
        intro=texts.get("intro", ""),
        closing=texts.get("closing", ""),
        footer=tuple(FooterColumn(tuple(lines)) for lines in row.footer),
        columns=frozenset(Column(name) for name in row.columns),
        shows_explanations=row.shows_explanations,
        shows_code=row.shows_code,
    )


def _logo(row: DocumentTemplate) -> Logo | None:
    if not row.logo:
        return None
    return Logo(bytes(row.logo), height_mm=row.logo_height_mm, place=Place(row.logo_place))
