import { AsyncLocalStorage } from "node:async_hooks";
import { fail } from "../errors.js";
import type { SqliteHandle } from "../media.js";

/** A transaction of the application's on a handle, while it is open. */
interface OpenTransaction {
  readonly handle: SqliteHandle;
  isOpen: boolean;
}

interface Turns {
  readonly last: WeakMap<SqliteHandle, Promise<void>>;
  readonly within: AsyncLocalStorage<OpenTransaction | undefined>;
}

// One for all copies of this module, as the connections themselves are (sqlite.ts).
const turnsKey: unique symbol = Symbol.for("holdfast.sqlite.turns");
const turns: Turns = ((globalThis as { [turnsKey]?: Turns })[turnsKey] ??= {
  last: new WeakMap(),
  within: new AsyncLocalStorage(),
});

/**
 * Wait until nobody else uses a handle; answers how to let the next one have it.
 *
 * @throws TRANSACTION_UNUSABLE within an application's transaction on the same handle: it would wait for itself
 */
export async function takeTurn(handle: SqliteHandle): Promise<() => void> {
  if (isWithinTransaction(handle)) {
    throw fail("TRANSACTION_UNUSABLE", {
      reason: "within media.transaction() only attach() and detach() can be called, with its tx. Call everything else before or after it",
    });
  }
  const before = turns.last.get(handle);
  let endTurn = (): void => undefined;
  turns.last.set(handle, new Promise<void>((resolve) => (endTurn = resolve)));
  await before;
  return endTurn;
}

/** Tell whether what runs now was called by the work of a transaction that is still open on this handle. */
export function isWithinTransaction(handle: SqliteHandle): boolean {
  const open = turns.within.getStore();
  return open !== undefined && open.isOpen && open.handle === handle;
}

/** Start something that goes on by itself, and is no part of the transaction in which it happens to be started. */
export function outsideTransactions(start: () => void): void {
  turns.within.run(undefined, start);
}

/**
 * Run an application's work in a transaction on a handle that others use as well, while they wait. Committed when the work
 * resolves, rolled back when it rejects; then it rejects with the same.
 */
export async function transactionOn<T>(handle: SqliteHandle, work: (tx: SqliteHandle) => T | Promise<T>): Promise<T> {
  const endTurn = await takeTurn(handle);
  const open: OpenTransaction = { handle, isOpen: true };
  try {
    // At once, so that it never fails half way because somebody else has begun to write.
    handle.prepare("BEGIN IMMEDIATE").run([]);
    try {
      const result = await turns.within.run(open, async () => await work(handle));
      handle.prepare("COMMIT").run([]);
      return result;
    } catch (error) {
      rollBack(handle);
      throw error;
    }
  } finally {
    open.isOpen = false;
    endTurn();
  }
}

function rollBack(handle: SqliteHandle): void {
  try {
    handle.prepare("ROLLBACK").run([]);
  } catch {
    // SQLite rolls some failures back itself, and then there is nothing left to do.
  }
}
