import { drawPlaceholder } from "./placeholder.js";

/** What `media-load` and `media-error` tell, as the event's `detail`. Both bubble from the `<img>`. */
export interface MediaImageDetail {
  readonly src: string;
  /** The HTTP status, where the browser tells it. A picture that came with 404 is a placeholder: it is shown, and told as `media-error`. */
  readonly status: number | undefined;
  /** How often it was tried again since it was last here. */
  readonly retries: number;
}

interface Failure {
  retries: number;
  timer?: ReturnType<typeof setTimeout>;
  /** What stands in the place of an image that is in no `<media-image>`, and the style the image had. */
  standIn?: HTMLElement;
  style?: string;
}

const maxRetries = 3;
const tag = "media-image";
const failures = new Map<HTMLImageElement, Failure>();
const isOn = ":not([data-fallback=off])";
let enhanced = `img[data-fallback]${isOn}`;

/**
 * Begin to look after the images of this page: those in a `<media-image>`, and every `<img data-fallback>`, also those that failed
 * before and those that are inserted later. With `all` every `<img>` but those with `data-fallback="off"`. Calling it again does
 * no more than to widen what is looked after.
 */
export function watchMediaImages({ all = false }: { readonly all?: boolean } = {}): void {
  if (all) enhanced = `img${isOn}`;
  if (!customElements.get(tag)) {
    customElements.define(tag, elementClass());
    addEventListener("online", () => failures.forEach((failure, image) => ((failure.retries = 0), retry(image))));
    new MutationObserver((records) => {
      for (const [image, { standIn: frame }] of failures) {
        if (image.isConnected && !(frame && frame.previousSibling !== image)) continue;
        forget(image);
        if (image.isConnected) lookAt(image);
      }
      for (const { addedNodes } of records) addedNodes.forEach((node) => node instanceof Element && lookAt(node));
    }).observe(document, { childList: true, subtree: true });
    listen(document);
  }
  lookAt(document);
}

function elementClass(): CustomElementConstructor {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    ":host{display:inline-block;position:relative;overflow:hidden;max-width:100%}" +
      "canvas,svg{position:absolute;inset:0;width:100%;height:100%;font:600 40px system-ui,sans-serif}" +
      "::slotted(*){position:relative;vertical-align:top}.failed::slotted(*){opacity:0}",
  );
  return class extends HTMLElement {
    connectedCallback(): void {
      if (this.shadowRoot) return;
      const shadow = this.attachShadow({ mode: "open" });
      shadow.adoptedStyleSheets = [sheet];
      const slot = document.createElement("slot");
      shadow.append(slot);
      // Children that are parsed or rendered only now, too.
      slot.addEventListener("slotchange", () => lookAt(this));
      listen(this.getRootNode());
    }
  };
}

/** Loads and errors do not bubble, but they can be caught on their way down. Listening twice is listening once. */
function listen(root: Node): void {
  for (const type of ["load", "error"]) root.addEventListener(type, hear, true);
}

function hear({ type, target }: Event): void {
  if (target instanceof HTMLImageElement && (target.matches(enhanced) || target.closest(tag))) settle(target, type === "load");
}

/** Look at the images that are in the page already. */
function lookAt(place: Document | Element): void {
  const within = [...place.querySelectorAll("img")];
  if (place instanceof HTMLImageElement) within.push(place);
  for (const image of within) {
    const frame = image.closest<HTMLElement>(tag);
    if (!frame && !(image.matches(enhanced) && image.hasAttribute("src"))) continue;
    if (!image.complete) cover(frame, image, false);
    // A vector image without a size of its own has no natural width either.
    // Its error may be on its way still: that one counts.
    else if (image.naturalWidth === 0) image.decode().catch(() => setTimeout(() => failures.has(image) || settle(image, false), 50));
  }
}

/** Show the placeholder behind the image, or in its place; `undefined` takes it away. */
function cover(frame: HTMLElement | null | undefined, image: HTMLImageElement, hasFailed: boolean | undefined): void {
  const slot = frame?.shadowRoot?.querySelector("slot");
  if (!slot) return;
  slot.className = hasFailed ? "failed" : "";
  // An inline image that is broken has the size of its alternative text.
  if (getComputedStyle(image).display === "inline") image.style.display = "inline-block";
  while (slot.previousSibling) slot.previousSibling.remove();
  if (hasFailed !== undefined) slot.before(drawPlaceholder(Object.assign({}, frame?.dataset, image.dataset), hasFailed));
}

/** Note that an image has come or has not, show what is to be shown, tell the page, and try again a few times. */
function settle(image: HTMLImageElement, hasLoaded: boolean): void {
  const src = image.currentSrc || image.src;
  const entry = performance.getEntriesByName(src).at(-1) as PerformanceResourceTiming | undefined;
  const status = entry?.responseStatus || undefined;
  const isHere = hasLoaded && !(status && status >= 400);
  const failure = failures.get(image) ?? { retries: 0 };
  const detail: MediaImageDetail = { src, status, retries: failure.retries };
  forget(image);
  if (!hasLoaded && !image.hasAttribute("alt") && image.dataset.initials) image.alt = image.dataset.initials;
  const frame = image.closest<HTMLElement>(tag);
  if (frame) cover(frame, image, hasLoaded ? undefined : true);
  else if (!hasLoaded) standIn(image, failure);
  if (!hasLoaded) {
    failures.set(image, failure);
    if (failure.retries < maxRetries) failure.timer = setTimeout(retry, 2000 * 4 ** failure.retries++, image);
  }
  image.dispatchEvent(new CustomEvent(isHere ? "media-load" : "media-error", { bubbles: true, detail }));
}

function retry(image: HTMLImageElement): void {
  const name = image.hasAttribute("src") ? "src" : "srcset";
  image.setAttribute(name, image.getAttribute(name) ?? "");
}

/**
 * Put the placeholder in the place of an image, with all that its style says of it. The image stays, unseen: it is what screen
 * readers read, what events come from, and what is loaded again; a lazy one would not be, were it not rendered.
 */
function standIn(image: HTMLImageElement, failure: Failure): void {
  const computed = getComputedStyle(image);
  const { display, position, aspectRatio } = computed;
  const frame = document.createElement(tag);
  failure.style = image.style.cssText;
  // Of what is not displayed, the computed sizes are those that were asked for, such as 100 %, and not those of the broken image.
  image.style.setProperty("display", "none", "important");
  for (const name of computed) frame.style.setProperty(name, computed.getPropertyValue(name));
  frame.style.display = display === "inline" ? "inline-block" : display;
  frame.style.position = position === "static" ? "relative" : position;
  frame.style.opacity = "1";
  if (aspectRatio === "auto") frame.style.aspectRatio = "1";
  if (computed.width === "auto" && computed.height === "auto") frame.style.width = "4em";
  frame.ariaHidden = "true";
  image.style.cssText = `${failure.style};position:absolute!important;width:1px!important;height:1px!important;opacity:0!important;pointer-events:none`;
  image.after((failure.standIn = frame));
  cover(frame, image, true);
}

function forget(image: HTMLImageElement): void {
  const failure = failures.get(image);
  clearTimeout(failure?.timer);
  if (failure?.standIn) {
    failure.standIn.remove();
    delete failure.standIn;
    image.style.cssText = failure.style ?? "";
  }
  failures.delete(image);
}
