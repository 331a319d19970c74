"""The double's popup: the handshake of protocol 1.3, with the form body unescaped as the official one sends it."""

POPUP = """<!doctype html>
<html lang="zh-TW"><meta charset="utf-8"><title>popupForm</title><link rel="icon" href="data:,">
<script>
  var allowed = @allowed@;
  var addresses = {CheckEnvir: "/pkcs11info", GetUserCert: "/pkcs11info?withcert=true", MakeSignature: "/sign"};
  function ask(address, body, done) {
    var request = new XMLHttpRequest();
    request.open("POST", address, true);
    request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
    request.onload = function () { done(request.responseText); };
    request.send(body);
  }
  window.addEventListener("message", function (event) {
    if (typeof event.data !== "string") return;
    var func = JSON.parse(event.data).func;
    function answer(text) { window.opener.postMessage(text, "*"); window.close(); }
    if (allowed && allowed.indexOf(event.origin) < 0) {
      var told = func === "MakeSignature" ? "sign" : "pkcs11info";
      answer(JSON.stringify({func: told, ret_code: 0x7600000F, last_error: 0}));
    } else {
      ask(addresses[func], func === "MakeSignature" ? "tbsPackage=" + event.data : "", answer);
    }
  });
  if (window.opener) window.opener.postMessage('{"func":"getTbs"}', "*");
</script>
"""
