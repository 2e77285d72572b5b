import type { Condition, Destination, Evidence, Observation, Outcome, Sink } from "../model.js";
import { all, always, isNever, withoutData } from "./conditions.js";
import type { Landing, LandingRow } from "./engines.js";
import { landingRows } from "./engines.js";
import type { Effect, Machine } from "./flow.js";
import type { OpenMachine } from "./machine.js";
import { isTemporary } from "./disk-calls.js";
import type { Draft } from "./tables.js";
import { closed, guardedBy, joined } from "./tables.js";
import { diskRows, evidence, placeOf, serviceName } from "./places.js";
import type { Choices, Site } from "./values.js";
import { roleOf, textOf } from "./values.js";

/** What was found out about one way into the app: a route, an action, a handler. */
export interface Handled {
  readonly label: string;
  readonly at: Site;
  readonly when: Condition;
  readonly effects: readonly Effect[];
  /** Whether everything on the way could be read, so that a parser that was not seen is not there. */
  readonly isWhole: boolean;
}

export interface Uploads {
  readonly sinks: readonly Sink[];
  readonly observations: readonly Observation[];
  readonly notUnderstood: readonly Evidence[];
}

const meets = (one: Effect, other: Effect): boolean => !isNever(all(one.when, other.when));

type Write = Extract<Effect, { kind: "write" }>;
type Remove = Extract<Effect, { kind: "remove" }>;

/** Whether a deletion is of what was written: the same path, or the same words for it in the same file. */
const sameTarget = (remove: Remove, write: Write): boolean => {
  if (remove.words !== "" && remove.words === write.words && remove.site.module === write.site.module) return true;
  const texts = remove.target.map((row) => textOf(row.value));
  return write.path.some((row) => {
    const text = textOf(row.value);
    return text !== undefined && !text.includes("*") && texts.includes(text);
  });
};

const nothingKept: Destination = { kind: "passing" };

interface Facts {
  readonly machine: Machine;
  readonly handled: Handled;
  readonly sent: readonly Effect[];
  readonly written: readonly Write[];
  readonly removed: readonly Remove[];
  readonly named: readonly Effect[];
  readonly variablesOf: (service: string) => readonly string[];
}

const success = (effect: Effect): boolean => !effect.isRecovery;

const sentDraft = (effect: Effect): Draft => {
  const when = withoutData(effect.when);
  if (effect.kind === "cloud") {
    return {
      when,
      destination: { kind: "cloud", service: effect.service },
      because: [evidence(effect.site, `the file is sent to ${serviceName(effect.service)} here`)],
    };
  }
  if (effect.kind === "database") {
    return {
      when,
      destination: { kind: "database", engine: effect.engine },
      because: [evidence(effect.site, `the file is stored in the database here (${serviceName(effect.engine)})`)],
    };
  }
  return {
    when,
    destination: { kind: "database", engine: "a column of bytes" },
    because: [evidence(effect.site, "the file's bytes are stored in a record here")],
  };
};

/** Whether a file written to the disk is only on its way: removed again, or handed on to a service afterwards. */
const isStop = (facts: Facts, write: Write, order: readonly Effect[]): boolean => {
  const removed = facts.removed.some(
    (remove) => success(remove) && meets(remove, write) && sameTarget(remove, write) && order.indexOf(remove) > order.indexOf(write),
  );
  if (removed) return true;
  const sent = facts.sent.some(
    (effect) => meets(effect, write) && (isTemporary(write.path) || order.indexOf(effect) > order.indexOf(write)),
  );
  return sent;
};

