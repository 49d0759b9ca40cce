/** The profile page: read once, then kept in step with whatever happens elsewhere. */

import { ownid } from "./client.js";
import { find, say } from "./dom.js";
import { showFacts } from "./facts.js";
import { ProfileForm } from "./form.js";
import { leave } from "./leaving.js";
import { keepSessions } from "./sessions.js";

let farewell = "You are signed out.";

ownid.events.addEventListener("sessionexpired", ({ detail }) => {
  farewell = detail.reason || "Your session has ended: sign in again.";
});
ownid.events.addEventListener("sessionchange", ({ detail }) => {
  // The event that says why comes with this one.
  if (detail.session === null) queueMicrotask(() => leave(farewell));
});
ownid.events.addEventListener("connectionchange", ({ detail }) => {
  say(find("connection"), detail.connected ? "" : "Not connected: trying again …");
});
find("sign-out").addEventListener("click", () => ownid.session.revoke());

await show().catch((error) => {
  find("fields").replaceChildren(`Your profile cannot be shown. ${error.message}`);
});
find("main").removeAttribute("aria-busy");

async function show() {
  if ((await ownid.session.get()) === null) return leave("");
  const [account, { jsonSchema }] = await Promise.all([
    ownid.account.get(),
    ownid.account.schema(),
  ]);
  const form = new ProfileForm(jsonSchema);
  form.show(account);
  showFacts(find("facts"), jsonSchema, account);
  ownid.events.addEventListener("accountchange", ({ detail }) => {
    form.follow(detail.account);
    showFacts(find("facts"), jsonSchema, detail.account);
  });
  window.addEventListener("beforeunload", (event) => {
    if (form.isDirty && ownid.session.current !== null) event.preventDefault();
  });
  await keepSessions();
}
