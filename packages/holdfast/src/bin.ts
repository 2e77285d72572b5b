#!/usr/bin/env node
// No static import and no new syntax, so that an old Node gets as far as the sentence.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `holdfast: Node 20.19 or newer is needed, and this is ${process.version}. Get a newer one from https://nodejs.org\n`,
  );
  process.exitCode = 3;
} else {
  void import("./cli/main.js").then(({ main }) => main(process));
}

export {};
