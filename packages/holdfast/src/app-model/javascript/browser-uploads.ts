import type { Sink } from "../model.js";
import { always } from "./conditions.js";
import { frameAround, silent } from "./frames.js";
import type { OpenMachine } from "./machine.js";
import { evidence, placeOf, serviceName } from "./places.js";
import { hostKeeper, keeperOf } from "./services.js";
import { bare, walk } from "./syntax.js";
import { textOf } from "./values.js";

/** Words without which a page's file cannot send anything anywhere. */
const hints =
  /api\.cloudinary\.com|createUploadWidget|openUploadWidget|CldUpload|uploadBytes|uploadString|\.storage\s*\.?\s*from\(|storage\.from|UploadButton|UploadDropzone|useUploadThing|api\.imgbb\.com|upload\.imagekit\.io|IKUpload|uploadcare|filestack|uploadToSignedUrl|@vercel\/blob|api\.imgur\.com/;

const widgets = /^(openUploadWidget|createUploadWidget)$/;
const elements = /^(CldUploadWidget|CldUploadButton|UploadButton|UploadDropzone|IKUpload|FileUploaderRegular|FileUploaderMinimal)$/;

const mostFiles = 60;

/** Uploads that a page sends to a service itself, past the server. */
export const readBrowserUploads = (machine: OpenMachine, served: ReadonlySet<string>): readonly Sink[] => {
  const { tree, root } = machine.project;
  const folder = root === "." ? "" : root;
  const files = tree
    .find(".", ".js", ".jsx", ".ts", ".tsx", ".mjs", ".vue", ".svelte")
    .filter(
      (path) =>
        !served.has(path) &&
        !/(^|\/)(node_modules|dist|build|\.next|coverage|__tests__|tests?|e2e)\/|\.(test|spec|stories|min|d)\.[jt]sx?$/.test(path),
    );
  const inside = files.filter(
    (path) =>
      folder === "" ||
      path.startsWith(`${folder}/`) ||
      /(^|\/)(client|frontend|front-end|web|app|src|ui|dashboard|admin|packages|apps)\//.test(path),
  );
  const found = new Map<string, Sink>();
  let read = 0;
  for (const path of inside) {
    if (read >= mostFiles) break;
    const text = tree.read(path);
    if (text === undefined || !hints.test(text)) continue;
    read += 1;
    const module = machine.project.module(path);
    if (module === undefined) continue;
    machine.begin();
    const tell = (service: string, node: Parameters<typeof evidence>[0]["node"]): void => {
      const site = { module, node };
      if (found.has(service)) return;
      found.set(service, {
        label: `the browser, to ${serviceName(service)}`,
        at: placeOf(site),
        outcomes: [
          {
            when: always,
            destination: { kind: "cloud", service },
            because: [evidence(site, `the page sends the file to ${serviceName(service)} itself`)],
          },
        ],
      });
    };
    for (const call of module.names.calls) {
      const callee = bare(call.callee);
      if (callee.type === "MemberExpression" && callee.property.type === "Identifier" && widgets.test(callee.property.name))
        tell("cloudinary", call);
      const value = machine.evaluate({ module, node: call.callee }, frameAround(module, call), silent)[0]?.value;
      if (value?.kind !== "external") continue;
      const keeper = keeperOf(`${value.name}()`);
      if (keeper?.kind === "cloud") tell(keeper.service, call);
      if (/(fetch|axios|post|put|request)$/.test(value.name)) {
        const [argument] = call.arguments;
        const address =
          argument === undefined || argument.type === "SpreadElement"
            ? undefined
            : textOf(machine.evaluate({ module, node: argument }, frameAround(module, call), silent)[0]?.value ?? { kind: "unknown" });
        const service = address === undefined ? undefined : hostKeeper(address);
        if (service !== undefined) tell(service, call);
      }
    }
    walk(module.syntax.program, (node) => {
      if (node.type !== "JSXOpeningElement" || node.name.type !== "JSXIdentifier" || !elements.test(node.name.name)) return;
      tell(
        node.name.name.startsWith("Cld")
          ? "cloudinary"
          : node.name.name.startsWith("IK")
            ? "imagekit"
            : node.name.name.startsWith("File")
              ? "uploadcare"
              : "uploadthing",
        node,
      );
    });
  }
  return [...found.values()];
};
