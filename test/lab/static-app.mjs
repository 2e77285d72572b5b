// An app of one page, whose style sheet and script are static files; a release is the folder that it runs in.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { openMedia } from "@holdfast/media";
import { openStaticFiles } from "@holdfast/media/static";

const media = await openMedia();
const assets = await openStaticFiles({ folder: "dist/static", storage: media.storage });
const release = readFileSync("release", "utf8");
const page = `<!doctype html><title>${release}</title>
<link rel="stylesheet" href="${assets.url("css/app.css")}"><script src="${assets.url("app.js")}"></script>
<img src="${assets.url("logo.svg")}">`;
const listener = getRequestListener(async (request) => {
  const asset = await assets.handler(request);
  return asset ?? new Response(page, { headers: { "content-type": "text/html; charset=utf-8", "x-release": release } });
});
const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
process.on("SIGTERM", () => {
  server.close(() => void media.close().then(() => process.exit(0)));
  server.closeIdleConnections();
});
