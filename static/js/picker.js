// Permission picker: 全選 of a group, and how many are chosen; the matrix only counts. Choosing itself needs no script.
function boxes(of) {
  return [...of.querySelectorAll("input[type=checkbox]")];
}

function count(picker) {
  const chosen = boxes(picker).filter((box) => box.checked).length;
  const told = picker.querySelector("[data-picked]");
  told.hidden = false;
  told.textContent = `已選 ${chosen} 項`;
  for (const group of picker.querySelectorAll("[data-picker-group]")) {
    const all = boxes(group).every((box) => box.checked);
    group.querySelector("[data-pick-all]").firstChild.textContent = all ? "取消全選" : "全選";
  }
}

function countRoles(matrix) {
  const chosen = matrix.querySelectorAll('input[type=radio]:checked:not([value=""])').length;
  const told = matrix.querySelector("[data-picked]");
  told.hidden = false;
  told.textContent = `已選 ${chosen} 項`;
}

function preparePickers(root) {
  const around = root.closest?.("[data-matrix]");
  for (const matrix of around ? [around] : root.querySelectorAll("[data-matrix]")) countRoles(matrix);
  const near = root.closest?.("[data-picker]");
  for (const picker of near ? [near] : root.querySelectorAll("[data-picker]")) {
    for (const group of picker.querySelectorAll("[data-picker-group]")) {
      group.querySelector("[data-pick-all]").hidden = boxes(group).length < 2;
    }
    count(picker);
  }
}

document.addEventListener("change", (event) => {
  const picker = event.target.closest("[data-picker]");
  if (picker) count(picker);
  const matrix = event.target.closest("[data-matrix]");
  if (matrix) countRoles(matrix);
});

document.addEventListener("click", (event) => {
  const group = event.target.closest("[data-pick-all]")?.closest("[data-picker-group]");
  if (!group) return;
  const all = boxes(group).every((box) => box.checked);
  for (const box of boxes(group)) box.checked = !all;
  count(group.closest("[data-picker]"));
});

document.addEventListener("DOMContentLoaded", () => preparePickers(document));
document.addEventListener("htmx:load", (event) => preparePickers(event.detail.elt));
