// Bars of billing runs that still run ask every other second how far they are.

(() => {
    const EVERY = 2000;

    const refresh = async (bar) => {
        try {
            const answer = await fetch(bar.dataset.refresh, { credentials: "same-origin" });
            if (!answer.ok || answer.redirected) {
                return;
            }
            const holder = document.createElement("div");
            holder.innerHTML = await answer.text();
            bar.replaceWith(holder.firstElementChild);
        } catch {
            // The next turn asks again.
        }
    };

    const turn = async () => {
        if (!document.hidden) {
            await Promise.all([...document.querySelectorAll("[data-refresh]")].map(refresh));
        }
        if (document.querySelector("[data-refresh]")) {
            setTimeout(turn, EVERY);
        }
    };

    setTimeout(turn, EVERY);
})();
