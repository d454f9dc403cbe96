// What pages can't do by themselves: keys, moving in the grid of cells, selecting all. Everything works without it.
"use strict";

const typing = (node) => node.closest("input, select, textarea, [contenteditable]") !== null;

function moveTo(cell) {
  if (!cell) return;
  const grid = cell.closest("table");
  for (const one of grid.querySelectorAll("td[tabindex='0']")) one.tabIndex = -1;
  cell.tabIndex = 0;
  cell.focus();
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function nextFault(cell, step) {
  const faults = [...cell.closest("table").querySelectorAll("td.fault")];
  const after = (one) => cell.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING;
  return step > 0 ? faults.find(after) : faults.reverse().find((one) => one !== cell && !after(one));
}

function inGrid(event, cell) {
  const row = cell.parentElement;
  const beside = (line) => (line ? line.cells[cell.cellIndex] : null);
  const targets = {
    ArrowLeft: () => (cell.cellIndex > 1 ? cell.previousElementSibling : null),
    ArrowRight: () => cell.nextElementSibling,
    ArrowUp: () => beside(row.previousElementSibling),
    ArrowDown: () => beside(row.nextElementSibling),
    Home: () => row.cells[1],
    End: () => row.cells[row.cells.length - 1],
    n: () => nextFault(cell, 1),
    p: () => nextFault(cell, -1),
    Enter: () => { const link = cell.querySelector("a"); if (link) link.click(); return null; },
  };
  if (!(event.key in targets)) return;
  event.preventDefault();
  moveTo(targets[event.key]());
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const cell = event.target.closest("table[data-grid] td");
  if (cell && event.target === cell) { inGrid(event, cell); return; }
  if (typing(event.target)) return;
  const follow = (selector) => { const link = document.querySelector(selector); if (link) link.click(); };
  if (event.key === "/") {
    const field = document.querySelector("input[type='search']");
    if (field) { event.preventDefault(); field.focus(); }
  } else if (event.key === "g") window.location.assign("/");
  else if (event.key === "j") follow("main a[rel='next']");
  else if (event.key === "k") follow("main a[rel='prev']");
});

document.addEventListener("click", (event) => {
  const cell = event.target.closest("table[data-grid] td");
  if (cell && !event.target.closest("a")) moveTo(cell);
});

function addSelectAll(root) {
  for (const place of root.querySelectorAll("[data-select-all]")) {
    const all = document.createElement("input");
    all.type = "checkbox";
    all.setAttribute("aria-label", place.dataset.label);
    all.addEventListener("change", () => {
      for (const one of all.closest("table").querySelectorAll(`input[name="${place.dataset.selectAll}"]`)) one.checked = all.checked;
    });
    place.replaceWith(all);
  }
}

// A cell that was jumped to by a link within the page, or named in the address.
function focusTarget() {
  const cell = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  if (cell && cell.matches("table[data-grid] td")) moveTo(cell);
}

addSelectAll(document);
focusTarget();
window.addEventListener("hashchange", focusTarget);
document.addEventListener("htmx:afterSwap", () => addSelectAll(document));
