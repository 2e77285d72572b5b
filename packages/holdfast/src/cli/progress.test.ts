import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { progressLine, startProgress } from "./progress.js";
import { terminal } from "./terminal.fixture.js";

describe("progress", () => {
  it("says how far, how fast and how long still", () => {
    expect(progressLine("looking at pictures", 0, 40, 2000)).toBe("looking at pictures: 0 of 40");
    expect(progressLine("looking at pictures", 10, 40, 2000)).toBe("looking at pictures: 10 of 40, 5.0 a second, about 6 s left");
    expect(progressLine("files", 10, undefined, 2000)).toBe("files: 10, 5.0 a second");
  });

  it("is shown on a terminal after a second, and taken away", async () => {
    const { io, err } = terminal({ cwd: "/", isTTY: true });
    const progress = startProgress("looking", 2, io);
    progress.advance();
    await sleep(500);
    expect(err()).toBe("");
    await sleep(900);
    progress.end();
    expect(err()).toMatch(/\r\u001b\[Klooking: 1 of 2, .*\r\u001b\[K$/);
  });

  it("is silent where there is no terminal", async () => {
    const { io, err } = terminal({ cwd: "/" });
    const progress = startProgress("looking", 2, io);
    await sleep(1300);
    progress.end();
    expect(err()).toBe("");
  });
});
