// Warns before a session ends: when idle, so that a keyboard user can go on, and at the end of its day, which nothing
// prolongs. Other tabs of the same person are heard.

const dialog = document.querySelector("[data-session]");
const form = dialog.querySelector("[data-session-extend]");
const close = dialog.querySelector("[data-session-close]");
const text = dialog.querySelector("[data-session-text]");
const limit = Number(dialog.dataset.idle) * 1000;
const warning = Math.min(120000, limit / 2);
const tabs = new BroadcastChannel("portal-session");
let seen = Date.now();
let ends = seen + Number(dialog.dataset.ends) * 1000;
let said = ""; // who closes the dialog is not told the same again

function alive(tell = true) {
  seen = Date.now();
  if (ends - seen > warning) said = "";
  if (dialog.open) dialog.close();
  if (tell) tabs.postMessage(ends);
}

function say(what, words) {
  if (said === what) return;
  said = what;
  text.textContent = words;
  form.hidden = what === "last" || what === "over";
  close.hidden = !form.hidden;
  if (!dialog.open) dialog.showModal();
  if (form.hidden) close.focus();
}

function look() {
  const left = Math.min(seen + limit, ends) - Date.now();
  if (left > warning) return;
  if (left <= 0) say("over", "已自動登出。您填寫的內容還在這一頁，請另開分頁登入，再回來送出。");
  else if (ends < seen + limit) say("last", "為了保護資料，登入滿 8 小時會自動登出，只剩不到兩分鐘。請先送出正在填寫的內容，再重新登入。");
  else if (left > 60000) say("idle", "您有一段時間沒有動作了。為了保護資料，兩分鐘內會自動登出。");
  else say("minute", "一分鐘內會自動登出。");
}

async function extend() {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
  if (answer.status === 204) alive();
  else window.location.reload();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  extend().finally(() => delete form.dataset.sent);
});
close.addEventListener("click", () => dialog.close());
dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  if (!form.hidden) extend();
  else dialog.close();
});
tabs.addEventListener("message", (event) => {
  ends = Math.max(ends, event.data); // somebody signed in again in another tab
  alive(false);
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.requestConfig?.headers["X-Background"]) alive(); // what a page does by itself prolongs nothing
});
setInterval(look, 5000);
alive();
