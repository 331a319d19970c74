// Ticked rows of a list: all of the page at once, how many, and whose they are before they are deleted.
function ticked(list) {
  return [...list.querySelectorAll("[data-row-name]:checked")];
}

function tell(list) {
  const boxes = [...list.querySelectorAll("[data-row-name]")];
  const all = list.querySelector("[data-rows-all]");
  if (!all) return;
  const chosen = ticked(list);
  all.closest("[hidden]")?.removeAttribute("hidden");
  all.checked = chosen.length === boxes.length;
  all.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
  const count = list.querySelector("[data-rows-count]");
  count.hidden = false;
  count.textContent = chosen.length ? `已勾選 ${chosen.length} 筆` : "還沒有勾選";
  const names = list.querySelector("[data-rows-names]");
  if (!names) return;
  names.hidden = chosen.length === 0;
  names.textContent = `勾選的帳號：${chosen.map((box) => box.dataset.rowName).join("、")}`;
}

function tellAll() {
  document.querySelectorAll("[data-rows]").forEach(tell);
}

document.addEventListener("change", (event) => {
  const list = event.target.closest("[data-rows]");
  if (!list) return;
  if (event.target.matches("[data-rows-all]")) {
    for (const box of list.querySelectorAll("[data-row-name]")) box.checked = event.target.checked;
  }
  tell(list);
});

// Enter in a checkbox would press the first button of the list, and the ticks would be gone.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-rows] [type=checkbox]")) event.preventDefault();
});

// After a new page of the list: what it shows is said, and the keyboard goes on from its top.
document.addEventListener("htmx:afterSettle", (event) => {
  const list = event.detail.target; // none when the browser went back
  if (!list?.matches("[data-rows]")) return tellAll();
  const heading = list.querySelector(".list-count");
  document.querySelector("[data-list-told]").textContent = heading.textContent;
  if (document.activeElement === document.body) heading.focus();
  tell(list);
});

tellAll();
window.addEventListener("pageshow", tellAll);
