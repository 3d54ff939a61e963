// Leaves of the lists only what bears a name, or an id, that is typed.
"use strict";

const search = (() => {
  // Korean is taken apart, so that a syllable that is half typed finds its words.
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const digits = (word) => (/^[ef][0-9a-f]{3,12}$/.test(word) ? word.slice(1) : word);

  function connect() {
    const input = document.getElementById("search");
    const said = document.getElementById("found");
    const rows = [...document.querySelectorAll("[data-search]")].map((row) => (
      { row, text: plain(`${row.dataset.search} ${row.textContent}`) }
    ));
    const groups = [...document.querySelectorAll(".panel details.group")];
    const opened = new Map(groups.map((group) => [group, group.open]));

    function find() {
      const words = plain(input.value).split(/\s+/).filter(Boolean).map(digits);
      let count = 0;
      for (const { row, text } of rows) {
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) count += 1;
      }
      for (const group of groups) {
        const has = group.querySelector("[data-search]:not([hidden])") !== null;
        group.hidden = !has;
        group.open = words.length ? has : opened.get(group);
      }
      said.textContent = "";
      if (words.length) said.textContent = count ? texts.found.replace("{count}", count) : texts.foundNone;
    }

    input.addEventListener("input", find);
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      document.querySelector("[data-search]:not([hidden]) a")?.click();
    });
  }

  return { connect };
})();
