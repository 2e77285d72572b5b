import { initialsOf } from "./initials.js";
import { drawThumbhash } from "./thumbhash.js";

/** A head and shoulders, and a landscape: for a person without a name, and for any other picture. */
const silhouette = "M50 22a18 18 0 1 1 0 36a18 18 0 1 1 0-36M18 100C18 56 82 56 82 100Z";
const landscape = "M34 30a7 7 0 1 1 0 14a7 7 0 1 1 0-14M15 78L40 54L52 66L68 48L88 78Z";

/**
 * Draw what is shown in place of a picture: its blur, else the initials of the person, else a silhouette or a neutral picture.
 * Of a person whose picture has failed the initials say more than a blur. Nothing here is parsed as HTML, and no `data:` URL and
 * no style attribute is used, which a strict policy would forbid.
 */
export function drawPlaceholder({ thumbhash, initials: name }: DOMStringMap, hasFailed: boolean): Element {
  if (thumbhash && !(hasFailed && name)) {
    try {
      return drawThumbhash(thumbhash);
    } catch {
      // Not base64: as if there were none.
    }
  }
  const { initials, colour } = initialsOf(name ?? "");
  const svg = draw("svg", { viewBox: "0 0 100 100" });
  svg.style.background = name === undefined ? "#8883" : colour;
  const figure = initials
    ? draw("text", { x: "50", y: "50", dy: ".35em", "text-anchor": "middle", fill: "#fff" })
    : draw("path", name === undefined ? { d: landscape, fill: "#888" } : { d: silhouette, fill: "#fffd" });
  figure.textContent = initials;
  svg.append(figure);
  return svg;
}

function draw(name: "svg" | "text" | "path", attributes: Readonly<Record<string, string>>): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  return element;
}
