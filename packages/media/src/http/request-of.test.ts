import { createServer, type IncomingMessage, request as send, type ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import express from "express";
import express4 from "express4";
import { fastify } from "fastify";
import { Hono } from "hono";
import { describe, expect, it, onTestFinished } from "vitest";
import { isHoldfastError } from "../errors.js";
import type { ReceiveFormOptions } from "../form-options.js";
import { eventually, openTestMedia, picture } from "../media.fixture.js";
import type { Media } from "../media.js";
import { listening } from "./listening.fixture.js";
import { requestOf } from "./node.js";

interface Outcome {
  readonly status: number;
  readonly body: unknown;
}
type Receive = (request: Request) => Promise<Outcome>;

const answer = ({ status, body }: Outcome, response: ServerResponse): void =>
  void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

/** How a route of an app's own is made with each framework. */
const frameworks: Readonly<Record<string, (receive: Receive) => Promise<string>>> = {
  "node:http": async (receive) =>
    await listening(
      createServer((incoming, outgoing) => void receive(requestOf(incoming, outgoing)).then((outcome) => answer(outcome, outgoing))),
    ),
  "Express 5": async (receive) => {
    const app = express().use(express.json(), express.urlencoded({ extended: false }));
    app.post("/articles", async (incoming, outgoing) => answer(await receive(requestOf(incoming, outgoing)), outgoing));
    return await listening(createServer(app));
  },
  "Express 4": async (receive) => {
    const app = express4();
    app.use(express4.json());
    app.post("/articles", (incoming: IncomingMessage, outgoing: ServerResponse) => {
      void receive(requestOf(incoming, outgoing)).then((outcome) => answer(outcome, outgoing));
    });
    return await listening(createServer(app));
  },
  "Fastify 5": async (receive) => {
    const app = fastify({ forceCloseConnections: true });
    app.addContentTypeParser("multipart/form-data", (_request, _payload, done) => done(null));
    app.post("/articles", async (incoming, reply) => {
      const { status, body } = await receive(requestOf(incoming.raw, reply.raw));
      return await reply.status(status).send(body);
    });
    onTestFinished(async () => await app.close());
    return await app.listen({ port: 0, host: "127.0.0.1" });
  },
  Hono: async (receive) => {
    const app = new Hono().post("/articles", async (c) => {
      const { status, body } = await receive(c.req.raw);
      return new Response(JSON.stringify(body), { status });
    });
    const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
    return await listening(createServer((incoming, outgoing) => void listener(incoming, outgoing)));
  },
};

describe.each(Object.keys(frameworks))("a form in a route of %s", (framework) => {
  const serve = async (media: Media, options: ReceiveFormOptions = {}): Promise<{ origin: string; outcomes: Outcome[] }> => {
    const start = frameworks[framework];
    if (start === undefined) throw new Error(`There is no framework ${framework}.`);
    const outcomes: Outcome[] = [];
    const receive = async (request: Request): Promise<Outcome> => {
      try {
        const { fields, files, refusals } = await media.receiveForm(request, options);
        const names = [...files].map(([field, kept]) => [field, kept.map(({ name }) => name)]);
        return { status: 201, body: { path: new URL(request.url).pathname, title: fields.get("title"), names, refused: refusals.length } };
      } catch (error) {
        return { status: isHoldfastError(error) ? error.status : 403, body: { message: String(error) } };
      }
    };
    const origin = await start(async (request) => {
      const outcome = await receive(request);
      outcomes.push(outcome);
      return outcome;
    });
    return { origin, outcomes };
  };
  const form = async (...photos: (string | Uint8Array)[]): Promise<FormData> => {
    const data = new FormData();
    data.append("title", "V\u00e9lo");
    photos.forEach((photo, at) =>
      data.append("photos", new File([typeof photo === "string" ? photo : Uint8Array.from(photo)], `${at}.jpg`, { type: "image/jpeg" })),
    );
    return data;
  };

  it("is received whole, with its fields, its files and what was wrong with one of them", async () => {
    const media = await openTestMedia();
    const { origin } = await serve(media);
    const photo = await picture("jpeg", 800, 600);
    const response = await fetch(`${origin}/articles?x=1`, {
      method: "POST",
      body: await form(photo, "no picture ".repeat(20_000), photo),
    });
    expect([response.status, await response.json()]).toEqual([
      201,
      { path: "/articles", title: "V\u00e9lo", names: [["photos", ["0.jpg", "2.jpg"]]], refused: 1 },
    ]);
  });

  it("is refused in such a way that the sender hears it, however much it still sends", async () => {
    const media = await openTestMedia();
    const { origin } = await serve(media, {
      beforeFile: () => {
        throw new RangeError("not from here");
      },
    });
    const response = await fetch(`${origin}/articles`, {
      method: "POST",
      body: await form(new Uint8Array(8_000_000), new Uint8Array(8_000_000)),
    });
    expect([response.status, await response.json()]).toEqual([403, { message: "RangeError: not from here" }]);
    expect(media.stats().storage.put.calls).toBe(0);
  });

  it("whose sender falls silent is answered, and one whose sender goes away ends", async () => {
    const media = await openTestMedia({ limits: { stallTimeoutMs: 300 } });
    const { origin, outcomes } = await serve(media);
    const begin = () => {
      const sending = send(`${origin}/articles`, { method: "POST", headers: { "content-type": "multipart/form-data; boundary=b" } });
      sending.on("error", () => undefined);
      sending.write('--b\r\nContent-Disposition: form-data; name="photos"; filename="a.jpg"\r\n\r\n');
      return sending;
    };
    const silent = begin();
    const status = await new Promise((resolve) => silent.on("response", (response) => resolve(response.statusCode)));
    expect(status).toBe(408);
    silent.destroy();
    const gone = begin();
    setTimeout(() => gone.destroy(), 100);
    await eventually(() => outcomes.length === 2);
    expect(outcomes[1]?.body).toEqual({ message: expect.stringContaining("The connection ended before") as string });
    expect((await media.list()).files).toEqual([]);
  });
});

describe("requestOf", () => {
  it("has the address, the headers and the method, whatever host the client names", async () => {
    const seen: string[] = [];
    const origin = await listening(
      createServer((incoming, outgoing) => {
        const request = requestOf(incoming, outgoing);
        seen.push(`${request.method} ${request.url} ${request.headers.get("x-two")}`);
        outgoing.end();
      }),
    );
    const ask = async (method: string, path: string, host: string): Promise<void> =>
      await new Promise((resolve, reject) => {
        const asking = send({ port: new URL(origin).port, host: "127.0.0.1", method, path, headers: { host, "x-two": ["a", "b"] } });
        asking.on("response", (response) => response.resume().on("end", resolve)).on("error", reject);
        asking.end();
      });
    await ask("GET", "/a?b=c", "example.com:80");
    await ask("DELETE", "//evil.example/x", "example.com");
    await ask("POST", "/x", "a b/c");
    await ask("OPTIONS", "*", "user@example.com/path");
    expect(seen).toEqual([
      "GET http://example.com/a?b=c a, b",
      "DELETE http://example.com//evil.example/x a, b",
      "POST http://localhost/x a, b",
      "OPTIONS http://localhost/ a, b",
    ]);
  });

  it("says so where a body parser was quicker", async () => {
    const app = express().use(express.urlencoded({ extended: false }));
    app.post("/", (incoming, outgoing) => void requestOf(incoming, outgoing));
    app.use((error: Error, _incoming: unknown, outgoing: ServerResponse, _next: unknown) => void outgoing.end(error.message));
    const origin = await listening(createServer(app));
    const answered = await fetch(origin, { method: "POST", body: new URLSearchParams({ a: "1" }) });
    expect(await answered.text()).toContain("put this route before multer");
  });

  it("takes in no more of a body than is asked for", async () => {
    let [read, sent] = [0, 0];
    const origin = await listening(
      createServer((incoming, outgoing) => {
        const reader = requestOf(incoming, outgoing).body?.getReader();
        void reader?.read().then(({ value }) => (read += value?.byteLength ?? 0));
      }),
    );
    const sending = send(origin, { method: "POST" }).on("error", () => undefined);
    const block = Buffer.alloc(1_000_000);
    while (sent < 100_000_000) {
      sent += block.byteLength;
      const isTaken = await new Promise<boolean>((resolve) => {
        sending.write(block, () => resolve(true));
        setTimeout(() => resolve(false), 500);
      });
      if (!isTaken) break;
    }
    sending.destroy();
    expect(read).toBeLessThan(1_000_000);
    expect(sent).toBeLessThan(50_000_000);
  });
});
