import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { picture, type ServiceFixture, startService, testToken } from "./service.fixture.js";

const metricsToken = "a-token-for-metrics-0123456789";
const bearer = { authorization: `Bearer ${testToken}` };

describe("/metrics", () => {
  let service: ServiceFixture;
  let id: string;
  beforeAll(async () => {
    service = await startService({ env: { HOLDFAST_TOKEN: testToken, HOLDFAST_METRICS_TOKEN: metricsToken } });
    const body = await picture();
    const created = await service.fetch("/api/v1/files?name=a.jpg", {
      method: "POST",
      body,
      headers: { ...bearer, "content-type": "image/jpeg" },
    });
    ({ id } = (await created.json()) as { id: string });
    await service.fetch("/api/v1/files?name=a.jpg", {
      method: "POST",
      body: "no picture",
      headers: { ...bearer, "content-type": "image/jpeg" },
    });
    for (let time = 0; time < 3; time += 1) await (await service.fetch(`/media/${id}/w320/a.jpg`)).arrayBuffer();
    await rm(join(service.folder, "holdfast-data", "media", "originals"), { recursive: true });
    await (await service.fetch(`/media/${id}/a.jpg`, { headers: bearer })).arrayBuffer();
  });
  afterAll(async () => await service.close());

  const metrics = async (): Promise<string> => await (await service.fetch("/metrics", { headers: bearer })).text();
  /** The value of one line, by its name and labels. */
  const valueOf = (text: string, line: string): number =>
    Number(
      text
        .split("\n")
        .find((each) => each.startsWith(`${line} `))
        ?.split(" ")[1],
    );

  it("tell what was asked, found, kept, refused and missing", async () => {
    const text = await metrics();
    const read = (line: string): number => valueOf(text, line);
    expect(read('holdfast_requests_total{kind="variant",status="200"}')).toBe(3);
    expect(read('holdfast_requests_total{kind="upload",status="201"}')).toBe(1);
    expect(read('holdfast_requests_total{kind="original",status="404"}')).toBe(1);
    expect(read('holdfast_request_duration_seconds_count{kind="variant"}')).toBe(3);
    expect(read('holdfast_response_bytes_total{kind="variant"}')).toBeGreaterThan(600);
    expect(read('holdfast_variants_total{from="made"}')).toBe(1);
    expect(read('holdfast_variants_total{from="memory"}')).toBe(2);
    expect(read("holdfast_decodes_total")).toBeGreaterThanOrEqual(1);
    expect(read("holdfast_decode_seconds_total")).toBeGreaterThan(0);
    expect(read("holdfast_decodes_running")).toBe(0);
    expect(read('holdfast_uploads_total{outcome="acknowledged"}')).toBe(1);
    expect(read('holdfast_uploads_total{outcome="refused"}')).toBe(1);
    expect(read("holdfast_missing_files_total")).toBe(1);
    expect(read('holdfast_storage_calls_total{operation="put"}')).toBeGreaterThanOrEqual(1);
    expect(read('holdfast_storage_errors_total{operation="put"}')).toBe(0);
    expect(read("holdfast_connections")).toBeGreaterThanOrEqual(1);
    expect(read("process_resident_memory_bytes")).toBeGreaterThan(1e6);
  });

  it("say nothing of names, ids or tokens: labels have a few values each", async () => {
    const text = await metrics();
    expect(text).not.toContain(id);
    expect(text).not.toContain("a.jpg");
    expect(text).not.toContain(testToken);
  });

  it("are for whoever may use the API, and for the token of their own, which opens nothing else", async () => {
    const statusWith = async (path: string, token?: string): Promise<number> =>
      (await service.fetch(path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await statusWith("/metrics")).toBe(401);
    expect(await statusWith("/metrics", "another-token-0123456789")).toBe(401);
    expect(await statusWith("/metrics", testToken)).toBe(200);
    expect(await statusWith("/metrics", metricsToken)).toBe(200);
    expect(await statusWith("/api/v1/files", metricsToken)).toBe(401);
    expect(await statusWith(`/media/${id}/a.jpg`, metricsToken)).toBe(401);
    expect((await service.fetch("/metrics", { method: "POST", headers: bearer })).status).toBe(405);
  });

  it("are scraped as Prometheus' text format", async () => {
    const response = await service.fetch("/metrics", { headers: bearer });
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const line of (await response.text()).split("\n"))
      expect(line).toMatch(/^$|^# (?:HELP|TYPE) |^[a-z0-9_]+(?:\{[^}]*\})? [-+0-9.eNaInf]+$/);
  });
});
