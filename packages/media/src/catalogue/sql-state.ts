import { setTimeout as sleep } from "node:timers/promises";

/** The five characters (SQLSTATE) by which PostgreSQL says what went wrong; undefined where the error is not its own. */
export function sqlStateOf(error: unknown): string | undefined {
  // The system's errors have codes too, and EPIPE has five letters; only the database's have a severity.
  if (!(error instanceof Error) || !("severity" in error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** SQLSTATEs of what PostgreSQL gave up for the sake of another transaction: a conflict, a deadlock. */
const yielded: ReadonlySet<string> = new Set(["40001", "40P01"]);

/** Tell whether the database has given something up, and undone it, for the sake of something else that ran at the same time. */
export function hasYielded(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state !== undefined && yielded.has(state);
}

/** Wait before the next attempt, so that the two do not meet again. */
export async function yieldingPause(attempt: number): Promise<void> {
  await sleep(Math.random() * 20 * 2 ** attempt);
}

/** Tell whether a unique index refused a row: somebody else was first. In either database. */
export function isUniqueViolation(error: unknown): boolean {
  if (sqlStateOf(error) === "23505") return true;
  return error instanceof Error && "code" in error && /^SQLITE_CONSTRAINT(_UNIQUE|_PRIMARYKEY)?$/.test(String(error.code));
}
