// Distances on the ground.
"use strict";

const ruler = (() => {
  // Clicks on the ground add up to a line, whose length the control says; Escape ends it.
  function addTo(map, make) {
    const control = L.control({ position: "topleft" });
    const line = L.polyline([], { color: "#10202b", weight: 3, dashArray: "2 6", interactive: false });
    let length = null;
    const button = make("button", "", "↔");
    const said = make("output", "");
    const add = ({ latlng }) => {
      line.addLatLng(latlng);
      const points = line.getLatLngs();
      length = points.slice(1).reduce((sum, point, n) => sum + map.distance(points[n], point), 0);
      said.textContent = length < 1000 ? `${Math.round(length)} m` : `${(length / 1000).toFixed(2)} km`;
    };
    function measure(on) {
      button.setAttribute("aria-pressed", on);
      map.getContainer().classList.toggle("measuring", on);
      line.setLatLngs([]);
      said.textContent = on ? texts.measureFrom : "";
      if (on) {
        map.closePopup();
        line.addTo(map);
        map.on("click", add);
      } else {
        line.remove();
        map.off("click", add);
      }
    }
    Object.assign(button, { type: "button", title: texts.measure });
    button.setAttribute("aria-label", texts.measure);
    button.addEventListener("click", () => measure(button.getAttribute("aria-pressed") !== "true"));
    window.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && button.getAttribute("aria-pressed") === "true") measure(false);
    });
    control.onAdd = () => {
      const bar = make("div", "leaflet-bar ruler", button, said);
      L.DomEvent.disableClickPropagation(bar);
      return bar;
    };
    control.addTo(map);
    measure(false);
  }

  return { addTo };
})();
