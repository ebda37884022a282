/*
 * Names the fields in which one searches for a row. Select2 names them by what is chosen alone, so
 * an empty one has no name for a screen reader; here by their label first.
 */
(() => {
    "use strict";

    function name(selection) {
        const select = selection.closest(".select2")?.previousElementSibling;
        const label = select?.labels?.[0];
        if (label) {
            label.id ||= `${select.id}-label`;
            const shown = selection.querySelector(".select2-selection__rendered");
            selection.setAttribute("aria-labelledby", `${label.id} ${shown?.id ?? ""}`.trim());
            shown?.setAttribute("aria-labelledby", label.id);
        }
    }

    function nameAll() {
        document.querySelectorAll(".select2-selection").forEach(name);
    }

    // Fields are made by scripts, later ones by what is clicked.
    new MutationObserver(nameAll).observe(document, { childList: true, subtree: true });
})();
