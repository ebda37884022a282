"""The input of a unit of quantity: a code, with the names of the usual ones to choose from."""

from typing import Any, Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

# Source: UN/ECE recommendation 20; the whole list has 2,000.
USUAL: Final = (
    ("C62", _("piece")), ("HUR", _("hour")), ("DAY", _("day")), ("WEE", _("week")),
    ("MON", _("month")), ("ANN", _("year")), ("LS", _("lump sum")), ("E48", _("unit of service")),
    ("KGM", _("kilogram")), ("TNE", _("tonne")), ("LTR", _("litre")), ("MTR", _("metre")),
    ("KMT", _("kilometre")), ("MTK", _("square metre")), ("MTQ", _("cubic metre")),
    ("KWH", _("kilowatt hour")), ("E34", _("gigabyte")),
)  # fmt: skip


class UnitInput(UnfoldAdminTextInputWidget):  # type: ignore[misc]
    """Suggests the usual units; every other code can be typed."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        """Name the list."""
        super().__init__({**(attrs or {}), "list": "anlass-units"})

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        options = format_html_join("", '<option value="{}">{}</option>', USUAL)
        shown = super().render(*args, **kwargs)
        return format_html('{}<datalist id="anlass-units">{}</datalist>', shown, options)
