import { type KyselyPlugin, OperationNodeTransformer, type RootOperationNode, TableNode } from "kysely";
import { tableNames } from "./schema.js";

/** Put `prefix` before the names of our own tables, in every query; aliases and other people's tables stay as they are. */
export function tablePrefixPlugin(prefix: string): KyselyPlugin {
  const transformer = new TablePrefixTransformer(prefix);
  return {
    transformQuery: ({ node, queryId }): RootOperationNode => transformer.transformNode(node, queryId),
    transformResult: async ({ result }) => result,
  };
}

class TablePrefixTransformer extends OperationNodeTransformer {
  readonly #prefix: string;
  readonly #ours: ReadonlySet<string> = new Set(tableNames);

  constructor(prefix: string) {
    super();
    this.#prefix = prefix;
  }

  protected override transformTable(node: TableNode): TableNode {
    const { name } = node.table.identifier;
    return this.#ours.has(name) ? TableNode.create(this.#prefix + name) : node;
  }
}
