import { describe, expect, it } from "vitest";
import { wantsColors } from "./io.js";

describe("wantsColors", () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: "1" }, false],
    [true, { NO_COLOR: "" }, true],
    [true, { TERM: "dumb" }, false],
    [false, { FORCE_COLOR: "1" }, true],
    [true, { FORCE_COLOR: "0" }, false],
    [false, { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
  ])("with a terminal %s and %j it is %s", (isTTY, env, expected) => {
    expect(wantsColors(isTTY, env)).toBe(expected);
  });
});
