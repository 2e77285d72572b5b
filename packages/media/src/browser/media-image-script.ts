/*
 * The whole of media-image.js, the one script tag: <script src="/media/media-image.js" defer></script>, with `data-all` for every
 * image of the page.
 */
import { watchMediaImages } from "./media-image.js";

// A bundle for a server may hold this too, and there is no page there.
if ("document" in globalThis) watchMediaImages({ all: document.currentScript?.hasAttribute("data-all") ?? false });
