import { serve } from "@hono/node-server";
import { openMedia, toProblem } from "@holdfast/media";
import { Hono } from "hono";
import { html } from "hono/html";

const media = await openMedia();
const app = new Hono();

app.get("/", async (c) => {
  const photos = await media.attached("article", "42", "photos");
  return c.html(
    html`<!doctype html><title>Photos</title>
      <form method="post" action="/photos" enctype="multipart/form-data">
        <input type="file" name="file" accept="image/*" required /> <button>Upload</button>
      </form>
      ${photos.map((photo) => html`<img src="${photo.url({ width: 640 })}" alt="${photo.name}" />`)}`,
  );
});
app.post("/photos", async (c) => {
  await media.receive(c.req.raw, { attachTo: ["article", "42", "photos"] });
  return c.redirect("/", 303);
});
app.all("/media/*", (c) => media.handler(c.req.raw));
app.onError((error) => {
  const { status, detail } = toProblem(error);
  return new Response(detail, { status });
});

const { HOST: hostname = "127.0.0.1", PORT = "3000" } = process.env;
const server = serve({ fetch: app.fetch, hostname, port: Number(PORT) }, ({ port }) => console.log(`Photos: http://${hostname}:${port}`));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => server.close(() => void media.close()));
