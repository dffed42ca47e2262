// Two pictures of a run in one view, with a line between them, and tiles drawn over.
"use strict";

const look = (() => {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const at = (id) => document.getElementById(id);
  // Cividis: as readable with any colour vision, and in grey.
  const RAMP = [[0, 34, 78], [52, 69, 108], [102, 105, 112], [149, 143, 120], [201, 184, 105], [254, 232, 56]];
  let viewer = null;
  let data = null;
  let place = "";
  let split = 0.5;
  let chosenTile = null;
  const sides = { left: null, right: null };
  const shown = { left: "", right: "" };
  let asked = 0;

  function start() {
    viewer = OpenSeadragon({
      element: at("viewer"),
      drawer: "canvas",
      showNavigationControl: false,
      // Files from a disk may be drawn, but not be handed to anything that could read them.
      crossOriginPolicy: false,
      animationTime: calm.matches ? 0 : 0.6,
      springStiffness: 8,
      visibilityRatio: 0.4,
      minZoomImageRatio: 0.1,
      maxZoomPixelRatio: 8,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
      gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: true },
      gestureSettingsPen: { clickToZoom: false, dblClickToZoom: true },
    });
    viewer.canvas.setAttribute("role", "application");
    viewer.canvas.setAttribute("aria-label", "The picture, to move and zoom");
    for (const event of ["open", "viewport-change", "resize", "animation", "animation-finish"]) {
      viewer.addHandler(event, redraw);
    }
    viewer.addHandler("canvas-click", (event) => {
      if (event.quick) pick(viewer.viewport.pointFromPixel(event.position));
    });
    at("in").onclick = () => zoomTo(viewer.viewport.getZoom() * 1.5);
    at("out").onclick = () => zoomTo(viewer.viewport.getZoom() / 1.5);
    at("whole").onclick = () => viewer.viewport.goHome(calm.matches);
    at("full").onclick = () => zoomTo(full());
    at("split").oninput = (event) => divide(Number(event.target.value) / 1000);
    at("left").onchange = at("right").onchange = show;
    at("grid").onchange = () => { chosenTile = null; at("tile").textContent = ""; redraw(); };
    at("heat").onchange = redraw;
    drag(at("divider"));
    new ResizeObserver(redraw).observe(at("viewer"));
  }

  // ---- zoom

  const density = () => window.devicePixelRatio || 1;

  // The zoom at which one pixel of the print is one pixel of the screen.
  const full = () => data.width / viewer.viewport.getContainerSize().x / density();

  function zoomTo(zoom) {
    viewer.viewport.zoomTo(zoom, null, calm.matches);
    viewer.viewport.applyConstraints(calm.matches);
  }

  // ---- the line between left and right

  function divide(share) {
    split = Math.min(1, Math.max(0, share));
    at("split").value = Math.round(split * 1000);
    redraw();
  }

  function drag(handle) {
    const move = (event) => {
      const box = at("viewer").getBoundingClientRect();
      divide((event.clientX - box.left) / box.width);
    };
    handle.addEventListener("pointerdown", (event) => {
      handle.setPointerCapture(event.pointerId);
      handle.addEventListener("pointermove", move);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      handle.addEventListener(end, () => handle.removeEventListener("pointermove", move));
    }
  }

  // ---- pictures

  function update(found, from) {
    data = found;
    place = from;
    if (!viewer) start();
    options(at("left"), data.pictures, "photo", "level-0");
    options(at("right"), data.pictures, "newest", "newest");
    grids();
    show();
    redraw();
  }

  // What the user chose stays; else the first that is there of what is usual.
  function options(select, pictures, ...usual) {
    const names = pictures.map((picture) => picture.id);
    const newest = names.filter((name) => name.startsWith("level-")).pop() || names[0] || "";
    const before = select.dataset.chosen || "";
    fill(select, pictures.map((picture) => [picture.id, picture.title]));
    const wanted = usual.map((name) => (name === "newest" ? newest : name));
    select.value = [before, ...wanted, newest].find((name) => names.includes(name)) || "";
    if (!select.dataset.bound) {
      select.dataset.bound = "1";
      select.addEventListener("input", () => { select.dataset.chosen = select.value; });
    }
  }

  function fill(select, pairs) {
    const text = JSON.stringify(pairs);
    if (select.dataset.filled === text) return;
    select.dataset.filled = text;
    const value = select.value;
    select.replaceChildren(...pairs.map(([name, title]) => new Option(title, name)));
    if (pairs.some(([name]) => name === value)) select.value = value;
  }

  const picture = (id) => data.pictures.find((each) => each.id === id);

  function show() {
    for (const side of ["left", "right"]) {
      const wanted = picture(at(side).value);
      at(`name-${side}`).textContent = wanted ? wanted.title : "";
      if (!wanted || shown[side] === wanted.folder) continue;
      shown[side] = wanted.folder;
      put(side, wanted, ++asked);
    }
  }

  function put(side, wanted, turn) {
    const height = data.height / data.width;
    const last = sides[side];
    viewer.addTiledImage({
      tileSource: {
        width: wanted.width,
        height: wanted.height,
        tileSize: data.piece,
        tileOverlap: data.overlap,
        minLevel: 0,
        maxLevel: wanted.top,
        getTileUrl: (level, x, y) => `${place}pictures/${wanted.folder}/${level}/${x}_${y}.jpg`,
      },
      fitBounds: new OpenSeadragon.Rect(0, 0, 1, height),
      index: side === "left" ? 0 : undefined,
      success: (event) => {
        if (shown[side] !== wanted.folder) { viewer.world.removeItem(event.item); return; }
        if (last && viewer.world.getIndexOfItem(last) >= 0) viewer.world.removeItem(last);
        sides[side] = event.item;
        if (sides.right) viewer.world.setItemIndex(sides.right, viewer.world.getItemCount() - 1);
        if (turn <= 2 && viewer.world.getItemCount() === 1) viewer.viewport.goHome(true);
        redraw();
      },
    });
  }

  function clip(side, from, to) {
    const item = sides[side];
    if (!item) return;
    const size = item.getContentSize();
    const edge = (share) => {
      const pixel = new OpenSeadragon.Point(share * viewer.viewport.getContainerSize().x, 0);
      const point = viewer.viewport.pointFromPixel(pixel, true);
      return Math.min(size.x, Math.max(0, item.viewportToImageCoordinates(point, true).x));
    };
    const left = from === 0 ? 0 : edge(from);
    const right = to === 1 ? size.x : edge(to);
    item.setOpacity(right - left < 0.5 ? 0 : 1);
    if (right - left >= 0.5) item.setClip(new OpenSeadragon.Rect(left, 0, right - left, size.y));
  }

  // ---- tiles over the picture

  const sweepOf = () => {
    const [level, sweep] = (at("grid").value || "").split("/").map(Number);
    const found = data && level ? data.levels.find((each) => each.level === level) : null;
    return found ? { level: found, sweep: found.sweeps[sweep - 1] } : null;
  };

  function grids() {
    const pairs = [["", "none"]];
    for (const level of data.levels) {
      for (const sweep of level.sweeps) {
        pairs.push([`${level.level}/${sweep.sweep}`, `${level.name}, sweep ${sweep.sweep} of ${level.sweeps.length}`]);
      }
    }
    fill(at("grid"), pairs);
  }

  const KINDS = {
    last: { of: (tile) => tile.last, text: (value) => page.number(value) },
    fell: { of: (tile) => (tile.first ? 1 - tile.last / tile.first : null), text: (value) => `${Math.round(100 * value)} %` },
    seconds: { of: (tile) => tile.seconds, text: (value) => page.duration(value) },
  };

  function heat(found) {
    const kind = KINDS[at("heat").value];
    const values = found && kind ? found.sweep.tiles.map(kind.of).filter((value) => value !== null) : [];
    at("legend").hidden = !values.length;
    if (!values.length) return null;
    const least = Math.min(...values);
    const most = Math.max(...values);
    at("least").textContent = kind.text(least);
    at("most").textContent = kind.text(most);
    return (tile) => {
      const value = kind.of(tile);
      return value === null ? null : ramp(most > least ? (value - least) / (most - least) : 0.5);
    };
  }

  function ramp(share) {
    const spot = Math.min(RAMP.length - 1.001, share * (RAMP.length - 1));
    const low = Math.floor(spot);
    const mixed = RAMP[low].map((one, i) => Math.round(one + (spot - low) * (RAMP[low + 1][i] - one)));
    return `rgba(${mixed.join(",")},0.7)`;
  }

  function redraw() {
    if (!viewer || !data) return;
    const frame = viewer.viewport.getContainerSize();
    at("divider").style.left = `${split * 100}%`;
    clip("left", 0, split);
    clip("right", split, 1);
    at("zoom").textContent = `${page.number((100 * viewer.viewport.getZoom(true)) / full())} %`;
    const canvas = at("overlay");
    const [wide, high] = [frame.x * density(), frame.y * density()].map(Math.round);
    if (canvas.width !== wide || canvas.height !== high) { canvas.width = wide; canvas.height = high; }
    const pen = canvas.getContext("2d");
    pen.setTransform(density(), 0, 0, density(), 0, 0);
    pen.clearRect(0, 0, frame.x, frame.y);
    const found = sweepOf();
    const colour = heat(found);
    if (!found) return;
    for (const tile of found.sweep.tiles) square(pen, found.level, tile, colour);
  }

  function square(pen, level, tile, colour) {
    const corner = (x, y) =>
      viewer.viewport.pixelFromPoint(new OpenSeadragon.Point(x / level.width, y / level.width), true);
    const first = corner(tile.x, tile.y);
    const last = corner(tile.x + tile.width, tile.y + tile.height);
    const box = [first.x, first.y, last.x - first.x, last.y - first.y];
    const fill = colour && colour(tile);
    if (fill) { pen.fillStyle = fill; pen.fillRect(...box); }
    const chosen = chosenTile && chosenTile.row === tile.row && chosenTile.col === tile.col;
    // Dark under light: seen on any picture.
    pen.strokeStyle = "#000";
    pen.lineWidth = chosen ? 7 : 3;
    pen.strokeRect(...box);
    pen.strokeStyle = chosen ? "#fee838" : "#fff";
    pen.lineWidth = chosen ? 4 : 1;
    pen.strokeRect(...box);
  }

  function pick(point) {
    const found = sweepOf();
    if (!found) return;
    const [x, y] = [point.x * found.level.width, point.y * found.level.width];
    const tile = found.sweep.tiles.find(
      (each) => x >= each.x && y >= each.y && x < each.x + each.width && y < each.y + each.height);
    if (tile) choose(found.level, found.sweep, tile);
  }

  function choose(level, sweep, tile) {
    at("grid").value = `${level.level}/${sweep.sweep}`;
    chosenTile = tile;
    const parts = [`${level.name}, tile ${tile.row},${tile.col}`];
    if (tile.seconds !== null) parts.push(page.duration(tile.seconds));
    if (tile.last !== null) parts.push(`loss ${page.number(tile.first)} to ${page.number(tile.last)}`);
    else parts.push("not made yet");
    at("tile").textContent = parts.join(", ");
    for (const row of document.querySelectorAll("#again tr")) {
      row.classList.toggle("chosen", row.dataset.tile === `${level.level}/${tile.row},${tile.col}`);
    }
    redraw();
  }

  return { update, choose, divide };
})();
