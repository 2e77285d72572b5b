import colors from "picocolors";
import { fail } from "../errors.js";
import type { Io } from "./io.js";
import { codeOf, installCommand, loadOptionalPackage } from "./optional-package.js";

/** What `holdfast serve` was asked. */
export interface ServeOptions {
  readonly port?: number;
  readonly host?: string;
  readonly redeployDemo: boolean;
  readonly version: string;
}

/** The part of @holdfast/server that is used. It is found at run time: holdfast works without it. */
interface ServerModule {
  serve(options: {
    readonly port?: number;
    readonly host?: string;
    readonly redeployDemo?: false;
    readonly env: Io["env"];
    readonly cwd: string;
    readonly print: (line: string) => void;
    readonly handleSignals: false;
  }): Promise<{ close(): Promise<void> }>;
}

const serverPackage = "@holdfast/server";

/**
 * Run the media service until the person or the platform asks it to stop, then let running requests finish. The service
 * of the working directory's own project wins over one installed beside holdfast.
 *
 * @throws SERVER_NOT_INSTALLED, SERVER_UNUSABLE, SERVER_REFUSED, USAGE_INVALID
 */
export async function run(options: ServeOptions, io: Io): Promise<number> {
  const server = await loadServer(options, io);
  const service = await server
    .serve({
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(options.redeployDemo ? {} : { redeployDemo: false }),
      env: io.env,
      cwd: io.cwd,
      print: (line) => io.stdout.write(`${line}\n`),
      handleSignals: false,
    })
    .catch((error: unknown) => {
      throw refusal(error);
    });
  await untilAborted(io.signal);
  const paint = colors.createColors(io.stderr.hasColors);
  io.stderr.write(paint.dim("Stopping: running requests may finish. Press Ctrl-C again to stop at once.\n"));
  await service.close();
  return 0;
}

async function loadServer({ version }: ServeOptions, { cwd }: Io): Promise<ServerModule> {
  const found = await loadOptionalPackage(serverPackage, cwd);
  switch (found.outcome) {
    case "missing":
      throw fail("SERVER_NOT_INSTALLED", { folder: cwd, command: installCommand(`${serverPackage}@${version}`, cwd) });
    case "unusable":
      throw fail("SERVER_UNUSABLE", { path: found.path, reason: found.reason }, { cause: found.cause });
    case "loaded":
      if (isServerModule(found.module)) return found.module;
      throw fail("SERVER_UNUSABLE", { path: found.path, reason: "it has no function serve()" });
  }
}

function isServerModule(loaded: unknown): loaded is ServerModule {
  return typeof loaded === "object" && loaded !== null && "serve" in loaded && typeof loaded.serve === "function";
}

/** An error of the service's catalogue is a sentence already; any other is a defect, and told as one. */
function refusal(error: unknown): unknown {
  const code = codeOf(error);
  if (!(error instanceof Error) || error.name !== "HoldfastError" || code === undefined) return error;
  if (code === "CONFIG_INVALID") {
    return fail("USAGE_INVALID", { problems: [error.message], help: "holdfast serve --help" }, { cause: error });
  }
  return fail("SERVER_REFUSED", { message: error.message }, { cause: error });
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
