import type { DatabaseUse, Deployment, Evidence, Observation, Reader, Reading, Sink, SourceTree } from "../model.js";
import { startedFiles, reachableModules } from "./entries.js";
import { openMachine } from "./machine.js";
import { openProject } from "./project.js";
import { readRoutes } from "./routes.js";
import { loadParser } from "./syntax.js";
import { sinksOf } from "./uploads.js";

const read = async (tree: SourceTree, root: string, deployment: Deployment): Promise<Reading | undefined> => {
  const parse = await loadParser();
  const project = openProject(tree, root, parse);
  if (project.manifest === undefined) return undefined;
  const started = startedFiles(project, deployment);
  const modules = reachableModules(project, started.files);
  const machine = openMachine(project);
  machine.useModules(modules);
  const sinks: Sink[] = [];
  const databases: DatabaseUse[] = [];
  const observations: Observation[] = [];
  const notUnderstood: Evidence[] = [];
  const routes = readRoutes(machine, modules, new Set(started.files));
  for (const handled of routes.handled) {
    const found = sinksOf(machine, handled, routes.isParsedBefore(handled), () => []);
    sinks.push(...found.sinks);
    observations.push(...found.observations);
    notUnderstood.push(...found.notUnderstood);
  }
  return { framework: "express", sinks, databases, observations, notUnderstood };
};

/** Reads apps written in JavaScript and TypeScript. */
export const javascriptReader: Reader = { name: "javascript", read };
