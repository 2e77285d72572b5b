import { defineConfig } from "vite";

/** The console is built into the server's dist, from where the service answers it. */
export default defineConfig({
  base: "/",
  build: {
    outDir: "../dist/console",
    emptyOutDir: true,
    // Nothing is put into the page itself: its policy allows scripts and styles from files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // `vite console` beside a running service: the page reloads as it is written, the API is the real one.
  server: { proxy: { "/api": "http://127.0.0.1:4100", "/media": "http://127.0.0.1:4100" } },
});
