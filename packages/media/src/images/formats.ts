/** What variants are encoded as. */
export type VariantFormat = "webp" | "jpeg" | "png";

/** The media type and extension of each format. */
export const variantFormats: Readonly<Record<VariantFormat, { readonly type: string; readonly extension: string }>> = {
  webp: { type: "image/webp", extension: "webp" },
  jpeg: { type: "image/jpeg", extension: "jpg" },
  png: { type: "image/png", extension: "png" },
};

/** Choose the format for a request: WebP for whoever takes it, else JPEG, or PNG where there is transparency. */
export function negotiateFormat(accept: string | undefined, hasAlpha: boolean): VariantFormat {
  if (accept !== undefined && takesWebp(accept)) return "webp";
  return hasAlpha ? "png" : "jpeg";
}

function takesWebp(accept: string): boolean {
  // Only by its own name: `image/*` is what software says that has never heard of WebP.
  return accept
    .toLowerCase()
    .split(",")
    .some((entry) => {
      const [name, ...parameters] = entry.split(";").map((part) => part.trim());
      return name === "image/webp" && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
    });
}
