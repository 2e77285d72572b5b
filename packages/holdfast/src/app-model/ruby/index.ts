import type { Reader, Reading } from "../model.js";
import { activeStorageSinks } from "./active-storage.js";
import { carrierwaveSinks } from "./carrierwave.js";
import { readDatabases } from "./databases.js";
import { olderGemSinks } from "./older-gems.js";
import { openRubyProject, type RubyProject } from "./project.js";
import { rawSinks } from "./raw-writes.js";
import { shrineSinks } from "./shrine.js";
import { rubyParser } from "./parser.js";

/** Read the Ruby app at `root`: Rails, or Sinatra and its like. */
export const rubyReader: Reader = {
  name: "ruby",
  async read(tree, root, deployment) {
    const path = (name: string): string => (root === "." || root === "" ? name : `${root}/${name}`);
    if (!["Gemfile", "gems.rb", "config.ru"].some((name) => tree.has(path(name)))) return undefined;
    const project = openRubyProject(tree, root, deployment, await rubyParser());
    return read(project);
  },
};

function read(project: RubyProject): Reading | undefined {
  const isRails = project.tree.has(project.path("config/application.rb")) || project.gems.has("rails");
  const isSinatra = project.gems.has("sinatra") || project.gems.has("padrino");
  const isApp = isRails || isSinatra || project.tree.has(project.path("config.ru"));
  if (!isApp) return undefined;
  const sinks = [
    ...activeStorageSinks(project),
    ...carrierwaveSinks(project),
    ...shrineSinks(project),
    ...olderGemSinks(project),
    ...rawSinks(project),
  ];
  const databases = readDatabases(project);
  return {
    framework: isRails ? "rails" : isSinatra ? "sinatra" : "rack",
    sinks,
    databases: databases.uses,
    observations: databases.observations,
    notUnderstood: project.notUnderstood,
  };
}
