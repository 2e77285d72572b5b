// Bundles and minifies src/browser/media-image-script.ts into dist/media-image.js, the script that pages include with one tag.
import { build } from "vite";

await build({
  root: import.meta.dirname,
  configFile: false,
  logLevel: "warn",
  build: {
    outDir: "dist",
    emptyOutDir: false,
    minify: "oxc",
    target: "es2022",
    lib: { entry: "src/browser/media-image-script.ts", formats: ["iife"], name: "holdfast", fileName: () => "media-image.js" },
  },
});
