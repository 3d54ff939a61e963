// Which dates are shown: two, a divider between them, or one over all of the map.
"use strict";

const dates = (() => {
  const words = (row) => `${row.date}, ${row.sensor}${row.seen ? `. ${row.seen}` : ""}`;

  function addTo(map, parts, { dates: rows, pair }, pictures, make) {
    const [first, last] = pair;
    let chosen = pair;  // of the finding that was chosen last
    const whole = parts.after || parts.before;
    const divider = parts.before && parts.after ? swipe.addTo(map, make) : null;
    const bar = document.querySelector(".dates-bar");
    const [both, range, said] = bar ? bar.querySelectorAll("button, input, output") : [];
    let single = null;  // the date that is shown alone
    let credits = [];

    function put(overlay, number) {
      overlay.setUrl(pictures[number]);
      overlay.setBounds(rows[number].bounds);
      const image = overlay.getElement();
      if (image) image.alt = words(rows[number]);
    }

    function credit(numbers) {
      for (const text of credits) map.attributionControl.removeAttribution(text);
      credits = numbers.map((number) => make("span", "", rows[number].credit).innerHTML);
      for (const text of credits) map.attributionControl.addAttribution(text);
    }

    function say(numbers, text, seen, hidden) {
      credit(numbers);
      if (!bar) return;
      both?.setAttribute("aria-pressed", single === null);
      range.value = numbers[numbers.length - 1];
      range.setAttribute("aria-valuetext", seen ? `${text}. ${seen}` : text);
      said.replaceChildren(make("b", "", text), make("span", hidden ? "hidden-date" : "", seen));
      bar.querySelectorAll(".ticks i").forEach((tick, number) => {
        tick.classList.toggle("shown", numbers.includes(number));
      });
    }

    function showPair(before, after) {
      single = null;
      put(parts.before, before);
      put(parts.after, after);
      divider.show(rows[before].date, rows[after].date);
      const text = texts.bothDates.replace("{before}", rows[before].date).replace("{after}", rows[after].date);
      say([before, after], text, "", false);
    }

    function showOne(number) {
      single = number;
      put(whole, number);
      divider?.hide();
      const { date, sensor, seen, hidden } = rows[number];
      say([number], `${date}, ${sensor}`, seen, hidden);
    }

    // The images between which a thing came, unless the reader looks at one date alone.
    function showPairOf(finding) {
      if (!divider || !finding.pair) return;
      chosen = finding.pair;
      if (single === null) showPair(...chosen);
    }

    function showFirst() {
      if (!whole) return;
      if (divider) {
        showPair(first, last);
        return;
      }
      const role = last === null ? "before" : "after";
      showOne(last ?? first ?? rows.length - 1);
      if (!bar) map.getContainer().append(make("p", "only-date", `${texts[`image_${role}`]}: ${rows[single].date}`));
    }

    if (bar) {
      for (const event of ["input", "click"]) {
        range.addEventListener(event, () => showOne(Number(range.value)));
      }
      if (divider) both.addEventListener("click", () => showPair(...(single === null ? pair : chosen)));
      else both.remove();
    }
    showFirst();
    return { showPairOf };
  }

  return { addTo };
})();
