/** What the user sees of the account and cannot change. */

import { make } from "./dom.js";
import { placesOf, valueAt } from "./places.js";
import { textOf } from "./texts.js";

/** Shows the facts of an account in a description list. */
export function showFacts(list, schema, account) {
  const facts = placesOf(schema).filter((place) => place.isFact);
  list.replaceChildren(
    ...facts.map((place) => {
      const title = place.group === "" ? place.title : `${place.group}: ${place.title}`;
      const text = textOf(place.schema, valueAt(account.profile, place.path));
      return make("div", {}, make("dt", {}, title), make("dd", {}, text));
    }),
  );
}
