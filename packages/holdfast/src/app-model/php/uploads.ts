import { always, all, any, isAlways, isNever, not, possible, set } from "../conditions.js";
import type { Condition, Outcome, Sink } from "../model.js";
import { closed, outcome, under } from "../outcomes.js";
import { around, descend, type Syntax } from "../syntax.js";
import { cloudRows } from "./cloud-calls.js";
import { reachOf, type Scope } from "./evaluate.js";
import { isCommand, isDead } from "./liveness.js";
import { callOf, classAround, functionAround, labelOf, nameOf } from "./php-syntax.js";
import type { PhpProject } from "./project.js";
import { writeRows } from "./writes.js";

/** Signs that a file keeps or sends on what visitors upload. */
const candidates =
  /->store(As|Publicly|PubliclyAs|OnCloudinary\w*)?\(|Storage::|->disk\(|->put(File\w*)?\(|->move(To)?\(|->saveAs\(|->save\(\s*[^)\s]|->do_(multi_)?upload\(|move_uploaded_file|file_put_contents|\bfopen\(|File::put|\bcopy\(|image(jpeg|png|webp)\(|loudinary|UploadApi|putObject|Http::|curl_init|->upload\(|temporaryUploadUrl|attachMedia/;

interface Write {
  readonly node: Syntax;
  readonly when: Condition;
  readonly rows: readonly Outcome[];
}

/** More writes than these in one file tell nothing more. */
const maxWrites = 200;

/** Find the places where the app's own code keeps what visitors upload. */
export function uploadSinks(project: PhpProject): readonly Sink[] {
  return project.files.flatMap((file) => {
    if (!candidates.test(project.text(file) ?? "") || isConfiguration(project, file) || isCommand(file)) return [];
    const root = project.parse(file);
    if (root === undefined) return [];
    const scope = project.scope(file);
    const writes: Write[] = [];
    for (const node of descend(root)) {
      if (writes.length < maxWrites) writes.push(...writeOf(project, node, scope));
    }
    return group(project, file, writes, scope);
  });
}

function isConfiguration(project: PhpProject, file: string): boolean {
  return project.isLaravel && /^(config|database|bootstrap)\//.test(file.slice(project.path("").length));
}

function writeOf(project: PhpProject, node: Syntax, scope: Scope): readonly Write[] {
  const call = callOf(node);
  if (call === undefined) return [];
  const rows = writeRows(project, call, scope) ?? cloudRows(call, scope);
  if (rows === undefined || isDead(project, scope.file, node)) return [];
  const when = all(reachOf(node, scope), reachOfCallers(node, scope), fallBack(node, scope));
  return isNever(when) ? [] : [{ node, when, rows }];
}

/** A method of the class's own that only runs under a condition runs under it wherever it is called from. */
function reachOfCallers(node: Syntax, scope: Scope): Condition {
  const owner = classAround(node);
  const method = functionAround(node);
  const name = nameOf(method);
  if (
    owner === undefined ||
    method === undefined ||
    name === undefined ||
    !/\b(private|protected)\b/.test(method.text.slice(0, method.text.indexOf("function")))
  )
    return always;
  const callers = [...descend(owner)].filter((one) => {
    const call = callOf(one);
    return call?.name === name && /^(\$this|self|static)$/.test(call.on?.text ?? "");
  });
  return callers.length === 0 ? always : possible(any(...callers.map((one) => reachOf(one, scope))));
}

/** In a catch of a call to the cloud, the disk is the silent fall-back: it is used where the cloud is not set up. */
function fallBack(node: Syntax, scope: Scope): Condition {
  const tried = around(node, "catch_clause")?.parent;
  if (tried === undefined) return always;
  for (const one of descend(tried)) {
    const call = callOf(one);
    const rows = call === undefined ? undefined : cloudRows(call, scope);
    if (rows?.some((row) => row.destination.kind === "cloud" && row.destination.service === "cloudinary") === true)
      return not(set("CLOUDINARY_URL"));
  }
  return always;
}

/** Writes in one function decide together where its file ends; each function is a sink. */
function group(project: PhpProject, file: string, writes: readonly Write[], scope: Scope): readonly Sink[] {
  const byFunction = new Map<Syntax | string, Write[]>();
  for (const write of writes) {
    const key = functionAround(write.node) ?? file;
    byFunction.set(key, [...(byFunction.get(key) ?? []), write]);
  }
  return [...byFunction.values()].flatMap((list) => {
    const kept = list.filter((write) => write.rows.some((row) => row.destination.kind !== "passing"));
    const [first] = kept;
    if (first === undefined || isOnlyParsed(project, first.node, scope)) return [];
    const label = labelOf(first.node, file);
    const rest = outcome({ kind: "passing" }, [{ file, line: first.node.line, why: "otherwise nothing is kept here" }]);
    const fixed = kept.filter((write) => isAlways(write.when));
    const conditional = kept.filter((write) => !isAlways(write.when));
    const chosen = conditional.flatMap((write) => under(write.when, write.rows));
    return [
      ...(chosen.length === 0 ? [] : [{ label, at: { file, line: first.node.line }, outcomes: closed(chosen, rest) }]),
      ...fixed.map((write) => ({ label, at: { file, line: write.node.line }, outcomes: closed(write.rows, rest) })),
    ];
  });
}

/** A file that is kept only to be imported, and then deleted or never looked at again. */
function isOnlyParsed(project: PhpProject, node: Syntax, scope: Scope): boolean {
  const text = functionAround(node)?.text ?? "";
  return (
    scope.file !== "" &&
    project.isLaravel &&
    /Excel::(import|queueImport|toArray|toCollection)|IOFactory::load|SimpleExcelReader|Reader::createFromPath|fgetcsv/.test(text)
  );
}
