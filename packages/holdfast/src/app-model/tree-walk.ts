import type { Tree } from "web-tree-sitter";

/** A way through a parsed tree, standing at one node at a time, at its root first. */
export interface TreeWalk {
  typeId(): number;
  /** The place of the node in its parent, by the grammar's number for it; 0 for none. */
  fieldId(): number;
  startIndex(): number;
  endIndex(): number;
  toFirstChild(): boolean;
  toNextSibling(): boolean;
  toParent(): void;
  close(): void;
}

/** What `Parser.init()` is given and makes its engine of, so that the engine's own functions are in it afterwards. */
export const engine: Record<string, unknown> = {};

const names = [
  "_ts_tree_root_node_wasm",
  "_ts_tree_cursor_new_wasm",
  "_ts_tree_cursor_delete_wasm",
  "_ts_tree_cursor_current_node_type_id_wasm",
  "_ts_tree_cursor_current_field_id_wasm",
  "_ts_tree_cursor_start_index_wasm",
  "_ts_tree_cursor_end_index_wasm",
  "_ts_tree_cursor_goto_first_child_wasm",
  "_ts_tree_cursor_goto_next_sibling_wasm",
  "_ts_tree_cursor_goto_parent_wasm",
] as const;

type Asked = (tree: number) => number;

/**
 * Walk through a tree. The package's own cursor carries its state into the engine's memory and back at every step, and there are
 * millions of steps. While one walk alone is on its way the state may stay there: the engine is asked directly. Where it has other
 * functions than those known here, the package's cursor is used, and the way is the same.
 *
 * Nothing else may be asked of any tree until the walk is closed.
 */
export function walkThrough(tree: Tree, given: Readonly<Record<string, unknown>> = engine): TreeWalk {
  const address = (tree as unknown as Record<number, unknown>)[0];
  const functions = names.map((name) => given[name]).filter((one): one is Asked => typeof one === "function");
  const [root, open, close, typeId, fieldId, start, end, down, next, up] = functions;
  if (typeof address !== "number" || !root || !open || !close || !typeId || !fieldId || !start || !end || !down || !next || !up)
    return withCursor(tree);
  root(address);
  open(address);
  return {
    typeId: () => typeId(address),
    fieldId: () => fieldId(address),
    startIndex: () => start(address),
    endIndex: () => end(address),
    toFirstChild: () => down(address) === 1,
    toNextSibling: () => next(address) === 1,
    toParent: () => void up(address),
    close: () => void close(address),
  };
}

/** Walk with the cursor of the package. */
export function withCursor(tree: Tree): TreeWalk {
  const cursor = tree.walk();
  return {
    typeId: () => cursor.nodeTypeId,
    fieldId: () => cursor.currentFieldId,
    startIndex: () => cursor.startIndex,
    endIndex: () => cursor.endIndex,
    toFirstChild: () => cursor.gotoFirstChild(),
    toNextSibling: () => cursor.gotoNextSibling(),
    toParent: () => void cursor.gotoParent(),
    close: () => cursor.delete(),
  };
}
