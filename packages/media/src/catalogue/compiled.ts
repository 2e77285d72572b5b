import type { Compilable, CompiledQuery, QueryResult } from "kysely";
import type { Catalogue, CatalogueTransaction } from "./catalogue.js";

/** Stands in a statement for a value that is given at each run. */
class Slot {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A statement that is built and compiled once for each catalogue. */
export interface CompiledStatement<Values, Row> {
  /** Run it with these values: by itself, or in a transaction of ours. */
  run(catalogue: Catalogue, values: Values, tx?: CatalogueTransaction): Promise<QueryResult<Row>>;
}

/**
 * Build a statement once, and keep its SQL: for what every upload runs, building and compiling cost as much as PostgreSQL takes.
 * PostgreSQL is asked to keep it prepared as well. `build` is given stand-ins for the values; it must not look at them, for they
 * are others at each run.
 */
export function compiledOnce<Values extends object, Row>(
  build: (catalogue: Catalogue, values: Values) => Compilable<Row>,
): CompiledStatement<Values, Row> {
  const slots = new Proxy({} as Values, { get: (_, name) => new Slot(String(name)) });
  const compiled = new WeakMap<Catalogue, CompiledQuery<Row>>();
  const compile = (catalogue: Catalogue): CompiledQuery<Row> => {
    const query = build(catalogue, slots).compile();
    catalogue.keepPrepared(query.sql);
    compiled.set(catalogue, query);
    return query;
  };
  return {
    async run(catalogue, values, tx = catalogue.db) {
      const query = compiled.get(catalogue) ?? compile(catalogue);
      const parameters = query.parameters.map((given): unknown => (given instanceof Slot ? Reflect.get(values, given.name) : given));
      return await tx.executeQuery<Row>({ ...query, parameters });
    },
  };
}