/** What becomes of a file after the parser has it, as rows. */
const afterParser = (facts: Facts, landing: Landing, landed: Site): readonly (readonly Outcome[])[] => {
  const { machine, handled } = facts;
  const order = handled.effects;
  const kept = facts.written.filter((write) => success(write) && !isStop(facts, write, order));
  const isNamedOnDisk = landing.kind === "disk" && facts.named.some(success);
  const sent = facts.sent.filter((effect) => success(effect) && !(effect.kind === "bytes-kept" && isNamedOnDisk)).map(sentDraft);
  const writes = kept.flatMap((write) =>
    diskRows(machine, write.path).map((row): Draft => ({
      when: all(withoutData(write.when), row.when),
      destination: row.destination,
      because: [evidence(write.site, "the file is written to the instance's disk here")],
    })),
  );
  const rest = leftover(facts, landing, landed);
  const answers: (readonly Outcome[])[] = [];
  // A way to the disk that no service shares: a file of another kind, another field.
  const alone = kept.filter(
    (write) =>
      withoutData(write.when).kind === "always" &&
      facts.sent.some(success) &&
      !facts.sent.some((effect) => success(effect) && meets(effect, write)),
  );
  if (alone.length > 0)
    answers.push(
      closed(
        writes.filter((draft) => alone.some((write) => draft.because.some((why) => why.line === placeOf(write.site).line))),
        rest,
      ),
    );
  if (sent.length > 0) {
    const drafts = [...sent, ...writes.filter((draft) => draft.when.kind !== "always")];
    const fallen = fallBack(facts, landing, landed);
    answers.push(fallen ?? closed(drafts, rest));
    const strays = facts.named.filter(
      (effect) => success(effect) && withoutData(effect.when).kind === "always" && !facts.sent.some((other) => meets(other, effect)),
    );
    if (landing.kind === "disk" && strays.length > 0 && alone.length === 0 && sent.every((draft) => draft.when.kind === "always")) {
      answers.push(landingOutcomes(machine, landing, landed));
    }
    return answers;
  }
  if (writes.length > 0) return [...answers, closed(writes, rest)];
  if (landing.kind === "disk" || landing.kind === "temporary") {
    if (rest.destination.kind === "disk") return [landingOutcomes(machine, landing, landed)];
    return [[{ ...rest, when: always }]];
  }
  return [[{ ...rest, when: always }]];
};

/** Rows for a file that stays where the parser put it. */
const landingOutcomes = (machine: Machine, landing: Extract<Landing, { kind: "disk" | "temporary" }>, landed: Site): readonly Outcome[] =>
  diskRows(machine, landing.path).map((row) => ({
    ...row,
    because: [evidence(landed, "uploads are written to the instance's disk here")],
  }));

/** What holds where nothing that was found holds. */
const leftover = (facts: Facts, landing: Landing, landed: Site): Draft => {
  const { handled, machine } = facts;
  const effects = handled.effects.filter(success);
  const throws = effects.find((effect) => effect.kind === "throws" && withoutData(effect.when).kind !== "always");
  if (landing.kind === "disk" || landing.kind === "temporary") {
    const named = facts.named.filter(success);
    const isRemoved = facts.removed.some(
      (remove) =>
        success(remove) &&
        /^(path|file|name)$/.test(roleOf(remove.target) ?? "") &&
        named.every((name) => meets(name, remove)) &&
        (named.length > 0 || !handled.effects.some((effect) => effect.kind === "name")),
    );
    const isMoved = facts.written.some((write) => success(write) && write.isMove);
    const isParsed = effects.some((effect) => effect.kind === "parse") && named.length === 0;
    const isForgotten = landing.kind === "temporary" && named.length === 0;
    if (isRemoved || isMoved || isParsed || isForgotten) {
      return {
        when: always,
        destination: nothingKept,
        because: [
          evidence(landed, isParsed ? "the file is only read for what is in it" : "the file is only here for the time of the request"),
        ],
      };
    }
    const handed = effects.find((effect) => effect.kind === "lost");
    const isPassage = landing.path.some((row) => /(^|\/)te?mp(\/|$)/i.test(textOf(row.value) ?? ""));
    if (isPassage && handed?.kind === "lost" && named.length === 0) {
      return {
        when: always,
        destination: { kind: "unknown", what: `what ${handed.callee} does with the file` },
        because: [evidence(handed.site, "the file is handed on here to something that could not be followed")],
      };
    }
    const [first] = landingOutcomes(machine, landing, landed);
    if (first !== undefined) return { ...first, when: always };
  }
  if (throws !== undefined && facts.sent.length > 0) {
    return { when: always, destination: { kind: "fails" }, because: [evidence(throws.site, "without it the upload ends with an error")] };
  }
  const lost = effects.find((effect) => effect.kind === "lost");
  if (
    landing.kind === "memory" &&
    lost?.kind === "lost" &&
    facts.sent.length === 0 &&
    facts.written.length === 0 &&
    !effects.some((effect) => effect.kind === "parse")
  ) {
    return {
      when: always,
      destination: { kind: "unknown", what: `what ${lost.callee} does with the file` },
      because: [evidence(lost.site, "the file's bytes are handed on here to something that could not be followed")],
    };
  }
  return { when: always, destination: nothingKept, because: [evidence(landed, "the file is held in memory and not stored")] };
};

