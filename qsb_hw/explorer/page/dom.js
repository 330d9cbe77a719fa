// Elements of the page, and their renewal: what stays as it is stays in place, with its focus, and is not laid out again.

const SPACE = "http://www.w3.org/2000/svg";

export function element(tag, attributes = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...inside);
  return made;
}

export function drawn(tag, attributes = {}, ...inside) {
  const made = document.createElementNS(SPACE, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}

// Give a place these children; of those it has, only what differs is changed.
export function renew(place, ...children) {
  const old = [...place.childNodes];
  children.forEach((child, k) => (k < old.length ? match(old[k], child) : place.append(child)));
  for (const rest of old.slice(children.length)) rest.remove();
}

// Give a place these children, each of which may stand there already.
export function arrange(place, children) {
  children.forEach((child, k) => place.children[k] !== child && place.insertBefore(child, place.children[k] ?? null));
  while (place.children.length > children.length) place.lastElementChild.remove();
}

export function tell(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function match(old, wanted) {
  if (old.isEqualNode(wanted)) return;
  if (old.nodeName !== wanted.nodeName || old.nodeType !== Node.ELEMENT_NODE) {
    old.replaceWith(wanted);
    return;
  }
  for (const { name } of [...old.attributes]) if (!wanted.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of wanted.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  renew(old, ...wanted.childNodes);
}
