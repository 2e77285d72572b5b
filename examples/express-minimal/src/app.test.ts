import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Pool } from "pg";
import { expect, it, onTestFinished } from "vitest";
import type { Media } from "@holdfast/media";
import { picture, rememberingLog, temporaryFolder } from "../../../packages/media/src/media.fixture.js";
import { createApp } from "./app.js";

interface Bench {
  readonly media: Media;
  readonly pool: Pool;
  readonly attachments: string;
  upload(name: string): Promise<string>;
  post(article: object): Promise<{ status: number; body: { id?: string; detail?: string } }>;
  get(path: string): Promise<Response>;
}

async function start(): Promise<Bench> {
  const pool = new Pool({ connectionString: process.env["HOLDFAST_TEST_DATABASE_URL"] });
  const tablePrefix = `t${randomBytes(6).toString("hex")}_`;
  const options = { env: {}, cwd: await temporaryFolder(), tablePrefix, settleEveryMs: 0, log: rememberingLog() };
  const { app, media } = await createApp(pool, { ...options, uploadsExpireInMs: 0 });
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, "127.0.0.1", () => resolve(listening));
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await media.close();
    await pool.end();
  });
  return {
    media,
    pool,
    attachments: `${tablePrefix}attachments`,
    async upload(name) {
      const form = new FormData();
      form.append("file", new Blob([new Uint8Array(await picture("jpeg"))], { type: "image/jpeg" }), name);
      const answer = await fetch(`${origin}/media`, { method: "POST", body: form });
      expect(answer.status).toBe(201);
      return ((await answer.json()) as { id: string }).id;
    },
    async post(article) {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${origin}/articles`, { method: "POST", headers, body: JSON.stringify(article) });
      return { status: answer.status, body: (await answer.json()) as { id?: string; detail?: string } };
    },
    get: async (path) => await fetch(`${origin}${path}`),
  };
}

it("makes an article of uploaded pictures, and shows it with them", async () => {
  const { media, upload, post, get } = await start();
  const [cover, one, two] = [await upload("cover.jpg"), await upload("one.jpg"), await upload("two.jpg")];
  const { status, body } = await post({ title: "Cats", cover, photos: [two, one] });
  expect(status).toBe(201);
  expect(await media.settle()).toMatchObject({ expired: 0 });
  const shown = (await (await get(`/articles/${body.id}`)).json()) as { title: string; cover: string; photos: string[] };
  expect(shown.title).toBe("Cats");
  expect(shown.photos.map((url) => url.split("/").at(-1))).toEqual(["two.jpg", "one.jpg"]);
  for (const url of [shown.cover, ...shown.photos]) {
    const picturesAnswer = await get(url);
    expect(picturesAnswer.status).toBe(200);
    expect((await picturesAnswer.arrayBuffer()).byteLength).toBeGreaterThan(0);
  }
});

it("leaves nothing of a transaction that fails midway: no row, no attachment, and the pictures expire", async () => {
  const { media, pool, attachments, upload, post } = await start();
  const [cover, photo] = [await upload("cover.jpg"), await upload("photo.jpg")];
  await media.trash(photo);
  const articles = async (): Promise<number | null> => (await pool.query("SELECT 1 FROM articles WHERE title = 'Dogs'")).rowCount;
  const { status, body } = await post({ title: "Dogs", cover, photos: [photo] });
  expect(status).toBe(409);
  expect(body.detail).toContain("cannot be attached");
  expect(await articles()).toBe(0);
  const { rows } = await pool.query(`SELECT 1 FROM ${attachments} WHERE file_id = $1`, [cover]);
  expect(rows).toEqual([]);
  expect(await media.get(cover)).toMatchObject({ state: "stored", expiresAt: expect.any(Number) as number });
  expect(await media.settle()).toMatchObject({ expired: 1 });
  expect(await media.get(cover)).toBeUndefined();
});

it("says what is wrong with a picture that there is none of", async () => {
  const { post, upload } = await start();
  expect(await post({ title: "Birds", cover: "none", photos: [] })).toMatchObject({
    status: 404,
    body: { detail: "There is no file none here." },
  });
  expect(await post({ title: "Birds", cover: await upload("cover.jpg") })).toMatchObject({ status: 404 });
});
