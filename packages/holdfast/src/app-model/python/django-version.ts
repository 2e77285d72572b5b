import type { Evidence } from "../model.js";
import type { PythonProject } from "./project.js";

/** The Django that the app runs on. */
export interface DjangoVersion {
  readonly major: number;
  readonly minor: number;
  /** How that is known; without a line where nothing asks for a version. */
  readonly because: Evidence | undefined;
}

/** Feature releases, the oldest first, with the oldest Python each runs on. */
const releases: readonly (readonly [major: number, minor: number, python: number])[] = [
  [1, 8, 4],
  [1, 9, 4],
  [1, 10, 4],
  [1, 11, 4],
  [2, 0, 4],
  [2, 1, 5],
  [2, 2, 5],
  [3, 0, 6],
  [3, 1, 6],
  [3, 2, 6],
  [4, 0, 8],
  [4, 1, 8],
  [4, 2, 8],
  [5, 0, 10],
  [5, 1, 10],
  [5, 2, 10],
  [6, 0, 12],
];

/** Find the newest Django that the requirements, and the Python that is asked for, allow. */
export function djangoVersion(project: PythonProject): DjangoVersion {
  const asked = project.packages.find("django");
  const python = pythonMinor(project);
  const versions = asked?.versions ?? "";
  const [major, minor] =
    releases.findLast(
      ([one, two, oldest]) => (python === undefined || python >= oldest || versions.startsWith("==")) && allows(versions, one, two),
    ) ?? pinned(versions);
  if (asked === undefined) return { major, minor, because: undefined };
  const exact = /^===?(\d[\w.]*)$/.exec(versions)?.[1];
  const range = versions === "" ? "Django without a version" : `Django ${versions}`;
  const why = exact === undefined ? `${range}: ${major}.${minor} is what is installed` : `Django ${exact} is installed`;
  return { major, minor, because: { file: asked.file, line: asked.line, why } };
}

/** Whether a version is at least another. */
export function isAtLeast(version: DjangoVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}

function pinned(versions: string): readonly [number, number] {
  const [, major, minor] = /(\d+)(?:\.(\d+))?/.exec(versions) ?? [];
  return [Number(major ?? 6), Number(minor ?? 0)];
}

function allows(versions: string, major: number, minor: number): boolean {
  return versions
    .split(",")
    .filter((part) => part !== "")
    .every((part) => allowsPart(part, major, minor));
}

function allowsPart(part: string, major: number, minor: number): boolean {
  const [, sign = "", one = "", two, three] = /^\s*([<>=!~^]*)\s*v?(\d+)(?:\.(\d+|\*))?(?:\.(\d+|\*))?/.exec(part) ?? [];
  if (one === "") return true;
  const asked: readonly [number, number] = [Number(one), two === undefined || two === "*" ? 0 : Number(two)];
  const difference = major === asked[0] ? minor - asked[1] : major - asked[0];
  switch (sign) {
    case "==":
    case "===":
    case "=":
    case "":
      return two === undefined || two === "*" ? major === asked[0] : difference === 0;
    case ">=":
      return difference >= 0;
    case ">":
      return three === undefined ? difference > 0 : difference >= 0;
    case "<":
      return difference < 0 || (three !== undefined && three !== "0" && difference === 0);
    case "<=":
      return difference <= 0;
    case "!=":
      return !(difference === 0 && three === undefined);
    // ~=5.0 is any 5 from 5.0 on, ~=5.0.1 any 5.0; Poetry's ^ stays within the major.
    case "~=":
      return three === undefined ? major === asked[0] && difference >= 0 : difference === 0;
    case "~":
      return two === undefined ? major === asked[0] : difference === 0;
    case "^":
      return major === asked[0] && difference >= 0;
    default:
      return true;
  }
}

function pythonMinor(project: PythonProject): number | undefined {
  const at = (file: string): string | undefined => project.tree.read(project.root === "." ? file : `${project.root}/${file}`);
  const texts = [
    /python-3\.(\d+)/.exec(at("runtime.txt") ?? ""),
    /^\s*3\.(\d+)/m.exec(at(".python-version") ?? ""),
    /^FROM\s+(?:\S+\/)?python:3\.(\d+)/m.exec(at("Dockerfile") ?? ""),
    /PYTHON_VERSION\s*\n\s*value:\s*["']?3\.(\d+)/.exec(at("render.yaml") ?? ""),
    /^python_version = "3\.(\d+)"/m.exec(at("Pipfile") ?? ""),
  ];
  const found = texts.find((one) => one !== null)?.[1];
  return found === undefined ? undefined : Number(found);
}