/** A service whose failure is caught and answered with a file on the disk. */
const fallBack = (facts: Facts, landing: Landing, landed: Site): readonly Outcome[] | undefined => {
  const cloud = facts.sent.find((effect) => success(effect) && effect.kind === "cloud");
  if (cloud?.kind !== "cloud") return undefined;
  const write = facts.written.find((effect) => effect.isRecovery && !facts.removed.some((remove) => sameTarget(remove, effect)));
  const name = facts.named.find((effect) => effect.isRecovery && landing.kind === "disk");
  const recovered = write ?? name;
  if (recovered === undefined) return undefined;
  const names = [...new Set([...cloud.names, ...facts.variablesOf(cloud.service)])];
  const configured: Condition =
    names.length === 0
      ? { kind: "unknown", what: `whether the upload to ${serviceName(cloud.service)} succeeds` }
      : all(...names.map((each): Condition => ({ kind: "set", name: each })));
  const draft = sentDraft(cloud);
  const onDisk =
    write !== undefined ? diskRows(facts.machine, write.path) : landing.kind === "disk" ? diskRows(facts.machine, landing.path) : [];
  const why = [
    evidence(recovered.site, `when ${serviceName(cloud.service)} fails, the file silently stays on the instance's disk`),
    evidence(landed, "this is where it was received"),
  ];
  return [
    { when: all(draft.when, configured), destination: draft.destination, because: draft.because },
    ...onDisk.map((row) => ({ ...row, because: why })),
  ];
};

const rowOutcomes = (facts: Facts, row: LandingRow): readonly (readonly Outcome[])[] => {
  const { landing, site } = row;
  switch (landing.kind) {
    case "cloud":
      return [
        [
          {
            when: always,
            destination: { kind: "cloud", service: landing.service },
            because: [evidence(site, `multer sends uploads to ${serviceName(landing.service)} itself`)],
          },
        ],
      ];
    case "database":
      return [
        [
          {
            when: always,
            destination: { kind: "database", engine: landing.engine },
            because: [evidence(site, `uploads go into the database (${serviceName(landing.engine)})`)],
          },
        ],
      ];
    case "unknown":
      return [
        [
          {
            when: always,
            destination: { kind: "unknown", what: landing.what },
            because: [evidence(site, `${landing.what} could not be followed`)],
          },
        ],
      ];
    case "effects": {
      const own = withEffects(facts, landing.effects);
      return afterParser(own, { kind: "memory" }, site);
    }
    case "memory":
    case "temporary":
    case "disk":
      return afterParser(facts, landing, site);
  }
};

const withEffects = (facts: Facts, effects: readonly Effect[]): Facts =>
  factsOf(facts.machine, { ...facts.handled, effects }, facts.variablesOf);

const recordCalls =
  /(^|\.|\s)(create|createMany|save|insert|insertMany|insertOne|update|updateOne|upsert|findByIdAndUpdate|findOneAndUpdate|query|execute|run|set|values|bulkCreate|build|add)(\(\))?$|^new /;

const factsOf = (machine: Machine, handled: Handled, variablesOf: (service: string) => readonly string[]): Facts => {
  const isSent = (effect: Effect): boolean => effect.kind === "cloud" || effect.kind === "database";
  const sent = handled.effects.filter(isSent);
  const hasBytes = handled.effects.some((effect) => effect.kind === "bytes-kept");
  const written = handled.effects.flatMap((effect): readonly Write[] => {
    if (effect.kind === "write") return [effect];
    // Bytes that are kept in a record of a file of JSON lie on the disk with it.
    return effect.kind === "json" && hasBytes && sent.length === 0
      ? [{ ...effect, kind: "write", isMove: false, from: effect.path, words: "" }]
      : [];
  });
  const stored =
    sent.length === 0 && written.length === 0
      ? handled.effects.filter((effect) => effect.kind === "bytes-kept" && recordCalls.test(effect.callee))
      : [];
  return {
    machine,
    handled,
    sent: [...sent, ...stored],
    written,
    removed: handled.effects.filter((effect): effect is Remove => effect.kind === "remove"),
    named: handled.effects.filter((effect) => effect.kind === "name"),
    variablesOf,
  };
};

