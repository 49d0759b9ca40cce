/** Values and times as people read them. */

import { choicesOf } from "./places.js";

const DATE = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });
const TIME = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const AGO = new Intl.RelativeTimeFormat("en-GB", { numeric: "auto" });
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Returns a value as the page shows it. */
export function textOf(schema, value) {
  if (value === null) return "—";
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (schema.format === "date-time") return timeText(value);
  if (schema.format === "date") return DATE.format(new Date(value));
  const choice = choicesOf(schema)?.find((each) => each.value === value);
  if (choice !== undefined) return choice.title;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Returns a time of RFC 3339 in the zone of the browser. */
export function timeText(time) {
  return TIME.format(new Date(time));
}

/** Returns how long ago something was, in a word or two. */
export function agoText(time, now = Date.now()) {
  const past = now - new Date(time).getTime();
  if (past < 2 * MINUTE) return "just now";
  if (past < HOUR) return AGO.format(-Math.round(past / MINUTE), "minute");
  if (past < DAY) return AGO.format(-Math.round(past / HOUR), "hour");
  return AGO.format(-Math.round(past / DAY), "day");
}
