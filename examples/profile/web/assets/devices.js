/** What a session's browser is called. */

const BROWSERS = [
  ["Edg/", "Edge"],
  ["OPR/", "Opera"],
  ["Firefox/", "Firefox"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
];
const SYSTEMS = [
  ["Android", "Android"],
  ["iPhone", "an iPhone"],
  ["iPad", "an iPad"],
  ["Windows", "Windows"],
  ["Mac OS", "a Mac"],
  ["CrOS", "ChromeOS"],
  ["Linux", "Linux"],
];

/** Returns the browser and the system that a `User-Agent` names, as far as they are known. */
export function deviceOf(userAgent) {
  const browser = named(BROWSERS, userAgent) ?? "A browser";
  const system = named(SYSTEMS, userAgent);
  return system === undefined ? browser : `${browser} on ${system}`;
}

function named(known, userAgent) {
  return known.find(([sign]) => userAgent.includes(sign))?.[1];
}
