"use strict";

// What both pages share: asking the program, with the token that came with the page.
const by = (id) => document.getElementById(id);

async function ask(path, body, pageOrigin) {
  const answer = await fetch(path, {
    method: "POST",
    cache: "no-store",
    credentials: "omit",
    headers: {
      "Content-Type": "application/x-www-form-urlencoded",
      "X-Popup-Token": document.body.dataset.token,
      ...(pageOrigin === undefined ? {} : { "X-Page-Origin": pageOrigin }),
    },
    body,
  });
  return answer.text();
}
