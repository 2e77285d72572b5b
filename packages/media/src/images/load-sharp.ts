/** sharp, as a module. */
export type SharpModule = typeof import("sharp").default;

/** The loaders of what can be uploaded as an image. */
const loaders = ["Jpeg", "Png", "Webp", "Nsgif", "Heif", "Tiff"].map((name) => `VipsForeignLoad${name}`);

let loading: Promise<SharpModule> | undefined;

/**
 * Load sharp when it is first needed, and let it read nothing but the types that can be uploaded. All other loaders of libvips are
 * blocked in this process: SVG (ten seconds for a hostile one), PDF, the raw and scientific formats, and what nobody has fuzzed.
 */
export async function loadSharp(): Promise<SharpModule> {
  return await (loading ??= load());
}

async function load(): Promise<SharpModule> {
  const { default: sharp } = await import("sharp");
  // One thread a picture: two pictures side by side are faster than one on two cores. No cache: each input comes once.
  sharp.concurrency(1);
  sharp.cache(false);
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({ operation: loaders });
  return sharp;
}
