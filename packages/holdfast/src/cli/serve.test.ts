import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCommand } from "./program.js";
import { terminal } from "./terminal.fixture.js";

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "holdfast-serve-"));
});
afterEach(async () => {
  await rm(cwd, { recursive: true, force: true });
});

/** Install a package in the working directory under the service's name; the real one is run by test/packed. */
async function install(code: string): Promise<void> {
  const folder = join(cwd, "node_modules", "@holdfast", "server");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "@holdfast/server", type: "module", exports: "./index.js" }));
  await writeFile(join(folder, "index.js"), code);
}

const refuse = (name: string, code: string, message: string): string =>
  `export const serve = async () => { throw Object.assign(new Error(${JSON.stringify(message)}), { name: "${name}", code: "${code}" }); };`;

async function serve(...args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
  const { io, out, err } = terminal({ cwd });
  const exitCode = await runCommand(["serve", ...args], io);
  return { exitCode, out: out(), err: err() };
}

describe("holdfast serve", () => {
  it("runs the service of the working directory, prints its lines as they come, and closes it when asked to stop", async () => {
    await install(`export async function serve({ print, env, cwd, ...rest }) {
      print(JSON.stringify({ rest, cwd, mode: env.MODE }));
      return { close: async () => print("closed") };
    }`);
    const { io, interrupt, out } = terminal({ cwd, env: { MODE: "test" } });
    const running = runCommand(["serve", "--port", "0", "--host", "127.0.0.1", "--no-redeploy-demo"], io);
    while (!out().includes("\n")) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(JSON.parse(out())).toEqual({
      rest: { port: 0, host: "127.0.0.1", redeployDemo: false, handleSignals: false },
      cwd,
      mode: "test",
    });
    interrupt();
    expect(await running).toBe(0);
    expect(out()).toMatch(/closed\n$/);
  });

  it("leaves to the service's own defaults what was not said", async () => {
    await install(`export async function serve(options) {
      options.print(Object.keys(options).sort().join());
      return { close: async () => undefined };
    }`);
    const { io, interrupt, out } = terminal({ cwd });
    interrupt();
    expect(await runCommand(["serve"], io)).toBe(0);
    expect(out()).toBe("cwd,env,handleSignals,print\n");
  });

  it("prints a refusal of the service as its sentence, and exits with 3", async () => {
    await install(refuse("HoldfastError", "PORT_TAKEN", "Port 4100 is in use. Choose another."));
    expect(await serve()).toEqual({ exitCode: 3, out: "", err: "holdfast: Port 4100 is in use. Choose another.\n" });
  });

  it("exits with 2 where the configuration is at fault", async () => {
    await install(refuse("HoldfastError", "CONFIG_INVALID", "PORT=http is not a port."));
    expect(await serve()).toMatchObject({ exitCode: 2, err: "holdfast: PORT=http is not a port.\nSee: holdfast serve --help\n" });
  });

  it("says without a stack that an error is ours", async () => {
    await install(refuse("TypeError", "ERR_X", "x is not a function"));
    const { exitCode, err } = await serve();
    expect(err).toBe("holdfast: Holdfast met an error of its own: x is not a function. Please report it, with the command you ran.\n");
    expect(exitCode).toBe(3);
  });

  it("says what is wrong with a service that cannot be loaded", async () => {
    await install("export const serve = 1;");
    expect(await serve()).toMatchObject({ exitCode: 3, err: expect.stringContaining("it has no function serve()") });
  });
});
