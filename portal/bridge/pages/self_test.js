// Readers and cards as they are now; the program answers when something changes.
function item(list, lines) {
  const entry = document.createElement("li");
  for (const [text, kind] of lines) {
    const line = document.createElement("div");
    line.textContent = text;
    if (kind) line.className = kind;
    entry.append(line);
  }
  list.append(entry);
}

function masked(number) {
  return number.length > 8 ? number.slice(0, 4) + "…" + number.slice(-4) : number;
}

function card(token) {
  if (token === null) return [["沒有卡片", "hint"]];
  if (typeof token === "string") return [["讀不到這張卡片，請確認卡片種類與方向", "warning"]];
  const signing = token.certs.filter((found) => found.label === "cert1");
  const lines = [["卡號 " + masked(token.serialNumber)]];
  if (signing.length === 0) lines.push(["沒有簽章用的憑證", "warning"]);
  for (const found of signing) {
    const until = new Date(found.notAfterT * 1000);
    const late = until < new Date();
    lines.push([found.subjectCN + "，憑證" + (late ? "已於 " : "有效至 ") + until.toLocaleDateString("zh-TW") + (late ? " 過期" : ""), late ? "warning" : ""]);
  }
  return lines;
}

function show(state) {
  const readers = by("readers"), origins = by("origins");
  readers.replaceChildren();
  origins.replaceChildren();
  for (const slot of state.slots || []) item(readers, [[slot.slotDescription], ...card(slot.token)]);
  for (const origin of state.origins) item(origins, [[origin]]);
  by("status").textContent = state.ret_code === 0 ? "讀卡橋接正常運作。" : state.message;
}

async function follow() {
  let seen = "";
  for (;;) {
    const state = JSON.parse(await ask("/state", "seen=" + seen));
    if (state.changes === undefined) throw new Error("refused");
    show(state);
    seen = state.changes;
  }
}

follow().catch(() => { by("status").textContent = "讀卡橋接沒有回應，請重新啟動後再整理這個頁面。"; });
