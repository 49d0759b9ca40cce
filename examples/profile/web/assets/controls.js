/** The control that fits what a schema says of a value: how it is shown, read and written. */

import { make } from "./dom.js";
import { choicesOf } from "./places.js";

const KINDS = { date: "date", email: "email", uri: "url" };
const LONG_TEXT = 200;

/** What browsers know of the user, by the names of properties. */
const KNOWN = {
  given_name: "given-name",
  family_name: "family-name",
  birthdate: "bday",
  email: "email",
  phone: "tel",
  street: "address-line1",
  postal_code: "postal-code",
  city: "address-level2",
  country: "country",
};

/**
 * A control and the value that it holds.
 *
 * @typedef {object} Control
 * @property {HTMLElement} element
 * @property {() => unknown} read returns the value, null where it is empty
 * @property {(value: unknown) => void} write
 * @property {() => void} fix has it be changed no more
 */

/**
 * Returns the control of a place.
 *
 * @param {import("./places.js").Place} place
 * @returns {Control}
 */
export function controlOf(place, id) {
  const attributes = {
    id,
    name: place.path.join("."),
    "aria-required": place.isRequired ? "true" : null,
    autocomplete: KNOWN[place.path.at(-1)] ?? "off",
  };
  if (place.schema.type === "boolean") return checkbox(attributes);
  const choices = choicesOf(place.schema);
  if (choices !== null) return selection(attributes, choices);
  return text(attributes, place.schema);
}

function checkbox({ id, name }) {
  const element = make("input", { id, name, type: "checkbox" });
  return {
    element,
    read: () => element.checked,
    write: (value) => {
      element.checked = value === true;
    },
    fix: () => {
      element.disabled = true;
    },
  };
}

function selection(attributes, choices) {
  const values = choices.map((each) => each.value);
  const options = choices.map(({ title }, index) => make("option", { value: index }, title));
  const element = make("select", attributes, make("option", { value: "" }, "—"), ...options);
  return {
    element,
    read: () => values[element.value] ?? null,
    write: (value) => {
      if (value !== null && !values.includes(value)) {
        // Stored before there were these choices.
        element.append(make("option", { value: values.push(value) - 1 }, String(value)));
      }
      element.value = value === null ? "" : values.indexOf(value);
    },
    fix: () => {
      element.disabled = true;
    },
  };
}

function text(attributes, schema) {
  const limits = { ...attributes, maxlength: schema.maxLength };
  const element =
    schema.maxLength > LONG_TEXT
      ? make("textarea", { ...limits, rows: 3 })
      : make("input", { ...limits, ...kindOf(attributes, schema) });
  const isNumber = ["integer", "number"].includes(schema.type) && schema.format !== "int64";
  let [written, shown] = [null, ""];
  return {
    element,
    read: () => {
      // What nobody has touched is what was stored, however the browser shows it.
      if (element.value === shown) return written;
      const said = element.value.trim();
      if (said === "") return null;
      return isNumber && !Number.isNaN(Number(said)) ? Number(said) : said;
    },
    write: (value) => {
      element.value = value ?? "";
      [written, shown] = [value, element.value];
    },
    fix: () => {
      element.readOnly = true;
    },
  };
}

function kindOf({ autocomplete }, schema) {
  if (autocomplete === "tel") return { type: "tel" };
  if (["integer", "number"].includes(schema.type)) return { type: "text", inputmode: "decimal" };
  return { type: KINDS[schema.format] ?? "text" };
}
