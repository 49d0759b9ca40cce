/** The sign-in page: a password for a ticket, the ticket for cookies that no script reads. */

import { ownid } from "./client.js";
import { find, say } from "./dom.js";
import { takeFarewell } from "./leaving.js";
import { signIn } from "./site.js";

const form = find("sign-in");
const refusal = find("refusal");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  say(refusal, "");
  form.toggleAttribute("aria-busy", true);
  try {
    const ticket = await signIn(form.elements.email.value, form.elements.password.value);
    await ownid.session.exchange(ticket);
    enter();
  } catch (error) {
    form.toggleAttribute("aria-busy", false);
    say(refusal, error.message);
    form.elements.password.select();
  }
});

say(find("notice"), takeFarewell());
ownid.events.addEventListener("sessionchange", ({ detail }) => {
  if (detail.session !== null) enter();
});
if ((await ownid.session.get().catch(() => null)) !== null) enter();

function enter() {
  location.replace("/profile");
}
