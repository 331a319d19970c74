// 單位查詢 as a dialog over the page: opening, closing and telling what was found is all that htmx cannot do.

// It is made here, outside of every form: a form within a form would not be sent.
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

// Before htmx looks for its target. Escape and 關閉 are the browser's own, and so is the way of the focus back.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.target.matches("[data-unit-search]")) event.detail.target = dialog();
});

document.addEventListener("htmx:afterSettle", (event) => {
  const target = event.detail.target;
  if (target?.id === "unit-dialog" && !target.open) {
    target.showModal();
    target.querySelector("[autofocus]")?.focus();
  }
  if (target?.id !== "unit-results") return;
  const count = target.querySelector(".unit-count");
  document.querySelector("[data-unit-told]").textContent = count.textContent;
  if (!document.activeElement || document.activeElement === document.body) count.focus(); // a page number is gone
  count.scrollIntoView({ block: "nearest" });
});

// A link that opens a dialog is pressed like a button.
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !event.target.matches("[data-unit-search]")) return;
  event.preventDefault();
  event.target.click();
});

if (document.querySelector("[data-unit-search]")) dialog();
