// The divider: the image of one date left of it, that of another date right of it.
"use strict";

const swipe = (() => {
  function addTo(map, make) {
    const line = make("div", "divider");
    map.getPane("divider").append(line);
    const range = make("input");
    Object.assign(range, { type: "range", min: 0, max: 1000, step: 1, value: 500 });
    const texted = (word) => make("span", "date", make("b", "", word), make("span"));
    const row = make("div", "dates", texted(texts.before), texted(texts.after));
    const bar = make("div", "swipe", row, range);
    map.getContainer().append(bar);
    L.DomEvent.disableClickPropagation(range);
    let signs = [];
    let on = true;

    // A sign that does not fit between the divider and the edge loses its date, then all of it.
    function fit({ sign, full, word }, room) {
      sign.lastChild.hidden = room < full;
      sign.style.visibility = room < word + 20 ? "hidden" : "visible";
    }

    function clip(pane, left, right, top, bottom) {
      const corners = [[left, top], [right, top], [right, bottom], [left, bottom]];
      const polygon = corners.map(([x, y]) => `${x}px ${y}px`).join(", ");
      map.getPane(pane).style.clipPath = `polygon(${polygon})`;
    }

    function update() {
      if (!on) return;
      const size = map.getSize();
      const at = (Number(range.value) / 1000) * size.x;
      const corner = map.containerPointToLayerPoint([0, 0]);
      const [top, bottom] = [corner.y - size.y, corner.y + 2 * size.y];
      clip("before", corner.x - size.x, corner.x + at, top, bottom);
      clip("after", corner.x + at, corner.x + 2 * size.x, top, bottom);
      L.DomUtil.setPosition(line, L.point(corner.x + at, corner.y));
      line.style.height = `${size.y}px`;
      row.style.left = `${at}px`;
      fit(signs[0], at - 28);
      fit(signs[1], size.x - at - 28);
      range.setAttribute("aria-valuetext", texts.fromLeft.replace("{percent}", Math.round(range.value / 10)));
    }

    range.addEventListener("input", update);
    range.addEventListener("keydown", (event) => {
      event.stopPropagation();
      const step = { ArrowLeft: -20, ArrowDown: -20, ArrowRight: 20, ArrowUp: 20 }[event.key];
      if (!step) return;
      event.preventDefault();
      range.value = Number(range.value) + step;
      update();
    });
    map.on("move zoom viewreset resize", update);

    function show(before, after) {
      on = true;
      bar.hidden = line.hidden = false;
      range.setAttribute("aria-label", texts.divider.replace("{before}", before).replace("{after}", after));
      signs = [...row.children].map((sign, number) => {
        const [word, date] = sign.children;
        date.textContent = ` ${[before, after][number]}`;
        date.hidden = false;
        return { sign, full: sign.offsetWidth, word: word.offsetWidth };
      });
      update();
    }

    // Both panes whole again: the upper one hides the other.
    function hide() {
      on = false;
      bar.hidden = line.hidden = true;
      for (const pane of ["before", "after"]) map.getPane(pane).style.clipPath = "";
    }

    return { show, hide };
  }

  return { addTo };
})();
