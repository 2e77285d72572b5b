const [width, height, channels] = [1600, 1200, 3] as const;
let grain: Promise<Buffer> | undefined;

/**
 * Paint a scene of 1600 × 1200 as a camera would have it: a photograph with a little grain. For demo data alone, and before media is
 * opened: from then on this process reads no SVG any more, for it may come from anybody.
 */
export async function paintSvg(svg: string): Promise<Buffer> {
  const { default: sharp } = await import("sharp");
  const noise = { type: "gaussian", mean: 128, sigma: 7 } as const;
  grain ??= sharp({ create: { width, height, channels, background: "#808080", noise } })
    .raw()
    .toBuffer();
  return await sharp(Buffer.from(svg))
    .resize(width, height)
    .composite([{ input: await grain, raw: { width, height, channels }, blend: "soft-light" }])
    .jpeg({ quality: 82, mozjpeg: true })
    .toBuffer();
}
