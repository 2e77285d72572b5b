import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCommand } from "./program.js";
import { terminal, type Terminal } from "./terminal.fixture.js";

async function holdfast(
  args: readonly string[],
  options: Partial<Parameters<typeof terminal>[0]> = {},
): Promise<Terminal & { exitCode: number }> {
  const ran = terminal({ cwd: process.cwd(), ...options });
  return { ...ran, exitCode: await runCommand(args, ran.io) };
}

describe("holdfast", () => {
  it("examines the current folder when it is asked for nothing", async () => {
    const empty = mkdtempSync(join(tmpdir(), "holdfast-bare-"));
    try {
      const bare = await holdfast([], { cwd: empty });
      expect(bare.exitCode).toBe(3);
      expect(bare.out()).toContain("no web app of a kind that can be read was found here");
      expect(bare.out()).toBe((await holdfast(["doctor"], { cwd: empty })).out());
      expect(bare.out()).toBe((await holdfast(["check", "."], { cwd: empty })).out());
    } finally {
      rmSync(empty, { recursive: true });
    }
  });

  it("prints its help when it is asked for it", async () => {
    const { out, exitCode } = await holdfast(["--help"]);
    expect(exitCode).toBe(0);
    expect(out()).toMatch(/Check:\n  doctor[^]*\n  verify[^]*Keep:\n  serve[^]*\n  storage[^]*Examples:/);
    expect((await holdfast(["help"])).out()).toBe(out());
  });

  it("prints the version of its package", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    for (const flag of ["--version", "-V"]) {
      const { out, exitCode } = await holdfast([flag]);
      expect({ out: out(), exitCode }).toEqual({ out: `${version}\n`, exitCode: 0 });
    }
  });

  it.each(["doctor", "verify", "serve"])("explains %s with examples and exit codes, in both ways of asking", async (command) => {
    const { out, exitCode } = await holdfast([command, "--help"]);
    expect(out()).toContain(`\nExamples:\n  holdfast ${command}`);
    expect(out()).toContain("\nExit codes:\n  0  ");
    expect(exitCode).toBe(0);
    expect((await holdfast(["help", command])).out()).toBe(out());
  });

  it.each(["status", "check", "cors"])("explains storage %s with examples and exit codes, in both ways of asking", async (command) => {
    const { out, exitCode } = await holdfast(["storage", command, "--help"]);
    expect(out()).toContain(`holdfast storage ${command}`);
    expect(out()).toContain("\nExit codes:\n  0  ");
    expect(exitCode).toBe(0);
    expect((await holdfast(["storage", "help", command])).out()).toBe(out());
  });

  it.each([
    ["jobs", "list"],
    ["jobs", "show"],
    ["jobs", "retry"],
    ["jobs", "discard"],
    ["catalogue", "rebuild"],
  ])("explains %s %s with its exit codes, in both ways of asking", async (group, command) => {
    const { out, exitCode } = await holdfast([group, command, "--help"]);
    expect(out()).toContain(`holdfast ${group} ${command}`);
    expect(out()).toContain("\nExit codes:\n  0  ");
    expect(exitCode).toBe(0);
    expect((await holdfast([group, "help", command])).out()).toBe(out());
  });

  it("prints the help of storage when it is asked for none of its commands", async () => {
    const bare = await holdfast(["storage"]);
    expect(bare.exitCode).toBe(0);
    expect(bare.out()).toBe((await holdfast(["storage", "--help"])).out());
  });

  it.each([
    [["verifi"], "Unknown command 'verifi'. Did you mean verify?\nSee: holdfast --help"],
    [["nonsense"], "Unknown command 'nonsense'.\nSee: holdfast --help"],
    [["verify", "--jsno"], "Unknown option '--jsno'. Did you mean --json?\nSee: holdfast verify --help"],
    [["serve", "--port"], "Option '--port <number>' argument missing.\nSee: holdfast serve --help"],
    [["serve", "--port", "http"], "A port is a whole number from 0 to 65535.\nSee: holdfast serve --help"],
    [["storage", "chek"], "Unknown command 'chek'. Did you mean check?\nSee: holdfast storage --help"],
    [["storage", "cors", "--origns", "x"], "Unknown option '--origns'. Did you mean --origin?\nSee: holdfast storage cors --help"],
    [["jobs", "list", "--state", "done"], "A job is ready, running or dead.\nSee: holdfast jobs list --help"],
    [["jobs", "list", "--limit", "0"], "Give a whole number from 1 to 1000.\nSee: holdfast jobs list --help"],
    [["catalogue", "rebiuld"], "Unknown command 'rebiuld'. Did you mean rebuild?\nSee: holdfast catalogue --help"],
    [["serve", "now"], "Too many arguments for 'serve'."],
  ])("answers %j with a sentence, what to look at, and exit code 2", async (args, sentence) => {
    const { out, err, exitCode } = await holdfast(args);
    expect(err()).toMatch(/^holdfast: /);
    expect(err()).toContain(sentence);
    expect({ out: out(), exitCode }).toEqual({ out: "", exitCode: 2 });
  });

  it("colours only where colours are wanted", async () => {
    expect((await holdfast(["--help"])).out()).not.toContain("\u001b[");
    expect((await holdfast(["--help"], { hasColors: true })).out()).toContain("\u001b[");
    expect((await holdfast(["x"], { hasColors: true })).err()).toContain("\u001b[31mholdfast:");
  });
});
