/** What the sign-in page says to somebody whose session ended on another page. */

const KEY = "farewell";

/** Leaves for the sign-in page, which then says why; nothing of this page can be gone back to. */
export function leave(farewell) {
  sessionStorage.setItem(KEY, farewell);
  location.replace("/");
}

/** Returns what there is to say, once. */
export function takeFarewell() {
  const farewell = sessionStorage.getItem(KEY) ?? "";
  sessionStorage.removeItem(KEY);
  return farewell;
}
