// Bars of billing runs that still run ask every other second how far they are. Once a run has ended,
// the page is loaded anew: its state and what failed stand there as well.

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
            const now = holder.firstElementChild;
            bar.replaceWith(now);
            if (!now.dataset.refresh) {
                location.reload();
            }
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
