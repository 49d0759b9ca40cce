/** Makes elements without ever parsing text as HTML. */

/**
 * Returns an element with these attributes and children.
 *
 * An attribute of false, null or undefined is left out, one of true is there without a value.
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Returns the element of this id. */
export function find(id) {
  return document.getElementById(id);
}

/** Shows a text in an element that is hidden while it has none. */
export function say(element, text) {
  element.textContent = text;
  element.hidden = text === "";
}
