/** Calls the shop's own backend, which signs users in and lists their sessions. */

import { ownid } from "./client.js";

const SIGNED_OUT = 401;

/** A call that the backend refused; the message is for people. */
export class Refused extends Error {
  /** @param {number} status the HTTP status, 0 where nobody answered */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Returns a ticket for who has this address and this password. */
export async function signIn(email, password) {
  return (await call("POST", "/sign-in", { email, password })).ticket;
}

/** Returns the user's sessions, newest first. */
export async function listSessions() {
  return (await asUser("GET", "/my/sessions")).sessions;
}

/** Ends one of the user's sessions. */
export async function endSession(id) {
  await asUser("DELETE", `/my/sessions/${encodeURIComponent(id)}`);
}

/** Ends all of the user's sessions, this one too. */
export async function endAllSessions() {
  await asUser("DELETE", "/my/sessions");
}

/** Calls with the session's cookie, which may have to be renewed first. */
async function asUser(method, path) {
  try {
    return await call(method, path);
  } catch (error) {
    if (error.status !== SIGNED_OUT || (await ownid.session.refresh()) === null) throw error;
    return await call(method, path);
  }
}

async function call(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
  }).catch(() => {
    throw new Refused(0, "The shop cannot be reached at the moment.");
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, said.message ?? "That did not work.");
  return said;
}
