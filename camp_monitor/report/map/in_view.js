// Where a popup opens, and what of the map is seen beside it.
"use strict";

const inView = (() => {
  const MARGIN = 12;  // pixels between what is looked at and the edge of the map ...
  const CONTROLS = 76;  // ... and above the divider's handle and the scale
  const ARROW = 56;  // the column of the north arrow, which goes while a narrow map is read
  const rightMargin = (map) => (map.getSize().x > 600 ? ARROW : MARGIN);

  const northernmost = (layer) => layer.getLatLngs().flat(Infinity).reduce(
    (top, corner) => (corner.lat > top.lat ? corner : top),
  );

  // Zooms out where it must, and moves the map, so that a shape is seen whole below its popup.
  function keepInView(map, layer, popup) {
    const size = map.getSize();
    const corners = () => {
      const bounds = layer.getBounds();
      return [bounds.getNorthWest(), bounds.getSouthEast()].map((at) => map.latLngToContainerPoint(at));
    };
    const { offsetWidth: width, offsetHeight: height } = popup.getElement();
    const above = height + 10;  // with its tip
    const right = rightMargin(map);
    const room = { x: size.x - MARGIN - right, y: size.y - above - MARGIN - CONTROLS };
    let [first, last] = corners();
    const tip = map.latLngToContainerPoint(popup.getLatLng());
    const beside = room.x - width / 2;  // for what of the shape lies on one side of the tip
    const times = Math.max(
      (last.x - first.x) / room.x, (tip.x - first.x) / beside, (last.x - tip.x) / beside,
      (last.y - first.y) / Math.max(room.y, 40),
    );
    if (times > 1) {
      map.setZoom(Math.floor((map.getZoom() - Math.log2(times)) * 4) / 4, { animate: false });
      [first, last] = corners();
    }
    const anchor = map.latLngToContainerPoint(popup.getLatLng());
    const past = (low, high, from, to) => (low < from ? low - from : Math.max(high - to, 0));
    map.panBy([
      past(Math.min(first.x, anchor.x - width / 2), Math.max(last.x, anchor.x + width / 2),
        MARGIN, size.x - right),
      past(anchor.y - above, last.y, MARGIN, size.y - CONTROLS),
    ], { animate: false });
  }

  function keepWhole(layer) {
    layer.on("popupopen", ({ popup }) => {
      const map = popup._map;
      popup.setLatLng(northernmost(layer));
      keepInView(map, layer, popup);
      popup.getElement().addEventListener("toggle", () => keepInView(map, layer, popup), true);
    });
  }

  return { keepWhole, northernmost, rightMargin, MARGIN };
})();
