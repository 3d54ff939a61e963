// The overview: places on a plain sheet with lines of longitude and latitude, names, popups, list.
// All text arrives as data and is set as text, never as HTML.
const campOverview = (() => {
  const {
    make, popupOptions, wide, addressed, addNorthArrow, arrangePanel, labelZoom, letPopupsBeRead,
  } = campMonitor.shared;
  const STEPS_DEG = [20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
  const LEAST_GAP_PX = 100;
  const DASHES = { derived: "10 7", placeholder: "2 7" };

  const bounds = new Map();  // of the outlines, by id

  function placePopup(place) {
    const body = make("div", "popup", make("h2", "", place.name));
    body.firstChild.dir = "auto";
    for (const [language, name] of place.otherNames) {
      const line = make("p", "also", name);
      line.lang = language;
      body.append(line);
    }
    body.append(make("p", "fine", place.outline), make("p", "fine", place.status));
    if (!place.questions.length) {
      body.append(make("p", "never-scanned", texts.neverScanned));
      body.append(make("p", "", texts.nothingKnown));
      return body;
    }
    const counts = make("ul", "counts");
    for (const [kind, title, count] of place.counts) {
      counts.append(make("li", "", swatch(kind), title, make("b", "", count)));
    }
    body.append(make("h3", "", texts.allFindings));
    body.append(place.counts.length ? counts : make("p", "", texts.none));
    body.append(make("h3", "", texts.latest));
    for (const [question, outcome, interval, seen, reason] of place.questions) {
      const about = `${interval}. ${seen}${reason ? ` ${reason}` : ""}`;
      body.append(make("p", "answer", make("b", "", question), `: ${outcome}`));
      body.append(make("p", "fine", about));
    }
    return body;
  }

  function swatch(kind) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    const box = document.createElementNS(space, "rect");
    const set = (element, values) => {
      for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
    };
    set(svg, { class: "swatch", "aria-hidden": "true" });
    set(box, { x: 1.5, y: 1.5, width: 25, height: 15, fill: `url(#hatch-${kind})`, stroke: "#55636f" });
    svg.append(box);
    return svg;
  }

  function addPlace(map, place) {
    const basis = place.basis === "placeholder" ? " placeholder" : "";
    const sign = make("i", `place ${place.state}${basis}`, place.standing ? String(place.standing) : "");
    const size = { iconSize: [28, 28], popupAnchor: [0, -10] };
    const icon = L.divIcon({ className: "place-icon", html: sign, ...size });
    const order = { findings: 3000, looked: 2000, not_seen: 1000 }[place.state] || 0;
    const marker = L.marker(place.at, { icon, zIndexOffset: order });
    marker.bindPopup(() => placePopup(place), {
      ...popupOptions,
      autoPan: true,
      autoPanPaddingTopLeft: [inView.MARGIN, inView.MARGIN],
      autoPanPaddingBottomRight: [inView.rightMargin(map), inView.MARGIN],
    });
    marker.on("add", () => {
      marker.getElement().setAttribute("aria-label", `${place.name}: ${place.line}`);
    });
    marker.on("popupopen popupclose", (event) => {
      const link = document.querySelector(`#places a[href="#${place.id}"]`);
      if (event.type === "popupclose") {
        link?.removeAttribute("aria-current");
        return;
      }
      link?.setAttribute("aria-current", "true");
      if (addressed() !== place.id) window.history.replaceState(null, "", `#${place.id}`);
    });
    const shape = L.geoJSON(place.shape, {
      interactive: false,
      style: {
        color: "#33566e", weight: 1.5, fillColor: "#33566e", fillOpacity: 0.08,
        dashArray: DASHES[place.basis],
      },
    }).addTo(map);
    bounds.set(place.id, shape.getBounds());
    return marker.addTo(map);
  }

  // Names stand where they hide neither a place nor another name; the rest appear on zooming in.
  function addNames(map, places) {
    map.createPane("names").style.zIndex = 590;
    map.getPane("names").style.pointerEvents = "none";
    const names = places.map((place) => {
      const element = make("div", "place-name", place.label);
      element.dir = "auto";
      map.getPane("names").append(element);
      return { place, element, width: element.offsetWidth, height: element.offsetHeight };
    });
    function arrange() {
      const spots = places.map((place) => map.latLngToLayerPoint(place.at));
      // A sign reaches as far as its outline, unless that fills the view.
      const reaches = places.map((place) => {
        const at = bounds.get(place.id);
        const [east, west] = [at.getNorthEast(), at.getSouthWest()].map((corner) => map.latLngToLayerPoint(corner));
        return Math.max(11, Math.min((east.x - west.x) / 2, 60));
      });
      const signs = spots.map(({ x, y }, n) => [x - reaches[n], y - reaches[n], x + reaches[n], y + reaches[n]]);
      const edge = map.containerPointToLayerPoint([0, 0]);
      const frame = map.getContainer().getBoundingClientRect();
      // Boxes that are taken: by the buttons, the north arrow and the degrees along the top, then
      // by one name after the other.
      const named = [...map.getContainer().querySelectorAll(".leaflet-control")].map((control) => {
        const box = control.getBoundingClientRect();
        const [x, y] = [edge.x + box.left - frame.left, edge.y + box.top - frame.top];
        return [x, y, x + box.width, y + box.height];
      });
      const [right, bottom] = [edge.x + map.getSize().x, edge.y + map.getSize().y];
      named.push([edge.x, edge.y, right, edge.y + 22]);
      const meets = (box, other) => (
        box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]
      );
      const cut = (box) => (
        meets(box, [edge.x, edge.y, right, bottom]) &&
        (box[0] < edge.x || box[1] < edge.y || box[2] > right || box[3] > bottom)
      );
      // For a place that was scanned, signs that its own sign covers in part do not count.
      const free = (box, own) => (
        !cut(box) && !named.some((other) => meets(box, other)) &&
        !signs.some((other) => meets(box, other) && !(own && meets(own, other)))
      );
      names.forEach(({ place, element, width, height }, index) => {
        const { x, y } = spots[index];
        const away = reaches[index] + 2;
        const [east, west] = [x + away, x - away - width];
        const [above, level, below] = [y - away + 1 - height, y - height / 2, y + away - 1];
        const corners = [
          [east, level], [west, level], [x - width / 2, below], [x - width / 2, above],
          [east - 6, below - 4], [east - 6, above + 4], [west + 6, below - 4], [west + 6, above + 4],
        ];
        const boxes = corners.map(([left, top]) => [left, top, left + width, top + height]);
        const own = place.state === "never" ? null : signs[index];
        const box = boxes.find((one) => free(one, null)) || boxes.find((one) => free(one, own));
        element.style.visibility = box ? "visible" : "hidden";
        if (!box) return;
        named.push(box);
        L.DomUtil.setPosition(element, L.point(Math.round(box[0]), Math.round(box[1])));
      });
    }
    map.on("zoomend viewreset moveend resize", arrange);
    arrange();
  }

  function degreeWords(value, step, signs) {
    const decimals = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
    const sign = Math.abs(value) < step / 2 ? "" : ` ${signs[value > 0 ? 0 : 1]}`;
    return `${Math.abs(value).toFixed(decimals)}°${sign}`;
  }

  // Lies in a pane below the places and is drawn anew for each view; in this projection the lines
  // of longitude and latitude are straight.
  function addGraticule(map) {
    map.createPane("graticule").style.zIndex = 200;
    const sheet = make("div", "graticule");
    sheet.setAttribute("aria-hidden", "true");
    map.getPane("graticule").append(sheet);
    function line(className, style, text) {
      const element = make("div", className, make("span", "", text));
      Object.assign(element.style, style);
      sheet.append(element);
    }
    function draw() {
      const size = map.getSize();
      const view = map.getBounds();
      L.DomUtil.setPosition(sheet, map.containerPointToLayerPoint([0, 0]));
      Object.assign(sheet.style, { width: `${size.x}px`, height: `${size.y}px` });
      sheet.replaceChildren();
      const pixelsPerDegree = size.x / (view.getEast() - view.getWest());
      const fine = STEPS_DEG.filter((step) => step * pixelsPerDegree >= LEAST_GAP_PX);
      const step = fine.length ? fine[fine.length - 1] : STEPS_DEG[0];
      const middle = view.getCenter();
      for (let n = Math.ceil(view.getWest() / step); n * step <= view.getEast(); n += 1) {
        const { x } = map.latLngToContainerPoint([middle.lat, n * step]);
        const clear = x > 45 && x < size.x - 85;  // of the buttons and the north arrow
        line("meridian", { left: `${x}px` }, clear ? degreeWords(n * step, step, "EW") : "");
      }
      for (let n = Math.ceil(view.getSouth() / step); n * step <= view.getNorth(); n += 1) {
        const { y } = map.latLngToContainerPoint([n * step, middle.lng]);
        const clear = y > 75 && y < size.y - 40;
        line("parallel", { top: `${y}px` }, clear ? degreeWords(n * step, step, "NS") : "");
      }
    }
    map.on("move zoomend viewreset resize", draw);
    draw();
  }

  function addLand(map, land) {
    map.createPane("land").style.zIndex = 150;
    L.geoJSON(land, {
      pane: "land",
      interactive: false,
      style: ({ properties }) => ({
        color: "#8a857a", weight: 1, fillColor: properties.own ? "#fbfaf6" : "#e6e3db", fillOpacity: 1,
      }),
    }).addTo(map);
    map.getContainer().classList.toggle("with-land", land.features.length > 0);
  }

  function start(places, land) {
    const map = L.map("overview", {
      zoomSnap: 0.25, zoomDelta: 1, zoomAnimation: false, maxZoom: 17, attributionControl: false,
    });
    arrangePanel(map);
    const corners = places.map((place) => place.at);
    const whole = L.latLngBounds(corners.length ? corners : [[-60, -170], [75, 170]]);
    map.fitBounds(whole, { padding: [40, 40], maxZoom: 12, animate: false });
    map.setMinZoom(map.getZoom() - 1);
    map.setMaxBounds(whole.pad(1));
    addLand(map, land);
    addGraticule(map);
    const markers = new Map(places.map((place) => [place.id, addPlace(map, place)]));
    L.control.attribution({ prefix: "Leaflet" }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 120 }).addTo(map);
    labelZoom(map);
    addNorthArrow(map);
    addNames(map, places);
    letPopupsBeRead(map);

    function show(id) {
      const place = places.find((one) => one.id === id);
      if (!place) return;
      const zoom = Math.min(map.getBoundsZoom(bounds.get(id).pad(1)), 12);
      map.setView(place.at, zoom, { animate: false });
      markers.get(id).openPopup();
    }

    const list = document.getElementById("places");
    list.addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (!link) return;
      event.preventDefault();
      const id = link.hash.slice(1);
      if (addressed() !== id) window.history.pushState(null, "", link.hash);
      if (!wide.matches) document.querySelector("details.panel").open = false;
      map.invalidateSize({ animate: false });
      show(id);
      if (!wide.matches) markers.get(id).getElement().focus({ preventScroll: true });
    });
    list.addEventListener("keydown", (event) => {
      if (event.key === "Escape") map.closePopup();
    });
    const openAddressed = () => {
      if (!markers.get(addressed())?.isPopupOpen()) show(addressed());
    };
    search.connect();
    printing.connect(map);
    window.addEventListener("hashchange", openAddressed);
    openAddressed();
  }

  return { start };
})();
