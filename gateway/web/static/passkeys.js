// Passkeys: hand the server's options to the browser and its answer back. No library, no state.
"use strict";

(() => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const ask = async (url, token, body) => {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "x-csrf-token": token },
      body: JSON.stringify(body ?? {}),
    });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  const add = async (button) => {
    const options = await ask("/account/passkeys/options", button.dataset.token);
    options.challenge = bytes(options.challenge);
    options.user.id = bytes(options.user.id);
    options.excludeCredentials = (options.excludeCredentials ?? [])
      .map((one) => ({ ...one, id: bytes(one.id) }));
    const made = await navigator.credentials.create({ publicKey: options });
    return ask("/account/passkeys", button.dataset.token, {
      id: made.id, rawId: text(made.rawId), type: made.type,
      response: {
        clientDataJSON: text(made.response.clientDataJSON),
        attestationObject: text(made.response.attestationObject),
      },
    });
  };

  const signIn = async (button) => {
    const options = await ask("/sign-in/passkey/options", "");
    options.challenge = bytes(options.challenge);
    const got = await navigator.credentials.get({ publicKey: options });
    return ask(`/sign-in/passkey?next=${encodeURIComponent(button.dataset.next)}`, "", {
      id: got.id, rawId: text(got.rawId), type: got.type,
      response: {
        clientDataJSON: text(got.response.clientDataJSON),
        authenticatorData: text(got.response.authenticatorData),
        signature: text(got.response.signature),
        userHandle: got.response.userHandle ? text(got.response.userHandle) : null,
      },
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-passkey]")) {
      if (!window.PublicKeyCredential) continue;
      button.hidden = false;
      button.addEventListener("click", async () => {
        const failed = document.getElementById("passkey-failed");
        button.disabled = true;
        try {
          const done = await (button.dataset.passkey === "add" ? add(button) : signIn(button));
          window.location.assign(done.next);
        } catch {
          failed.hidden = false;
          button.disabled = false;
        }
      });
    }
  });
})();
