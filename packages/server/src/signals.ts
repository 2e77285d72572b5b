const numbers = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * On the first SIGTERM or SIGINT run `close`, then exit: 0, or 1 where closing failed. A second signal exits at once,
 * with 128 and its number, as a shell reports it.
 */
export function exitOnSignals(close: () => Promise<void>, onFailure: (error: unknown) => void): void {
  let isClosing = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (isClosing) process.exit(128 + numbers[signal]);
      isClosing = true;
      close().then(
        () => process.exit(0),
        (error: unknown) => {
          onFailure(error);
          process.exit(1);
        },
      );
    });
  }
}
