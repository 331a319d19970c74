// 自然人憑證管理: shows whose certificate has just signed, and sends it when 綁定 is pressed, while there is time.
import { fill, say } from "./card_telling.js";

const form = document.querySelector("[data-card-bind]");
const clock = new Intl.DateTimeFormat("zh-TW", { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const SPARE = 2000; // the request must still arrive in time
let timer;

function drop(words) {
  clearTimeout(timer);
  form.hidden = true;
  for (const name of ["challenge", "shape", "signature", "certificate"]) form.elements[name].value = "";
  say(words);
}

document.addEventListener("card:signed", (event) => {
  event.preventDefault();
  const { deadline, ...facts } = event.detail;
  fill(form, { ...facts, deadline: clock.format(deadline) });
  form.hidden = false;
  form.focus();
  form.scrollIntoView({ block: "nearest" });
  clearTimeout(timer);
  timer = setTimeout(() => {
    drop("已超過時間，請重新輸入憑證卡片密碼，再按「取得憑證資訊」。");
    document.querySelector("[data-card-pin]").focus();
  }, deadline - Date.now() - SPARE);
});

form.querySelector("[data-card-drop]").addEventListener("click", () => {
  drop("沒有綁定這張憑證。");
  document.querySelector("[data-card-pin]").focus();
});

document.addEventListener("card:outcome", () => drop(""));
document.addEventListener("card:readers", () => form.hidden || drop("")); // it was about the card before
