import { Agent } from "node:http";
import { describe, expect, it } from "vitest";
import { get } from "./get.js";
import { findFreePort } from "./ports.js";
import { startProgram } from "./program.js";

/** A program that listens where it is told, and uses some processor time first. */
const source = `
  for (const until = Date.now() + 100; Date.now() < until;);
  require("node:http").createServer((_, response) => response.end(process.env.WORD)).listen(Number(process.argv[1]), "127.0.0.1");
`;

describe("startProgram", () => {
  it("answers when the program does, reads its processor time, and leaves none behind", async () => {
    const port = await findFreePort();
    const url = `http://127.0.0.1:${port}/`;
    const program = await startProgram({ path: process.execPath, args: ["-e", source, String(port)], env: { WORD: "hello" }, url });
    expect(String((await get(url, {})).body)).toBe("hello");
    const used = await program.cpuSeconds();
    expect(used).toBeGreaterThanOrEqual(0.05);
    expect(used).toBeLessThan(10);
    await program.stop();
    // By a connection of its own: one that was kept alive may not have heard of the end yet.
    await expect(get(url, {}, new Agent())).rejects.toThrow("ECONNREFUSED");
  });

  it("says so at once when the program ends, or cannot be run", async () => {
    const url = `http://127.0.0.1:${await findFreePort()}/`;
    const began = Date.now();
    await expect(startProgram({ path: process.execPath, args: ["-e", ""], url })).rejects.toThrow(`does not answer at ${url}`);
    await expect(startProgram({ path: "/nowhere/imgproxy", url })).rejects.toThrow("/nowhere/imgproxy does not answer");
    expect(Date.now() - began).toBeLessThan(4000);
  });
});
