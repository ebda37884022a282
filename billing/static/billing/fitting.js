/*
 * Shows of a form the fields that fit what is chosen. A choice says in `data-fits` which fields
 * each of its values needs, as JSON; fields that none of its values names are left alone. Without
 * this script all fields are shown, and what doesn't fit is refused just the same.
 */
(() => {
    "use strict";

    const rowOf = (field) => field.closest(".form-row");

    /* What was typed, or is wrong, must be seen: it is sent all the same. */
    const mustBeSeen = (field) =>
        rowOf(field).querySelector(".errorlist, .errors") !== null ||
        (!field.matches("select") && !["", "0"].includes(field.value));

    function hideEmptySets(form) {
        for (const set of form.querySelectorAll("fieldset")) {
            const rows = [...set.querySelectorAll(".form-row")];
            set.hidden = rows.length > 0 && rows.every((row) => row.hidden);
        }
    }

    function fit(choice) {
        const fits = JSON.parse(choice.dataset.fits);
        const prefix = choice.name.slice(0, choice.name.lastIndexOf("-") + 1);
        const wanted = new Set(fits[choice.value] ?? []);
        for (const name of new Set(Object.values(fits).flat())) {
            const field = choice.form.elements.namedItem(prefix + name);
            if (field && rowOf(field)) {
                rowOf(field).hidden = !wanted.has(name) && !mustBeSeen(field);
            }
        }
        hideEmptySets(choice.form);
    }

    function fitAll(within) {
        within.querySelectorAll("select[data-fits]").forEach(fit);
    }

    document.addEventListener("change", (event) => {
        if (event.target.matches("select[data-fits]")) {
            fit(event.target);
        }
    });
    document.addEventListener("formset:added", (event) => fitAll(event.target));
    document.addEventListener("DOMContentLoaded", () => fitAll(document));
})();
