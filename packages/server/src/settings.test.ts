import { isHoldfastError } from "@holdfast/media";
import { describe, expect, it } from "vitest";
import { readSettings } from "./settings.js";

const token = "0123456789abcdef";

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (isHoldfastError(error, "CONFIG_INVALID")) return error.details.problems;
    throw error;
  }
  return [];
}

describe("the settings", () => {
  it("are port 4100 on loopback, without a token and with a calm log, when nothing is said", () => {
    expect(readSettings({})).toEqual({
      port: 4100,
      host: "127.0.0.1",
      token: undefined,
      metricsToken: undefined,
      maxConnections: 4096,
      logLevel: "warn",
    });
  });

  it("take PORT, HOST, LOG_LEVEL and those of Holdfast's own name from the environment", () => {
    const own = { HOLDFAST_TOKEN: token, HOLDFAST_METRICS_TOKEN: `${token}-metrics`, HOLDFAST_MAX_CONNECTIONS: "100" };
    const env = { PORT: "8080", HOST: "0.0.0.0", LOG_LEVEL: "info", ...own };
    const expected = { port: 8080, host: "0.0.0.0", token, metricsToken: `${token}-metrics`, maxConnections: 100, logLevel: "info" };
    expect(readSettings(env)).toEqual(expected);
  });

  it("let what is given in the program win over the environment", () => {
    expect(readSettings({ PORT: "8080", HOST: "0.0.0.0" }, { port: 0, host: "::1" })).toMatchObject({ port: 0, host: "::1" });
  });

  it("listen on every address on a hosting platform", () => {
    expect(readSettings({ RENDER: "true", HOLDFAST_TOKEN: token }).host).toBe("0.0.0.0");
  });

  it.each(["abc", "", "70000", "-1", "80.5", " 80", "0x50"])("refuse PORT=%j", (port) => {
    expect(problemsOf(() => readSettings({ PORT: port }))[0]).toContain(`PORT=${JSON.stringify(port)} is not a port`);
  });

  it.each(["http://localhost", "a b", ""])("refuse HOST=%j", (host) => {
    expect(problemsOf(() => readSettings({ HOST: host }))[0]).toContain(`HOST=${JSON.stringify(host)} is not an address`);
  });

  it("refuse a token that is set but empty", () => {
    expect(problemsOf(() => readSettings({ HOLDFAST_TOKEN: "" }))[0]).toContain("is set but empty");
  });

  it.each(["short", '"0123456789abcdef"', "0123456789 abcdef", "0123456789abcdeü"])("refuse the token %j without quoting it", (bad) => {
    const [problem = ""] = problemsOf(() => readSettings({ HOLDFAST_TOKEN: bad }));
    expect(problem).toMatch(/^HOLDFAST_TOKEN /);
    expect(problem).not.toContain(bad);
  });

  it("report all problems at once", () => {
    expect(problemsOf(() => readSettings({ PORT: "x", HOST: "/", HOLDFAST_TOKEN: "x", LOG_LEVEL: "loud" }))).toHaveLength(4);
  });
});
