/** Pixels a side. A thumbhash has no more than seven waves a side; the browser smooths what lies between. */
const side = 20;

/**
 * Draw the picture that a thumbhash (base64) stands for on a canvas, which no content policy forbids, to be stretched to the
 * picture's own shape. The arithmetic is that of https://evanw.github.io/thumbhash/. A text that is none draws something, or throws.
 */
export function drawThumbhash(base64: string): HTMLCanvasElement {
  const bytes = atob(base64);
  const bits = (at: number, shift: number, mask: number): number => (bytes.charCodeAt(at) >> shift) & mask;
  const [low, high] = [bits(0, 0, 255) | (bits(1, 0, 255) << 8) | (bits(2, 0, 255) << 16), bits(3, 0, 255) | (bits(4, 0, 255) << 8)];
  const hasAlpha = low >> 23;
  const isLandscape = high >> 15;
  const most = hasAlpha ? 5 : 7;
  let at = hasAlpha ? 12 : 10;
  /** The waves of one channel, as a function of the place. */
  const readChannel = (nx: number, ny: number, mean: number, scale: number): ((x: number, y: number) => number) => {
    const waves: (readonly [number, number, number])[] = [];
    for (let cy = 0; cy < ny; cy++) {
      for (let cx = cy ? 0 : 1; cx * ny < nx * (ny - cy); cx++) {
        waves.push([cx, cy, (bits(at >> 1, (at++ & 1) << 2, 15) / 7.5 - 1) * scale * 2]);
      }
    }
    return (x, y) => waves.reduce((sum, [cx, cy, height]) => sum + height * Math.cos(x * cx) * Math.cos(y * cy), mean);
  };
  const lightness = readChannel(
    Math.max(3, isLandscape ? most : high & 7),
    Math.max(3, isLandscape ? high & 7 : most),
    (low & 63) / 63,
    ((low >> 18) & 31) / 31,
  );
  const yellow = readChannel(3, 3, ((low >> 6) & 63) / 31.5 - 1, (((high >> 3) & 63) / 63) * 1.25);
  const red = readChannel(3, 3, ((low >> 12) & 63) / 31.5 - 1, (((high >> 9) & 63) / 63) * 1.25);
  const alpha = hasAlpha ? readChannel(5, 5, bits(5, 0, 15) / 15, bits(5, 4, 15) / 15) : () => 1;

  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const pixels = new ImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    const x = (Math.PI / side) * ((i % side) + 0.5);
    const y = (Math.PI / side) * (Math.floor(i / side) + 0.5);
    const [l, p, q] = [lightness(x, y), yellow(x, y), red(x, y)];
    const b = l - (2 / 3) * p;
    const r = (3 * l - b + q) / 2;
    pixels.data.set(
      [r, r - q, b, alpha(x, y)].map((value) => value * 255),
      i * 4,
    );
  }
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
  return canvas;
}
