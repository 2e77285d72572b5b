import { noDeployment } from "../app-model/source-tree.fixture.js";
import type {
  AppModel,
  Condition,
  DeclaredVariable,
  Destination,
  Deployment,
  Disk,
  Outcome,
  Reading,
  Service,
} from "../app-model/model.js";

const always: Condition = { kind: "always" };

/** A row of a table: where this leads when the condition holds. */
export function leads(destination: Destination, when: Condition = always): Outcome {
  return { when, destination, because: [{ file: "app.py", line: 7, why: "files are written here" }] };
}

export const cloud: Destination = { kind: "cloud", service: "cloudinary" };

export function disk(path: string | undefined): Destination {
  return { kind: "disk", path };
}

export function variable(name: string, value?: string): DeclaredVariable {
  const declared = value === undefined ? ({ kind: "asked" } as const) : ({ kind: "value", value } as const);
  return { name, declared, file: "render.yaml", line: 9 };
}

/** A web service on Render, or elsewhere. */
export function service(more: Partial<Service> = {}): Service {
  return {
    name: "web",
    platform: "render",
    kind: "web",
    at: { file: "render.yaml", line: 2 },
    root: ".",
    containerRoot: "/opt/render/project/src",
    phases: [],
    variables: [],
    disks: [],
    ...more,
  };
}

export function mounted(mountPath: string): Disk {
  return { mountPath, file: "render.yaml", line: 12 };
}

/** An app with these sinks, each a table of outcomes. */
export function app(
  sinks: readonly (readonly Outcome[])[],
  more: { service?: Service | undefined; reading?: Partial<Reading>; deployment?: Partial<Deployment> } = {},
): AppModel {
  const reading: Reading = {
    framework: "flask",
    sinks: sinks.map((outcomes, index) => ({ label: `sink ${index + 1}`, at: { file: "app.py", line: index + 1 }, outcomes })),
    databases: [],
    observations: [],
    notUnderstood: [],
    ...more.reading,
  };
  return {
    root: ".",
    service: "service" in more ? more.service : service(),
    deployment: { ...noDeployment, ...more.deployment },
    readings: [reading],
  };
}
