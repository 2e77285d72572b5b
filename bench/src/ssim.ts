import sharp from "sharp";

/** The side of the windows that are compared, and how far one lies from the next. */
const side = 8;
const step = 4;
/** Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment" (2004), §III.B: K1 = 0.01, K2 = 0.03, L = 255. */
const c1 = (0.01 * 255) ** 2;
const c2 = (0.03 * 255) ** 2;

/** How alike two pictures of one size look: the mean structural similarity of their brightness, 1 for the same. */
export async function ssimOf(one: Uint8Array, other: Uint8Array): Promise<number> {
  const [a, b] = await Promise.all([brightnessOf(one), brightnessOf(other)]);
  if (a.width !== b.width || a.height !== b.height)
    throw new Error(`${a.width}×${a.height} cannot be compared with ${b.width}×${b.height}`);
  let sum = 0;
  let windows = 0;
  for (let y = 0; y + side <= a.height; y += step) {
    for (let x = 0; x + side <= a.width; x += step) {
      sum += similarity(a, b, x, y);
      windows += 1;
    }
  }
  return sum / windows;
}

interface Brightness {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

async function brightnessOf(bytes: Uint8Array): Promise<Brightness> {
  const { data, info } = await sharp(bytes).toColourspace("b-w").raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

function similarity(a: Brightness, b: Brightness, left: number, top: number): number {
  let [sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0];
  for (let y = top; y < top + side; y += 1) {
    for (let x = left; x < left + side; x += 1) {
      const valueA = a.data[y * a.width + x] ?? 0;
      const valueB = b.data[y * b.width + x] ?? 0;
      sumA += valueA;
      sumB += valueB;
      sumAA += valueA * valueA;
      sumBB += valueB * valueB;
      sumAB += valueA * valueB;
    }
  }
  const count = side * side;
  const [meanA, meanB] = [sumA / count, sumB / count];
  const [varianceA, varianceB] = [sumAA / count - meanA ** 2, sumBB / count - meanB ** 2];
  const covariance = sumAB / count - meanA * meanB;
  return ((2 * meanA * meanB + c1) * (2 * covariance + c2)) / ((meanA ** 2 + meanB ** 2 + c1) * (varianceA + varianceB + c2));
}
