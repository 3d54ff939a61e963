// On paper the panel is open, and the map as large as its style says and about what the page shows.
"use strict";

const printing = (() => {
  const MOST_ROWS = 80;  // of lists that are opened for paper

  function connect(map) {
    const panel = document.querySelector("details.panel");
    let before = null;

    function fit(on) {
      document.documentElement.classList.toggle("on-paper", on);
      map.invalidateSize({ animate: false, pan: false });
    }

    window.addEventListener("beforeprint", () => {
      if (before) return;
      const few = document.querySelectorAll("[data-search]").length <= MOST_ROWS;
      const closed = few ? [...document.querySelectorAll("details.group:not([open])")] : [];
      if (!panel.open) closed.push(panel);
      before = { closed, center: map.getCenter(), zoom: map.getZoom(), shown: map.getBounds() };
      for (const details of closed) details.open = true;
      fit(true);
      map.options.zoomSnap = 0;
      map.fitBounds(before.shown, { animate: false });
    });
    window.addEventListener("afterprint", () => {
      if (!before) return;
      for (const details of before.closed) details.open = false;
      fit(false);
      map.options.zoomSnap = 0.25;
      map.setView(before.center, before.zoom, { animate: false });
      before = null;
    });
  }

  return { connect };
})();
