/*
 * The whole of media-image.js, the one script tag: <script src="/media/media-image.js" defer></script>, with `data-all` for every
 * image of the page.
 */
import { watchMediaImages } from "./media-image.js";

watchMediaImages({ all: document.currentScript?.hasAttribute("data-all") ?? false });