const isDrive = (engine: Choices): boolean => engine.some((row) => row.value.kind === "external" && row.value.name.startsWith("adonis:"));

/** What is known of the app besides the one way into it. */
export interface Around {
  /** A parser sits before every route. */
  readonly isParsedBefore: boolean;
  /** The variables by which a service is configured. */
  readonly variablesOf: (service: string) => readonly string[];
  /** Where a framework's own drive keeps files. */
  readonly drive: readonly Outcome[] | undefined;
}

/** Says where the uploads of one way into the app go. */
export const sinksOf = (machine: OpenMachine, handled: Handled, around: Around): Uploads => {
  const facts = factsOf(machine, handled, around.variablesOf);
  const parsers = handled.effects.filter((effect): effect is Extract<Effect, { kind: "engine" }> => effect.kind === "engine");
  const isAskedFor = handled.effects.some((effect) => effect.kind === "reads-files");
  // A parser in front of a request without a body has nothing to do.
  if (/^(GET|HEAD|DELETE) /.test(handled.label) && !isAskedFor && parsers.length > 0)
    return { sinks: [], observations: [], notUnderstood: [] };
  const drives = parsers.filter((effect) => isDrive(effect.engine));
  const engines = parsers.filter((effect) => !drives.includes(effect));
  const observations: Observation[] = [];
  const route = evidence(handled.at, `${handled.label} receives uploads`);
  const finish = (answers: readonly (readonly Outcome[])[]): readonly Sink[] =>
    answers.flatMap((outcomes): Sink[] => {
      if (outcomes.every((outcome) => outcome.destination.kind === "passing")) return [];
      const guarded = handled.when.kind === "always" ? outcomes : guardedBy(handled.when, outcomes);
      return [
        {
          label: handled.label,
          at: placeOf(handled.at),
          outcomes: guarded.map((outcome) => ({ ...outcome, because: [...outcome.because, route] })),
        },
      ];
    });
  const [kept] = drives;
  if (kept !== undefined) {
    const because = [evidence(kept.site, "the file is handed to the framework's drive here")];
    const outcomes = around.drive ?? [
      { when: always, destination: { kind: "unknown", what: "where the drive keeps files" } as const, because: [] },
    ];
    return {
      sinks: finish([outcomes.map((outcome) => ({ ...outcome, because: [...because, ...outcome.because] }))]),
      observations,
      notUnderstood: [],
    };
  }
  machine.begin();
  const rows = engines.flatMap((effect) =>
    landingRows(machine, effect.engine).map((row) => ({ ...row, when: all(effect.when, row.when) })),
  );
  if (rows.length === 0) {
    const readsFiles = handled.effects.some((effect) => effect.kind === "reads-files");
    if (facts.sent.length === 0 && facts.written.length === 0) return { sinks: [], observations, notUnderstood: [] };
    if (readsFiles && !around.isParsedBefore && handled.isWhole) {
      observations.push({ ...placeOf(handled.at), name: "upload-without-parser", details: { route: handled.label } });
      return { sinks: [], observations, notUnderstood: [] };
    }
    return { sinks: finish(afterParser(facts, { kind: "memory" }, handled.at)), observations, notUnderstood: [] };
  }
  const recovered = [...facts.written, ...handled.effects.filter(({ kind }) => kind === "name")].find(({ isRecovery }) => isRecovery);
  if (recovered !== undefined && facts.sent.some((effect) => effect.kind === "cloud")) {
    observations.push({ ...placeOf(recovered.site), name: "silent-fallback", details: { route: handled.label } });
  }
  for (const row of rows) {
    if (row.landing.kind === "disk" && !row.landing.makesFolder) {
      const [first] = diskRows(machine, row.landing.path);
      const path = first?.destination.kind === "disk" ? first.destination.path : undefined;
      if (path !== undefined) observations.push({ ...placeOf(row.site), name: "upload-folder-by-function", details: { path } });
    }
  }
  const groups = rows.map((row) => ({ when: row.when, answers: rowOutcomes(facts, row) }));
  return { sinks: finish(joined(groups)), observations, notUnderstood: [] };
};
