"""A failure is retried by the keyboard alone, and it is always seen where one is."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.filled import Filled
from tests.browser.people import Desk

STEPS_AT_MOST = 120
# Whether the focused element, or what lies around it, looks otherwise than without the focus.
IS_FOCUS_SEEN = """() => {
    const element = document.activeElement;
    const looks = () => {
        const found = [];
        for (let each = element; each && found.length < 3; each = each.parentElement) {
            const { outlineStyle, outlineWidth, boxShadow, borderColor } = getComputedStyle(each);
            const outline = outlineStyle === "none" ? "" : outlineWidth;
            found.push([outline, boxShadow, borderColor].join());
        }
        return found.join(";");
    };
    const focused = looks();
    element.blur();
    const plain = looks();
    element.focus({ focusVisible: true });
    return focused !== plain;
}"""


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element is focused; fail if the focus isn't seen on the way."""
    for _ in range(STEPS_AT_MOST):
        page.keyboard.press("Tab")
        if not page.evaluate(IS_FOCUS_SEEN):
            pytest.fail(page.evaluate("document.activeElement.outerHTML.slice(0, 300)"))
        if page.evaluate("asked => document.activeElement.matches(asked)", selector):
            return
    pytest.fail(f"{selector} is not reached")


def test_a_failure_is_retried_by_the_keyboard_alone(insider: Desk, filled: Filled) -> None:
    page = insider.page
    page.goto(filled.pages["failure"])

    tab_to(page, "a[href$='/retry/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/retry/")
    tab_to(page, "textarea[name=why]")
    page.keyboard.type("By the keyboard.")
    tab_to(page, "#content button[type=submit]")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Sent again: 1 event.")).to_be_visible()
