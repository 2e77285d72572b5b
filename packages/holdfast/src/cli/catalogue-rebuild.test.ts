import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as media from "@holdfast/media";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RebuildFlags, run } from "./catalogue-rebuild.js";
import { terminal, type Terminal } from "./terminal.fixture.js";

let cwd: string;
let key: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "holdfast-rebuild-"));
  const opened = await open();
  ({ key } = await opened.put(Buffer.from("%PDF-1.4\n%âãÏÓ\n"), { name: "letter.pdf", attachTo: ["article", "1", "letter"] }));
  await expect.poll(async () => await opened.jobs.count()).toEqual([]);
  await opened.close();
});
afterEach(async () => {
  await rm(cwd, { recursive: true, force: true });
});

const open = async (): Promise<media.Media> =>
  await media.openMedia({ env: {}, cwd, settleEveryMs: 0, log: { info() {}, warn() {}, error() {} } });

async function loseCatalogue(): Promise<void> {
  const names = await readdir(join(cwd, "holdfast-data"));
  await Promise.all(names.map(async (name) => name.startsWith("catalogue.db") && (await rm(join(cwd, "holdfast-data", name)))));
}

async function rebuild(flags: RebuildFlags = {}, ran = terminal({ cwd })): Promise<Terminal & { exitCode: number }> {
  return { ...ran, exitCode: await run(flags, ran.io, media) };
}

describe("holdfast catalogue rebuild", () => {
  it("says what it would do, and does it when told to", async () => {
    await loseCatalogue();
    for (const flags of [{}, { yes: true, dryRun: true }]) {
      const { out, exitCode } = await rebuild(flags);
      expect({ out: out(), exitCode }).toEqual({
        out: "       1  files would be known again\n       1  attachments\n\nNothing was written. Do it with: holdfast catalogue rebuild --yes\n",
        exitCode: 0,
      });
    }
    const { out, exitCode } = await rebuild({ yes: true });
    expect(out()).toMatch(/^ {7}1 {2}files are known again\n[^]*belong together again\. Start the service on it\.\n$/);
    expect(exitCode).toBe(0);
    const opened = await open();
    expect(await opened.attached("article", "1", "letter")).toMatchObject([{ name: "letter.pdf" }]);
    await opened.close();
  });

  it("answers 1, and names what is lost", async () => {
    await loseCatalogue();
    await rm(join(cwd, "holdfast-data", "media", key));
    const { out, exitCode } = await rebuild();
    expect(exitCode).toBe(1);
    expect(out()).toContain(`\n  ${key}: there is a manifest and no object`);
    expect(JSON.parse((await rebuild({ json: true })).out())).toMatchObject({ version: 1, exitCode: 1, isDryRun: true, files: 1, lost: 1 });
  });

  it("refuses a catalogue that is not empty", async () => {
    await expect(rebuild({ yes: true })).rejects.toMatchObject({
      code: "CATALOGUE_UNUSABLE",
      exitCode: 3,
      message: expect.stringContaining("knows 1 file already"),
    });
  });

  it("says after Ctrl-C how to go on", async () => {
    await loseCatalogue();
    const ran = terminal({ cwd });
    ran.interrupt();
    await expect(rebuild({ yes: true }, ran)).rejects.toMatchObject({
      code: "INTERRUPTED",
      exitCode: 130,
      message: expect.stringContaining("Run the same command again to go on."),
    });
  });
});
