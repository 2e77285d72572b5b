import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { read } from "../house/workspace.js";
import { packAll, run, repository } from "../packed/packages.js";

/** A registry of npm's packages that has ours, which are not published, and sends who asks for others to the machine's own. */
export interface OwnRegistry {
  readonly url: string;
  close(): Promise<void>;
}

/** Pack our packages as they were built, and serve them. */
export async function startOwnRegistry(): Promise<OwnRegistry> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-registry-"));
  const tarballs = await packAll(folder);
  const packed = await Promise.all(
    Object.entries(tarballs).map(async ([name, path]) => ({
      manifest: JSON.parse(read(`packages/${name}/package.json`)) as { readonly name: string; readonly version: string },
      file: basename(path),
      bytes: await readFile(path),
    })),
  );
  const upstream = (await run("npm", ["config", "get", "registry"], { cwd: repository })).stdout.trim().replace(/\/+$/, "");
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "/");
    const own = packed.find(({ manifest, file }) => path === `/${manifest.name}` || path === `/-/${file}`);
    if (own === undefined) return response.writeHead(307, { location: `${upstream}${request.url ?? "/"}` }).end();
    if (path.endsWith(".tgz")) return response.writeHead(200, { "content-type": "application/octet-stream" }).end(own.bytes);
    const { manifest, file, bytes } = own;
    const dist = { tarball: `${url}/-/${file}`, integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}` };
    const answer = {
      name: manifest.name,
      "dist-tags": { latest: manifest.version },
      versions: { [manifest.version]: { ...manifest, dist } },
    };
    return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    async close() {
      server.close();
      server.closeAllConnections();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
