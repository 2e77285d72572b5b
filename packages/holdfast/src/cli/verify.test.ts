import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { gifBytes, type PictureSite, pictureSite, pngBytes } from "../deploy/picture-site.fixture.js";
import { runCommand } from "./program.js";
import { terminal } from "./terminal.fixture.js";

let site: PictureSite;
let cwd: string;
beforeEach(async () => {
  site = await pictureSite();
  cwd = await mkdtemp(join(tmpdir(), "holdfast-verify-"));
});
afterEach(async () => {
  await site.close();
  await rm(cwd, { recursive: true, force: true });
});

async function verify(...args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
  const { io, out, err } = terminal({ cwd });
  const exitCode = await runCommand(["verify", ...args], io);
  return { exitCode, out: out(), err: err() };
}

describe("holdfast verify", () => {
  it("remembers a picture, finds it again, and finds it gone after the folder is wiped", async () => {
    const url = await site.put("cat.png", pngBytes);

    const first = await verify(url);
    expect(first.out).toBe(
      `remembered  ${url}  (image/png, ${pngBytes.length} bytes)\n\n1 picture: 1 remembered.\n` +
        "Remembered in .holdfast/verify.json. Deploy now, then run `holdfast verify` again: it tells which are still there.\n",
    );
    expect(first).toMatchObject({ exitCode: 0, err: "" });

    const second = await verify();
    expect(second.out).toContain(`same bytes  ${url}\n\n1 picture: 1 with the same bytes.\nAll are there, byte for byte.`);
    expect(second.exitCode).toBe(0);

    await site.wipe();
    const third = await verify();
    expect(third.out).toContain(`gone  ${url}  (the site answered 404)`);
    expect(third.out).toContain("First aid:");
    expect(third.exitCode).toBe(1);
  });

  it("tells changed bytes and a web page from the picture that was there", async () => {
    const cat = await site.put("cat.png", pngBytes);
    const dog = await site.put("dog.png", pngBytes);
    await verify(cat, dog);
    await site.put("cat.png", gifBytes);
    site.answer("/dog.png", (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>"));

    const { out, exitCode } = await verify();
    expect(out).toContain(`changed                 ${cat}  (${pngBytes.length} bytes then, ${gifBytes.length} now)`);
    expect(out).toContain(`not a picture any more  ${dog}  (a web page answers, with status 200)`);
    expect(out).toContain("2 pictures: 1 changed, 1 not a picture.");
    expect(exitCode).toBe(1);
  });

  it("calls nothing lost that is only unreachable", async () => {
    const url = await site.put("cat.png", pngBytes);
    await verify(url);
    for (const status of [401, 403, 500, 503]) {
      site.answer("/cat.png", (_, response) => response.writeHead(status).end());
      const { out, exitCode } = await verify();
      expect(out).toContain(`could not check  ${url}  (the site answered ${status}`);
      expect(out).toContain("not known to be lost");
      expect(out).not.toContain("First aid");
      expect(exitCode).toBe(3);
    }
    await site.close();
    expect(await verify()).toMatchObject({ exitCode: 3, out: expect.stringContaining("nothing listens at") });
  });

  it("exits with 1 when something is gone, though something else could not be checked", async () => {
    const urls = [await site.put("cat.png", pngBytes), await site.put("dog.png", pngBytes)];
    await verify(...urls);
    await site.wipe();
    site.answer("/dog.png", (_, response) => response.writeHead(503).end());
    expect((await verify()).exitCode).toBe(1);
  });

  it("does not remember what is no picture to begin with", async () => {
    site.answer("/app", (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>"));
    const pointer = await site.put("lfs.png", "version https://git-lfs.github.com/spec/v1\n");
    const { out, exitCode } = await verify(`${site.origin}/app`, `${site.origin}/none.png`, pointer);
    expect(out).toMatch(/^not a picture +http.*\/app /m);
    expect(out).toMatch(/^nothing there +http.*\/none\.png/m);
    expect(out).toContain("its bytes are something else");
    expect(out).not.toContain("First aid");
    expect(exitCode).toBe(1);
    expect(await verify()).toMatchObject({ exitCode: 2, err: expect.stringContaining("No picture is remembered") });
  });

  it("remembers a document as well, and says when a page stands in its place", async () => {
    const url = await site.put("plan.pdf", "%PDF-1.7 …");
    expect((await verify(url)).out).toContain("application/pdf");
    site.answer("/plan.pdf", (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>"));
    expect((await verify()).out).toContain("not the file any more");
  });

  it("keeps to what was first seen, whatever answers later", async () => {
    const url = await site.put("cat.png", pngBytes);
    await verify(url);
    await site.put("cat.png", gifBytes);
    await verify(url);
    expect((await verify(url)).exitCode).toBe(1);
    await site.put("cat.png", pngBytes);
    expect((await verify(url)).exitCode).toBe(0);
  });

  it("prints its result as JSON of the documented shape", async () => {
    const url = await site.put("cat.png", pngBytes);
    await verify(url, "--state", "state.json");
    await site.wipe();
    const { out, exitCode } = await verify("--state", "state.json", "--json");
    expect(JSON.parse(out)).toEqual({
      version: 1,
      state: join(cwd, "state.json"),
      checkedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      exitCode: 1,
      summary: { remembered: 0, same: 0, changed: 0, gone: 1, "not-a-picture": 0, "could-not-check": 0 },
      pictures: [
        {
          url,
          outcome: "gone",
          reason: "the site answered 404",
          httpStatus: 404,
          isFromCache: false,
          before: {
            sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
            size: pngBytes.length,
            contentType: "image/png",
            etag: `"${pngBytes.length}"`,
            rememberedAt: expect.stringMatching(/^\d{4}-/),
          },
          now: null,
        },
      ],
    });
    expect(exitCode).toBe(1);
  });

  it("masks secrets in what it prints, keeps them in the state file, and understands its own masked URLs", async () => {
    const url = `${await site.put("cat.png", pngBytes)}?w=640&token=s3cr3t`;
    const masked = url.replace("s3cr3t", "***");
    for (const flags of [[], ["--json"]]) {
      const { out } = await verify(url, ...flags);
      expect(out).toContain(masked);
      expect(out).not.toContain("s3cr3t");
    }
    expect(await readFile(join(cwd, ".holdfast", "verify.json"), "utf8")).toContain(url);
    expect(await verify(masked)).toMatchObject({ exitCode: 0 });
    expect(await verify("--forget", masked)).toMatchObject({ exitCode: 0, out: `forgotten  ${masked}\n` });
    expect(await verify(masked)).toMatchObject({ exitCode: 2, err: expect.stringContaining("give the whole URL") });
  });

  it("forgets one picture, or all, and nothing that it does not know", async () => {
    const [cat, dog] = [await site.put("cat.png", pngBytes), await site.put("dog.png", pngBytes)];
    await verify(cat, dog);
    expect(await verify("--forget", `${site.origin}/cow.png`, cat)).toMatchObject({ exitCode: 2, err: expect.stringContaining("cow.png") });
    expect((await verify("--forget", cat)).out).toBe(`forgotten  ${cat}\n`);
    expect((await verify()).out).not.toContain(cat);
    expect(JSON.parse((await verify("--forget", "--all", "--json")).out)).toEqual({
      version: 1,
      state: join(cwd, ".holdfast", "verify.json"),
      forgotten: [dog],
    });
    expect(await verify("--forget", "--all")).toMatchObject({ exitCode: 0, out: "Nothing was remembered.\n" });
  });

  it.each([
    [["example.com/cat.jpg"], "Did you mean https://example.com/cat.jpg?"],
    [["--forget"], "Say what to forget"],
    [["--all"], "--all goes with --forget"],
    [["--forget", "--all", "https://example.com/"], "not both"],
    [["--timeout", "soon", "https://example.com/"], "Give seconds"],
    [["--timeout", "0", "https://example.com/"], "Give seconds"],
  ])("answers the usage mistake %j with a sentence and exit code 2", async (args, hint) => {
    const { err, exitCode, out } = await verify(...args);
    expect(err).toContain(hint);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
  });

  it("reports all URLs that are none together", async () => {
    const { err } = await verify("one", "https://example.com/ok.png", "ftp://two");
    expect(err).toMatch(/"one" has no scheme[^]*"ftp:\/\/two"/);
    expect(site.requests).toEqual([]);
  });

  it("leaves a state file that it cannot read as it is, and exits with 3", async () => {
    await writeFile(join(cwd, "state.json"), "{");
    const url = await site.put("cat.png", pngBytes);
    const { err, exitCode } = await verify(url, "--state", "state.json");
    expect(err).toContain("it is not JSON");
    expect(exitCode).toBe(3);
    expect(await readFile(join(cwd, "state.json"), "utf8")).toBe("{");
  });

  it("looks at four pictures at a time, and prints them in the order given", async () => {
    const waiting: (() => void)[] = [];
    let most = 0;
    const urls = Array.from({ length: 10 }, (_, index) => `${site.origin}/${index}.png`);
    for (const index of urls.keys()) {
      site.answer(`/${index}.png`, (_, response) => {
        waiting.push(() => response.writeHead(200, { "content-type": "image/png" }).end(pngBytes));
        most = Math.max(most, waiting.length);
        // Answered last first, so that the order of the answers is not the order asked.
        setTimeout(() => waiting.pop()?.(), 20);
      });
    }
    const { out } = await verify(...urls, urls[0] ?? "");
    expect(
      out
        .split("\n")
        .slice(0, 10)
        .map((line) => line.split(/ +/)[1]),
    ).toEqual(urls);
    expect(out).toContain("10 pictures");
    expect(most).toBe(4);
  });

  it("says that nothing is half done when it is interrupted", async () => {
    site.answer("/slow.png", () => interrupt());
    const { io, interrupt, err } = terminal({ cwd });
    expect(await runCommand(["verify", `${site.origin}/slow.png`], io)).toBe(130);
    expect(err()).toContain("Nothing new was remembered");
    expect((await verify()).err).toContain("No picture is remembered");
  });

  it("warns that a cache which answered proves nothing about the app", async () => {
    site.answer("/cat.png", (_, response) => response.writeHead(200, { "content-type": "image/png", age: "60" }).end(pngBytes));
    expect((await verify(`${site.origin}/cat.png`)).out).toContain("the app itself was not asked");
  });

  it("names the command as it was run, with its state file", async () => {
    const url = await site.put("cat.png", pngBytes);
    const { io, out } = terminal({ cwd, env: { npm_command: "exec" } });
    await runCommand(["verify", url, "--state", "my state.json"], io);
    expect(out()).toContain("`npx holdfast verify --state 'my state.json'`");
  });
});
