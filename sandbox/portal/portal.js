// The table follows a measurement, boxes save themselves, and arrow keys walk the table. Without it, forms do the same.
"use strict";

const measured = () => document.getElementById("measured");

// New cells replace old ones where they differ, so that the focus stays where it is.
function take(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("measured");
  const old = measured();
  const cells = (root) => new Map([...root.querySelectorAll("td[data-key]")].map((one) => [one.dataset.key, one]));
  const before = cells(old);
  const after = cells(fresh);
  const same = before.size === after.size && [...after.keys()].every((key) => before.has(key));
  if (!same) {
    old.replaceWith(fresh);
    return;
  }
  old.querySelector(".status").replaceWith(fresh.querySelector(".status"));
  for (const [key, cell] of after) {
    const there = before.get(key);
    if (there.innerHTML === cell.innerHTML) continue;
    const focused = there.contains(document.activeElement);
    there.replaceWith(cell);
    if (focused) cell.querySelector("button")?.focus();
  }
  for (const name of ["running", "old"]) {
    old.toggleAttribute(`data-${name}`, fresh.hasAttribute(`data-${name}`));
  }
}

async function follow() {
  do {
    await new Promise((done) => setTimeout(done, 250));
    take(await (await fetch("/portal/table")).text());
  } while (measured().hasAttribute("data-running"));
}

let following = null;
async function measure() {
  await fetch("/portal/measure", { method: "POST", redirect: "manual" });
  following ??= follow().finally(() => (following = null));
}

async function save(form) {
  const said = form.querySelector(".saved");
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.action, { method: "POST", body });
  said.textContent = answer.ok ? "Saved." : "That could not be saved.";
  if (!answer.ok) return;
  const card = form.closest(".card");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(card.id);
  for (const part of [".chips", ".ways"]) card.querySelector(part).replaceWith(fresh.querySelector(part));
  await measure();
}

function step(cell, key) {
  const row = cell.closest("tr");
  const column = [...row.cells].indexOf(cell.closest("td"));
  const rows = [...row.parentElement.rows];
  const at = rows.indexOf(row);
  const next = {
    ArrowLeft: () => row.cells[column - 1],
    ArrowRight: () => row.cells[column + 1],
    ArrowUp: () => rows[at - 1]?.cells[column],
    ArrowDown: () => rows[at + 1]?.cells[column],
  }[key]?.();
  next?.querySelector("button")?.focus();
  return Boolean(next);
}

document.addEventListener("submit", (event) => {
  if (event.target.id === "again") {
    event.preventDefault();
    measure();
  }
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form.change");
  if (form) save(form);
});
document.addEventListener("keydown", (event) => {
  const cell = event.target.closest?.("button.cell");
  if (cell && event.key.startsWith("Arrow") && step(cell, event.key)) event.preventDefault();
  if (cell && event.key === "Escape") cell.blur();
});

document.documentElement.classList.add("scripted");
if (measured().hasAttribute("data-running")) following = follow().finally(() => (following = null));
else if (measured().hasAttribute("data-old")) measure();
