/** Keeps bytes in memory, the most lately used, up to a budget. */
export interface ByteBudget {
  /** The bytes under a name, made once for all who ask at the same time. */
  get(name: string, make: () => Promise<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>>;
  /** The bytes under a name, where they are kept. */
  atHand(name: string): Uint8Array<ArrayBuffer> | undefined;
}

/** Make a budget of `maxBytes`. */
export function createByteBudget(maxBytes: number): ByteBudget {
  const kept = new Map<string, Uint8Array<ArrayBuffer>>();
  const making = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  let total = 0;
  function keep(name: string, bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.byteLength > maxBytes) return;
    kept.set(name, bytes);
    total += bytes.byteLength;
    for (const [oldest, gone] of kept) {
      if (total <= maxBytes) return;
      kept.delete(oldest);
      total -= gone.byteLength;
    }
  }
  function atHand(name: string): Uint8Array<ArrayBuffer> | undefined {
    const found = kept.get(name);
    if (found === undefined) return undefined;
    kept.delete(name);
    kept.set(name, found);
    return found;
  }
  return {
    atHand,
    async get(name, make) {
      const found = atHand(name);
      if (found !== undefined) return found;
      const begun = making.get(name);
      if (begun !== undefined) return await begun;
      const made = make();
      making.set(name, made);
      try {
        const bytes = await made;
        keep(name, bytes);
        return bytes;
      } finally {
        making.delete(name);
      }
    },
  };
}
