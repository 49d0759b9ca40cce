/** The list of the user's sessions, which the shop's backend offers. */

import { ownid } from "./client.js";
import { deviceOf } from "./devices.js";
import { find, make } from "./dom.js";
import { endAllSessions, endSession, listSessions } from "./site.js";
import { agoText, timeText } from "./texts.js";

const LOOK_MS = 5000;

/** Shows the list, and looks again while somebody looks at the page. */
export function keepSessions() {
  find("sign-out-everywhere").addEventListener("click", () => attempt(endAllSessions));
  document.addEventListener("visibilitychange", lookAgain);
  window.addEventListener("focus", lookAgain);
  // The watch of a session tells of that session alone.
  setInterval(lookAgain, LOOK_MS);
  return look();
}

async function lookAgain() {
  if (document.visibilityState === "visible") await look();
}

function look() {
  return attempt(async () => show(await listSessions()));
}

async function attempt(action) {
  const status = find("sessions-status");
  try {
    await action();
    status.textContent = "";
  } catch (error) {
    // Who was signed out is told by the event of that.
    status.textContent = error.message;
  }
}

/** Shows the sessions; elements of those that stay are kept, and so is who is at their buttons. */
function show(sessions) {
  const list = find("sessions");
  const shown = new Map([...list.children].map((item) => [item.dataset.id, item]));
  const items = sessions.map((session) => shown.get(session.id) ?? itemOf(session));
  sessions.forEach((session, index) => describe(items[index], session));
  for (const item of list.children) if (!items.includes(item)) item.remove();
  items.forEach((item, index) => {
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
  });
}

function itemOf(session) {
  const device = deviceOf(session.user_agent);
  const own = session.is_own ? make("span", { class: "badge" }, "This browser") : null;
  const button = make("button", { "aria-label": `Sign out ${device}` }, "Sign out");
  button.addEventListener("click", () =>
    session.is_own ? ownid.session.revoke() : attempt(() => end(session)),
  );
  return make(
    "li",
    { "data-id": session.id },
    make("p", { class: "device" }, make("strong", {}, device), own),
    make("p", { class: "small times" }),
    button,
  );
}

function describe(item, session) {
  const parts = [
    `Active ${agoText(session.last_active_time)}`,
    `since ${timeText(session.create_time)}`,
    session.ip_address,
  ];
  const text = parts.filter(Boolean).join(" · ");
  const times = item.querySelector(".times");
  if (times.textContent !== text) times.textContent = text;
}

async function end(session) {
  await endSession(session.id);
  show(await listSessions());
}
