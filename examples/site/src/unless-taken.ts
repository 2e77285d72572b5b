/**
 * Do a write that has a value which nobody else may have; false, and nothing was written, where somebody has it. That it was free when it
 * was looked for says little: two who choose it at the same moment both find it free, and only the database's unique index tells them apart.
 */
export async function unlessTaken<T>(write: () => Promise<T>): Promise<T | false> {
  try {
    return await write();
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

/** As PostgreSQL and as SQLite say it. */
function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return error.code === "23505" || (String(error.code).startsWith("SQLITE_CONSTRAINT") && error.message.includes("UNIQUE constraint"));
}
