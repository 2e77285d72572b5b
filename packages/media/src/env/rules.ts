import type { EnvironmentRule } from "./schema.js";

/** How a set of variables breaks a rule; `names` are those it is about. */
export interface BrokenRule {
  readonly names: readonly string[];
  readonly reason: string;
  readonly remedy: string;
}

/** Tell how an environment breaks a rule, or `undefined`. A variable that is set but empty counts as not set. */
export function whyBroken(rule: EnvironmentRule, env: Readonly<Record<string, string | undefined>>): BrokenRule | undefined {
  const isSet = (name: string): boolean => (env[name] ?? "") !== "";
  const broken = (names: readonly string[], reason: string, remedy: string): BrokenRule => ({
    names,
    reason: rule.because === undefined ? reason : `${reason} (${rule.because.replace(/\.$/, "")})`,
    remedy,
  });
  if ("when" in rule) {
    const holds = Object.entries(rule.when).every(([name, value]) => (value === "*" ? isSet(name) : env[name] === value));
    const missing = holds ? rule.require.filter((name) => !isSet(name)) : [];
    const because = Object.entries(rule.when).map(([name, value]) => (value === "*" ? `${name} is set` : `${name} is ${value}`));
    return missing.length === 0
      ? undefined
      : broken(missing, `${listed(missing, "and")} must be set, for ${because.join(" and ")}`, `Set ${listed(missing, "and")}.`);
  }
  if ("allOrNone" in rule) {
    const set = rule.allOrNone.filter(isSet);
    const missing = rule.allOrNone.filter((name) => !isSet(name));
    return set.length === 0 || missing.length === 0
      ? undefined
      : broken(
          missing,
          `${listed(set, "and")} ${set.length === 1 ? "is" : "are"} set without ${listed(missing, "and")}`,
          `Set ${listed(missing, "and")} as well, or remove ${listed(set, "and")}.`,
        );
  }
  const names = "atMostOne" in rule ? rule.atMostOne : "exactlyOne" in rule ? rule.exactlyOne : rule.atLeastOne;
  const set = names.filter(isSet);
  if (set.length > 1 && !("atLeastOne" in rule)) {
    return broken(
      set,
      `${listed(set, "and")} are both set, and only one of them may be`.replace("both", set.length > 2 ? "all" : "both"),
      `Keep one of them.`,
    );
  }
  return set.length === 0 && !("atMostOne" in rule)
    ? broken(names, `none of ${listed(names, "and")} is set`, `Set one of them.`)
    : undefined;
}

/** The variables that a rule names. */
export function namesOf(rule: EnvironmentRule): readonly string[] {
  if ("when" in rule) return [...Object.keys(rule.when), ...rule.require];
  if ("atMostOne" in rule) return rule.atMostOne;
  if ("exactlyOne" in rule) return rule.exactlyOne;
  return "atLeastOne" in rule ? rule.atLeastOne : rule.allOrNone;
}

function listed(names: readonly string[], word: string): string {
  return names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} ${word} ${names.at(-1) ?? ""}`;
}
