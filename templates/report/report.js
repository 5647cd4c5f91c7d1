"use strict";
// The map and the table of a plan. Everything that is shown is set as text, never as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const el = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  const [ID, SHARD, TIER, COST, ROW] = [0, 1, 2, 3, 4];
  const [ACTION, CLASS, GROUP, DIGEST, FROM] = [0, 1, 2, 3, 4];
  const rowOf = (site) => (site[ROW] < 0 ? null : data.rows[site[ROW]]);
  const shardName = (index) => (index < 0 ? "none" : data.shards[index][0]);
  const money = (cents) => (cents === null ? "" : (cents / 100).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 }));
  const plural = (number, one, many) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

  // --- the map -------------------------------------------------------------------------------------------------
  const level = (percent) => [25, 50, 70, 85, 100].findIndex((end) => percent <= end);
  const cells = [];
  const regions = byId("regions");
  const small = data.shards.length > 120;
  data.regions.forEach((region, index) => {
    const own = data.shards.map((shard, at) => [shard, at]).filter(([shard]) => shard[1] === index);
    if (own.length === 0) return;
    const sites = own.reduce((sum, [shard]) => sum + shard[3], 0);
    const list = el("div", { class: small ? "cells small" : "cells", role: "toolbar", "aria-label": `Shards in ${region}` });
    own.forEach(([shard, at], position) => {
      const [id, , state, count, percent, fullest] = shard;
      const at_level = level(percent);
      const words = `${id}: ${plural(count, "site", "sites")}, ${fullest} ${percent} %${state === "active" ? "" : ", " + state}`;
      const cell = el("button", {
        type: "button", class: `cell l${at_level < 0 ? 5 : at_level}${state === "active" ? "" : " closed"}`,
        "aria-label": words, title: words, "aria-pressed": "false", tabindex: position === 0 ? "0" : "-1",
      });
      if (!small) cell.append(el("b", {}, id), el("span", {}, `${plural(count, "site", "sites")}, ${percent} %`), ...(state === "active" ? [] : [el("span", {}, state)]));
      cell.addEventListener("click", () => {
        const select = byId("by-shard");
        select.value = select.value === String(at) ? "" : String(at);
        filter();
        if (select.value) byId("sites").scrollIntoView();
      });
      cells[at] = cell;
      list.append(cell);
    });
    list.addEventListener("keydown", (event) => {
      const all = [...list.children];
      const now = all.indexOf(document.activeElement);
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -now, End: all.length - 1 - now }[event.key];
      if (step === undefined || now < 0) return;
      const next = all[Math.max(0, Math.min(all.length - 1, now + step))];
      all[now].tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
      event.preventDefault();
    });
    regions.append(el("div", { class: "region" }, el("h3", {}, `${region}: ${plural(own.length, "shard", "shards")}, ${plural(sites, "site", "sites")}`), list));
  });

  const SVG = "http://www.w3.org/2000/svg";
  const svg = (tag, attributes) => {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  };
  const MOST_ARROWS = 200;
  const drawn = svg("svg", { "aria-hidden": "true", focusable: "false" });
  const arrows = () => {
    drawn.replaceChildren();
    const marker = svg("marker", { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto" });
    marker.append(svg("path", { d: "M0 0L8 4L0 8z" }));
    drawn.append(marker);
    const box = regions.getBoundingClientRect();
    const middle = (index) => {
      const place = cells[index].getBoundingClientRect();
      // Beside the words of a cell that has some.
      return [place.left - box.left + place.width * (small ? 0.5 : 0.9), place.top - box.top + place.height / 2];
    };
    for (const [from, to, number] of data.moves.slice(0, MOST_ARROWS)) {
      if (!cells[from] || !cells[to]) continue;
      const [[x1, y1], [x2, y2]] = [middle(from), middle(to)];
      const [dx, dy] = [x2 - x1, y2 - y1];
      const bend = Math.min(40, Math.hypot(dx, dy) / 4) / (Math.hypot(dx, dy) || 1);
      const [cx, cy] = [(x1 + x2) / 2 - dy * bend, (y1 + y2) / 2 + dx * bend];
      drawn.append(svg("path", { d: `M${x1} ${y1}Q${cx} ${cy} ${x2} ${y2}`, "stroke-width": Math.min(5, 1.5 + Math.log2(number)), "marker-end": "url(#tip)" }));
    }
  };
  if (data.moves.length > 0) {
    regions.append(drawn);
    new ResizeObserver(arrows).observe(regions);
    const lines = data.moves.slice(0, 20).map(([from, to, number]) => el("li", {}, `${plural(number, "site", "sites")} from ${shardName(from)} to ${shardName(to)}`));
    byId("moves").append(el("h3", {}, "Moves"), el("ul", {}, ...lines));
    const more = data.moves.length - 20;
    if (more > 0) byId("moves").append(el("p", { class: "faint" }, `and ${plural(more, "more pair", "more pairs")} of shards${data.moves.length > MOST_ARROWS ? `; arrows are drawn for the ${MOST_ARROWS} with most sites` : ""}`));
  }

  // --- the table -----------------------------------------------------------------------------------------------
  const fill = (id, all, options) => {
    const select = byId(id);
    select.append(el("option", { value: "" }, all));
    for (const [value, words] of options) select.append(el("option", { value }, words));
  };
  const changed = data.sites.some((site) => site[ROW] >= 0);
  fill("by-action", "everything", [["any", "any change"], ...data.actions.map((word, index) => [String(index), word]), ["none", "nothing"]]);
  fill("by-class", "all", data.classes.map(([sign, words]) => [sign, `${sign}: ${words}`]));
  fill("by-tier", "all", data.tiers.map((tier, index) => [String(index), tier]));
  fill("by-shard", "all", data.shards.map((shard, index) => [String(index), shard[0]]));
  if (changed) byId("by-action").value = "any";

  const view = byId("view");
  const space = byId("space");
  const HEIGHT = 40;
  let shown = [];
  let drawnFrom = -1;
  let drawnTo = -1;

  const line = (site, index) => {
    const row = rowOf(site);
    const name = el("button", { type: "button", "data-index": index, tabindex: "-1" }, site[ID]);
    const what = el("span", { role: "cell" });
    if (row) {
      what.append(el("span", { class: `class k${row[CLASS]}` }, row[CLASS]), ` ${data.actions[row[ACTION]]}`);
      if (row[FROM] >= 0 && row[FROM] !== site[SHARD]) what.append(` from ${shardName(row[FROM])}`);
    } else what.append("nothing");
    const node = el("div", { role: "row", "aria-rowindex": index + 2 },
      el("span", { role: "cell" }, name), what, el("span", { role: "cell" }, shardName(site[SHARD])),
      el("span", { role: "cell" }, data.tiers[site[TIER]] || ""), el("span", { role: "cell", class: "number" }, money(site[COST])));
    node.style.top = `${index * HEIGHT}px`;
    return node;
  };

  // Only rows in sight are in the document: the table is as quick with 50,000 sites as with 16.
  const draw = (force) => {
    const first = Math.max(0, Math.floor(view.scrollTop / HEIGHT) - 5);
    const last = Math.min(shown.length, Math.ceil((view.scrollTop + view.clientHeight) / HEIGHT) + 5);
    if (!force && first === drawnFrom && last === drawnTo) return;
    const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.index : undefined;
    [drawnFrom, drawnTo] = [first, last];
    const lines = [];
    for (let index = first; index < last; index += 1) lines.push(line(shown[index], index));
    space.replaceChildren(...lines);
    if (focused !== undefined) focus(Number(focused));
  };
  const focus = (index) => {
    const button = space.querySelector(`button[data-index="${index}"]`);
    if (button) button.focus({ preventScroll: true });
    return Boolean(button);
  };

  const filter = () => {
    const text = byId("q").value.trim().toLowerCase();
    const [action, sign, tier, shard] = ["by-action", "by-class", "by-tier", "by-shard"].map((id) => byId(id).value);
    shown = data.sites.filter((site) => {
      const row = rowOf(site);
      if (action === "any" ? !row : action === "none" ? row : action !== "" && (!row || String(row[ACTION]) !== action)) return false;
      if (sign !== "" && (!row || row[CLASS] !== sign)) return false;
      if (tier !== "" && String(site[TIER]) !== tier) return false;
      if (shard !== "" && String(site[SHARD]) !== shard && !(row && String(row[FROM]) === shard)) return false;
      return text === "" || site[ID].includes(text);
    });
    cells.forEach((cell, index) => cell.setAttribute("aria-pressed", String(String(index) === shard)));
    byId("count").textContent = `${shown.length.toLocaleString("en")} of ${plural(data.sites.length, "site", "sites")}`;
    byId("table").setAttribute("aria-rowcount", String(shown.length + 1));
    space.style.height = `${shown.length * HEIGHT}px`;
    view.scrollTop = 0;
    draw(true);
  };

  const facts = (site) => {
    const row = rowOf(site);
    const list = el("dl", { class: "facts" });
    const add = (name, value) => value && list.append(el("dt", {}, name), el("dd", {}, value));
    add("Shard", row && row[FROM] >= 0 && row[FROM] !== site[SHARD] ? `${shardName(site[SHARD])}, before ${shardName(row[FROM])}` : shardName(site[SHARD]));
    add("Tier", data.tiers[site[TIER]]);
    if (site[COST] !== null) add("Cost", `${money(site[COST])} ${data.currency} per month, estimated`);
    add("What happens", row ? `${data.actions[row[ACTION]]}, class ${row[CLASS]}` : "nothing");
    if (row) add("Row digest", row[DIGEST]);
    return list;
  };
  const open = (site) => {
    const row = rowOf(site);
    byId("detail-title").textContent = site[ID];
    const body = byId("detail-body");
    body.replaceChildren(facts(site));
    const group = row && byId(`g${row[GROUP]}`);
    if (group) body.append(group.querySelector(".body").cloneNode(true));
    else if (row) body.append(el("p", { class: "faint" }, "The fields of this change are in plan.json only."));
    byId("detail").showModal();
  };

  byId("close").addEventListener("click", () => byId("detail").close());
  space.addEventListener("click", (event) => {
    const row = event.target.closest("[role=row]");
    if (row) open(shown[Number(row.querySelector("button").dataset.index)]);
  });
  view.addEventListener("keydown", (event) => {
    const now = document.activeElement === view ? Math.ceil(view.scrollTop / HEIGHT) - 1 : Number(document.activeElement.dataset.index);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -shown.length, End: shown.length }[event.key];
    if (step === undefined || Number.isNaN(now)) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(shown.length - 1, now + step));
    const [top, bottom] = [next * HEIGHT, (next + 1) * HEIGHT];
    if (top < view.scrollTop) view.scrollTop = top;
    else if (bottom > view.scrollTop + view.clientHeight) view.scrollTop = bottom - view.clientHeight;
    draw(true);
    focus(next);
  });
  view.addEventListener("scroll", () => requestAnimationFrame(() => draw(false)), { passive: true });
  for (const id of ["q", "by-action", "by-class", "by-tier", "by-shard"]) byId(id).addEventListener("input", filter);
  document.querySelector("form[role=search]").addEventListener("submit", (event) => event.preventDefault());
  new ResizeObserver(() => draw(false)).observe(view);
  filter();
})();
