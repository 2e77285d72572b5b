import type { Catalogue, CatalogueTransaction } from "./catalogue.js";
import { hasYielded, yieldingPause } from "./sql-state.js";

const maxAttempts = 5;

/**
 * Run work in a transaction of our own: committed when it resolves, rolled back when it rejects. Where the database gives it up
 * for the sake of another one (a deadlock, a conflict), nothing of it remains and it is run again; so it must do nothing else
 * than write to the catalogue.
 */
export async function transact<T>(db: Catalogue["db"], work: (tx: CatalogueTransaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (attempt >= maxAttempts || !hasYielded(error)) throw error;
      await yieldingPause(attempt);
    }
  }
}
