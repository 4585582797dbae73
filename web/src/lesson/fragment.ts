/**
 * Formatted text from the server (a quiz's explanation), built anew out of the few elements that it needs: whatever
 * else it holds becomes its text, and no attribute but a link's address survives.
 */

const ALLOWED = new Set(
  "A B BLOCKQUOTE BR CODE EM H2 H3 H4 I LI OL P PRE S SPAN STRONG TABLE TBODY TD TH THEAD TR UL".split(" "),
);
const DROPPED = new Set("SCRIPT STYLE TEMPLATE IFRAME OBJECT NOSCRIPT".split(" "));

export function fragment(html: string): DocumentFragment {
  const made = document.createDocumentFragment();
  copy(new DOMParser().parseFromString(html, "text/html").body, made);
  return made;
}

function copy(from: Node, to: Node): void {
  for (const node of from.childNodes) {
    if (node instanceof Text) to.appendChild(document.createTextNode(node.data));
    else if (node instanceof Element && ALLOWED.has(node.tagName)) copy(node, to.appendChild(alike(node)));
    else if (node instanceof Element && !DROPPED.has(node.tagName)) copy(node, to);
  }
}

function alike(element: Element): Element {
  const made = document.createElement(element.tagName);
  const address = element.getAttribute("href") ?? "";
  if (made instanceof HTMLAnchorElement && /^https?:\/\//i.test(address)) {
    made.href = address;
    made.target = "_blank";
    made.rel = "noopener noreferrer";
  }
  return made;
}
