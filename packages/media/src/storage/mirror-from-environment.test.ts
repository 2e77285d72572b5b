import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../media.fixture.js";
import type { DiskFacts } from "../env/disk.js";
import { mirrorFromEnvironment } from "./mirror-from-environment.js";

const durable: DiskFacts = { mounts: [{ mountPoint: "/", type: "ext4" }], isContainer: false };
const wiped: DiskFacts = { mounts: [{ mountPoint: "/", type: "overlay" }], isContainer: true };
const invalid = (message: string): object => expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(message) });

describe("the mirror that the environment asks for", () => {
  it("is none where nothing says so", async () => {
    expect(await mirrorFromEnvironment({ MEDIA_ROOT: "/data", S3_BUCKET: "photos", MEDIA_MIRROR_ROOT: "" }, "/", durable)).toBeUndefined();
  });

  it("is a folder, chosen by the variable that was set", async () => {
    const root = join(await temporaryFolder(), "mirror");
    const mirror = await mirrorFromEnvironment({ MEDIA_ROOT: "/data", MEDIA_MIRROR_ROOT: root }, "/", durable);
    expect(mirror).toMatchObject({ description: `disk (${root})`, chosenBy: "MEDIA_MIRROR_ROOT", durability: "disk" });
    await mirror?.close();
  });

  it("is told apart from the storage: what is wrong with it is said of it", async () => {
    const env = { S3_BUCKET: "photos", AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "s", MEDIA_MIRROR_S3_BUCKET: "copies" };
    await expect(mirrorFromEnvironment(env, "/", durable)).rejects.toThrow(
      invalid("of the mirror, whose variables have MEDIA_MIRROR_ before"),
    );
    await expect(mirrorFromEnvironment({ MEDIA_MIRROR_STORAGE: "dsk" }, "/", durable)).rejects.toThrow(invalid("MEDIA_STORAGE"));
  });

  it("is refused where nothing says where it is, or where the next deploy wipes it", async () => {
    await expect(mirrorFromEnvironment({ MEDIA_MIRROR_S3_BUKET: "copies" }, "/", durable)).rejects.toThrow(
      invalid("MEDIA_MIRROR_S3_BUKET asks for a mirror and does not say where"),
    );
    const refused = mirrorFromEnvironment({ RENDER: "true", MEDIA_MIRROR_ROOT: "/app/mirror" }, "/", wiped);
    await expect(refused).rejects.toMatchObject({ code: "STORAGE_EPHEMERAL", details: { what: "mirror" } });
    // What mends it is the mirror's own settings, not those of the storage.
    await expect(refused).rejects.toThrow(/MEDIA_MIRROR_S3_BUCKET[^]*leave the mirror out[^]*MEDIA_MIRROR_ROOT=\/data\/mirror/);
    await expect(refused).rejects.not.toThrow(/\bMEDIA_ROOT\b/);
  });
});
