// What Leaflet and folium leave open: popups, the scale, the north arrow, addresses.
// All text arrives as data and is set as text, never as HTML.
"use strict";

const campMonitor = (() => {
  const layersById = new Map();
  let common = [];  // what the popups of several findings print alike
  let seen = {};  // what the looks at each event's ground showed
  let images = null;  // which dates are shown
  const wide = window.matchMedia("(min-width: 760px)");

  function make(tag, className, ...children) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.append(...children);
    return element;
  }

  function definitions(className, pairs) {
    const list = make("dl", className);
    for (const [name, value] of pairs) list.append(make("dt", "", name), make("dd", "", value));
    return list;
  }

  function confidence(level, words) {
    const steps = ["low", "medium", "high"];
    const meter = make("span", "meter");
    meter.setAttribute("aria-hidden", "true");
    for (const step of steps) {
      meter.append(make("i", steps.indexOf(step) <= steps.indexOf(level) ? "on" : ""));
    }
    return make("p", "confidence", meter, words);
  }

  function findingPopup(finding) {
    const body = make("div", `popup kind-${finding.kind}`);
    body.append(
      make("h2", "", finding.title),
      make("p", "interval", finding.interval),
      make("p", "area", make("strong", "", finding.area), ` (${finding.areaInterval})`),
      confidence(finding.confidence, finding.confidenceText),
      make("p", "", finding.position),
    );
    if (seen.strips[finding.eventId]) body.append(strip.of(seen.looks, seen.strips[finding.eventId]));
    if (finding.event) body.append(make("p", "event", finding.event));
    const [latest, ...earlier] = finding.reviews;
    body.append(make("p", `review ${finding.verdict}`, latest || texts.unreviewed));
    for (const review of earlier) {
      body.append(make("p", "review earlier", texts.earlier.replace("{review}", () => review)));
    }
    const known = make("details", "known", make("summary", "", texts.known));
    if (finding.evidence.length) {
      known.append(make("h3", "", texts.evidence), definitions("evidence", finding.evidence));
    }
    if (finding.explanations.length) {
      known.append(make("h3", "", texts.explanations), definitions("explanations", finding.explanations));
    }
    if (finding.caveats.length) {
      const caveats = finding.caveats.map((caveat) => make("li", "", caveat));
      known.append(make("h3", "", texts.caveats), make("ul", "", ...caveats));
    }
    if (known.children.length > 1) body.append(known);
    const record = make("details", "record", make("summary", "", `${texts.finding} ${finding.id}`));
    record.append(definitions("", finding.record));
    body.append(record);
    return body;
  }

  function unseenPopup(place) {
    const body = make("div", "popup unseen", make("h2", "", texts.notSeen));
    for (const [question, interval, reason] of place.questions) {
      body.append(make("h3", "", question), make("p", "", interval), make("p", "", reason));
    }
    body.append(make("p", "", texts.notKnown));
    return body;
  }

  const popupOptions = { maxWidth: 358, minWidth: 220, autoPan: false };
  function openByKey(layer, label) {
    layer.on("add", () => {
      const path = layer.getElement();
      path.setAttribute("tabindex", "0");
      path.setAttribute("role", "button");
      path.setAttribute("aria-label", label);
      path.onkeydown = (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          layer.openPopup();
        }
      };
    });
  }

  function bindFinding(feature, layer) {
    const finding = { ...common[feature.properties.common], ...feature.properties };
    layersById.set(finding.id, layer);
    layer.bindPopup(() => findingPopup(finding), popupOptions);
    inView.keepWhole(layer);
    layer.on("popupopen popupclose", (event) => {
      const links = document.querySelectorAll(`.findings a[href="#${finding.id}"]`);
      layer.getElement()?.classList.toggle("chosen", event.type === "popupopen");
      for (const link of links) link.toggleAttribute("aria-current", event.type === "popupopen");
      if (event.type === "popupclose") return;
      images.showPairOf(finding);
      for (const link of links) link.setAttribute("aria-current", "true");
      if (addressed() !== finding.id) window.history.replaceState(null, "", `#${finding.id}`);
    });
    const verdict = finding.verdict === "unreviewed" ? "" : `, ${texts[`verdict_${finding.verdict}`]}`;
    openByKey(layer, `${finding.title}, ${finding.interval}, ${finding.area}${verdict}`);
  }

  function bindUnseen(feature, layer) {
    layer.bindPopup(() => unseenPopup(feature.properties), { ...popupOptions, autoPan: true });
    openByKey(layer, texts.notSeen);
  }

  const addressed = () => window.location.hash.slice(1);

  // Moves the map to a finding, switches its layer on if it is off, and opens its popup at its
  // northernmost corner, so that the popup does not lie over it.
  function showFinding(map, parts, id) {
    const layer = layersById.get(id);
    if (!layer) return;
    for (const group of parts.findings) {
      if (group.getLayers().some((shapes) => shapes.hasLayer(layer))) group.addTo(map);
    }
    layer.closePopup();  // one that is open would stay where it was
    const zoom = map.getBoundsZoom(layer.getBounds().pad(1.2));
    const view = [layer.getBounds().getCenter(), Math.min(Math.max(zoom, parts.openingZoom), 18)];
    map.setView(...view, { animate: false });
    layer.openPopup(inView.northernmost(layer));
  }

  function openAddressed(map, parts) {
    const layer = layersById.get(addressed());
    if (layer && !layer.isPopupOpen()) showFinding(map, parts, addressed());
  }

  // On a phone the list lies over the map, so it closes when a finding was chosen.
  function connectList(map, parts) {
    const list = document.querySelector(".panel-body");
    list.addEventListener("click", (event) => {
      const link = event.target.closest(".findings a");
      if (!link) return;
      event.preventDefault();
      const id = link.hash.slice(1);
      if (addressed() !== id) window.history.pushState(null, "", link.hash);
      const panel = document.querySelector("details.panel");
      const narrow = !wide.matches;
      if (narrow) panel.open = false;
      map.invalidateSize({ animate: false });
      showFinding(map, parts, id);
      if (narrow) layersById.get(id).getElement().focus({ preventScroll: true });
    });
    list.addEventListener("keydown", (event) => {
      if (event.key === "Escape") map.closePopup();
    });
  }

  function addNorthArrow(map) {
    const control = L.control({ position: "topright" });
    control.onAdd = () => {
      const arrow = make("div", "north");
      arrow.innerHTML =
        '<svg width="22" height="34" viewBox="0 0 22 34" role="img" aria-label="' + texts.north + '">' +
        '<path d="M11 1 20 22 11 17.5 2 22Z" fill="#fff" stroke="#10202b" stroke-width="1.5"/>' +
        '<path d="M11 1 11 17.5 2 22Z" fill="#10202b"/>' +
        '<text x="11" y="33" text-anchor="middle" font-size="10.5" font-weight="700">N</text></svg>';
      return arrow;
    };
    control.addTo(map);
  }

  // In a corner of the map where there is room, else in the panel.
  function placeLocator(map) {
    const inset = document.querySelector(".locator");
    if (!inset) return;
    const home = inset.parentElement;
    const control = L.control({ position: "bottomleft" });
    control.onAdd = () => make("div", "inset");
    control.addTo(map);
    const arrange = () => (wide.matches ? control.getContainer() : home).append(inset);
    wide.addEventListener("change", arrange);
    arrange();
  }

  function addOutlineLabel(parts, data) {
    const label = L.tooltip({ permanent: true, direction: "top", className: "outline-label" });
    label.setLatLng(data.outlineTop).setContent(make("span", "", data.outlineLabel));
    parts.outline.addLayer(label);
  }

  // Lies in a pane of the map, so that popups can be read over it, but does not move with it.
  function addSimulatedMark(map) {
    const mark = make("div", "simulated-mark", texts.simulated);
    map.getPane("mark").append(mark);
    function update() {
      const size = map.getSize();
      L.DomUtil.setPosition(mark, map.containerPointToLayerPoint([0, 0]));
      Object.assign(mark.style, { width: `${size.x}px`, height: `${size.y}px` });
      mark.style.fontSize = `${size.x / 7.5}px`;
    }
    map.on("move zoom viewreset resize", update);
    update();
  }

  // Pixels stay squares when they are larger than the screen's, and are smoothed when smaller.
  function keepPixelsHonest(map, pictures) {
    function update() {
      for (const picture of pictures) {
        const image = picture.getElement();
        if (!image || !image.naturalWidth) continue;
        const scale = image.getBoundingClientRect().width / image.naturalWidth;
        image.classList.toggle("pixels", scale > 1.5);
      }
    }
    map.on("zoomend overlayadd", update);
    for (const picture of pictures) picture.on("load", update);
    update();
  }

  // A popup is read out when it opens, can be scrolled by keyboard, and has a phone to itself.
  function letPopupsBeRead(map) {
    map.getPane("popupPane").setAttribute("aria-live", "polite");
    map.getContainer().addEventListener("keydown", (event) => {
      if (event.key === "Escape") map.closePopup();
    });
    map.on("popupopen popupclose", ({ type, popup }) => {
      map.getContainer().classList.toggle("reading", type === "popupopen");
      const content = popup.getElement().querySelector(".leaflet-popup-content");
      content.tabIndex = 0;
      content.setAttribute("role", "group");
      content.setAttribute("aria-label", content.querySelector("h2").textContent);
      popup.getElement().querySelector(".leaflet-popup-close-button")
        ?.setAttribute("aria-label", texts.close);
    });
  }

  // Leaflet's own labels are English.
  function labelZoom(map) {
    for (const [which, label] of [["in", texts.zoomIn], ["out", texts.zoomOut]]) {
      const button = map.getContainer().querySelector(`.leaflet-control-zoom-${which}`);
      if (!button) continue;
      button.title = label;
      button.setAttribute("aria-label", label);
    }
  }

  function arrangePanel(map) {
    const panel = document.querySelector("details.panel");
    const arrange = () => { panel.open = wide.matches; };
    wide.addEventListener("change", arrange);
    arrange();
    new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());
  }

  function limitView(map, parts, bounds) {
    const whole = L.latLngBounds(bounds);
    for (const role of ["before", "after"]) {
      if (parts[role]) whole.extend(parts[role].getBounds());
    }
    const view = L.latLngBounds(bounds).pad(0.05);
    const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
    const corners = [view.getSouthWest(), view.getNorthEast()].map((corner) => [
      clamp(corner.lat, whole.getSouth(), whole.getNorth()),
      clamp(corner.lng, whole.getWest(), whole.getEast()),
    ]);
    const edges = { paddingTopLeft: [16, 36], paddingBottomRight: [16, 28] };
    const { zoomSnap } = map.options;
    map.options.zoomSnap = 0;  // to fill the page at first
    map.fitBounds(corners, { ...edges, maxZoom: 18, animate: false });
    map.options.zoomSnap = zoomSnap;
    parts.openingZoom = map.getZoom();
    map.setMaxBounds(whole.pad(1.5));  // so wide that there is room for a popup
    map.setMinZoom(Math.min(map.getBoundsZoom(whole) - 1, map.getZoom()));
  }

  // Corners are whole steps from the corner before, in parts of a degree.
  function unpacked([rings, properties], unit) {
    const coordinates = rings.map((steps) => {
      const corners = [];
      let [x, y] = [0, 0];
      for (let n = 0; n < steps.length; n += 2) {
        x += steps[n];
        y += steps[n + 1];
        corners.push([x / unit, y / unit]);
      }
      return corners;
    });
    return { type: "Feature", properties, geometry: { type: "Polygon", coordinates } };
  }

  function drawShapes(parts, { unit, sets }) {
    sets.forEach((shapes, n) => {
      const features = shapes.map((shape) => unpacked(shape, unit));
      for (const layer of parts.shapes[n]) layer.addData(features);
    });
  }

  function start(map, parts, data, pictures) {
    ({ common, seen } = data);
    drawShapes(parts, data.shapes);
    arrangePanel(map);
    map.invalidateSize({ animate: false });
    document.getElementById("layers").append(parts.control.getContainer());
    L.control.attribution({ prefix: "Leaflet" }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 120 }).addTo(map);
    placeLocator(map);
    labelZoom(map);
    addNorthArrow(map);
    ruler.addTo(map, make);
    addOutlineLabel(parts, data);
    limitView(map, parts, data.bounds);
    keepPixelsHonest(map, [parts.before, parts.after].filter(Boolean));
    images = dates.addTo(map, parts, data, pictures, make);
    if (data.simulated) addSimulatedMark(map);
    letPopupsBeRead(map);
    connectList(map, parts);
    search.connect();
    printing.connect(map);
    window.addEventListener("hashchange", () => openAddressed(map, parts));
    openAddressed(map, parts);
  }

  const shared = {
    make, popupOptions, wide, addressed, addNorthArrow, arrangePanel, labelZoom, letPopupsBeRead,
  };
  return { bindFinding, bindUnseen, start, shared };
})();
