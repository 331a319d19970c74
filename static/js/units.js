// 單位查詢 as a dialog over the page: opening, closing and telling what was found is all that htmx cannot do.
const OPENS = "[data-unit-search]"; // what opens it: a button or link whose htmx target is #unit-dialog

// Made here, outside of every form: a form within a form would not be sent. The browser's own are Escape, 關閉
// and the way of the focus back to what opened it.
function dialog() {
  const known = document.getElementById("unit-dialog");
  if (known) return known;
  const made = document.createElement("dialog");
  made.id = "unit-dialog";
  made.className = "unit-dialog unit-search";
  made.setAttribute("aria-labelledby", "unit-search-title");
  made.addEventListener("close", () => made.replaceChildren());
  document.body.append(made);
  return made;
}

function opened() {
  const shown = dialog();
  if (!shown.open) shown.showModal();
  shown.querySelector("[autofocus]")?.focus();
}

function listed(results) {
  const count = results.querySelector(".unit-count");
  document.querySelector("[data-unit-told]").textContent = count.textContent;
  if (!document.activeElement || document.activeElement === document.body) count.focus(); // a page number is gone
  count.scrollIntoView({ block: "nearest" });
}

// The field has been swapped, and with it the button that had the focus.
function chosen() {
  dialog().close();
  document.querySelector(`#unit-chosen ${OPENS}`)?.focus();
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.(OPENS)) dialog(); // htmx looks for its target next
}, true);

document.addEventListener("htmx:afterSettle", (event) => {
  const what = { "unit-dialog": opened, "unit-results": listed, "unit-chosen": chosen }[event.detail.target?.id];
  what?.(event.detail.target);
});

// After a choice without htmx the page arrives anew; the keyboard goes on where it was.
window.addEventListener("load", () => requestAnimationFrame(() => {
  if (window.location.hash === "#unit-chosen") document.querySelector(`#unit-chosen ${OPENS}`)?.focus();
}));
