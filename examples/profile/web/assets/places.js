/** What the account schema says of each value: where it stands, and what one may do with it. */

const FIRST = [
  "given_name",
  "family_name",
  "email",
  "birthdate",
  "phone",
  "address",
  "preferences",
  "newsletter",
];
const WITHIN = ["street", "postal_code", "city", "country"];
const ORDER = [...FIRST, ...WITHIN];

/**
 * A value of the profile.
 *
 * @typedef {object} Place
 * @property {string[]} path where it stands in the profile
 * @property {string} title
 * @property {string} group the title of the object that it stands in, "" at the top
 * @property {object} schema
 * @property {boolean} isRequired
 * @property {boolean} isFact the user sees it and cannot change it
 * @property {boolean} isOnce the user sets it while it has no value
 */

/**
 * Returns every place of a schema. JSON Schema has no order of its own: what this page knows comes
 * first, then the rest by title.
 *
 * @returns {Place[]}
 */
export function placesOf(schema, path = [], group = "") {
  const required = schema.required ?? [];
  return Object.entries(schema.properties ?? {})
    .sort(inOrder)
    .flatMap(([name, property]) => {
      const here = [...path, name];
      const title = property.title ?? name;
      if (property.type === "object") return placesOf(property, here, title);
      return [placeOf(here, title, group, property, required.includes(name))];
    });
}

/** Returns the value at a place, null where there is none. */
export function valueAt(profile, path) {
  return path.reduce((value, name) => value?.[name], profile) ?? null;
}

/** Puts a value at a place of an object of changes. */
export function putAt(changes, path, value) {
  const [name, ...rest] = path;
  if (rest.length === 0) changes[name] = value;
  else putAt((changes[name] ??= {}), rest, value);
}

/** Returns the choices of a place, each with what it is called; null where anything may stand. */
export function choicesOf(schema) {
  if (schema.oneOf?.every((each) => "const" in each)) {
    return schema.oneOf.map((each) => ({ value: each.const, title: each.title ?? each.const }));
  }
  return schema.enum?.map((value) => ({ value, title: capitalized(String(value)) })) ?? null;
}

function placeOf(path, title, group, schema, isRequired) {
  const right = schema["x-ownid-self"];
  const isOnce = right === "write-once";
  const isFact = !isOnce && (right === "read" || schema.readOnly === true);
  return { path, title, group, schema, isRequired, isFact, isOnce };
}

function inOrder([one, first], [other, second]) {
  return rank(one) - rank(other) || (first.title ?? one).localeCompare(second.title ?? other);
}

function rank(name) {
  const found = ORDER.indexOf(name);
  return found < 0 ? ORDER.length : found;
}

function capitalized(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
