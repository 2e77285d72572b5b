import type { AppModel, Evidence, Outcome, Place } from "../app-model/model.js";
import { type Environment, environmentOf, type Known, unsetOf } from "./environment.js";
import { compareAnswers, isLoss } from "./fate.js";
import { findWays, rowsOf, type Way } from "./decide.js";
import { type Answer, type Given, nothingGiven, type PlaceAnswer, type RowAnswer, type Verdict, type Verdicts } from "./verdict.js";

/** A sink or a database: a place in the code, and where it leads. */
interface JudgedPlace {
  readonly label: string;
  readonly at: Place;
  readonly outcomes: readonly Outcome[];
}

/**
 * Judge one app: whether its uploads and its database survive the next deploy. What is not understood never becomes `keeps`.
 */
export function judge(model: AppModel, given: Given = nothingGiven): Verdicts {
  const sinks = model.readings.flatMap((reading) => reading.sinks);
  const databases = model.readings.flatMap((reading) => reading.databases);
  return { uploads: judgeGiven(sinks, model, given, "uploads"), database: judgeGiven(databases, model, given, "database") };
}

type Question = keyof Verdicts;

/** What a person declared is told from what the repository declares, so that a report can say which of them decided. */
function judgeGiven(places: readonly JudgedPlace[], model: AppModel, given: Given, question: Question): Verdict {
  const asked = judgePlaces(places, model, environmentOf(model, nothingGiven), question);
  if (given.variables.length === 0 && given.disks.length === 0 && given.asked === undefined) return asked;
  const answered = judgePlaces(places, model, environmentOf(model, given), question);
  const isAsGiven = asked.answer === "depends" && answered.answer !== "depends";
  return isAsGiven ? { ...answered, isAsGiven, depends: asked.depends, dependsOn: asked.dependsOn } : answered;
}

function judgePlaces(places: readonly JudgedPlace[], model: AppModel, environment: Environment, question: Question): Verdict {
  const sinks = judgeEach(places, environment).toSorted((one, other) => compareAnswers(one.answer, other.answer));
  const together = judgeTogether(places, sinks, environment);
  const isMissed = missed(model, question, sinks);
  const notUnderstood = [...together.notUnderstood, ...isMissed];
  const answer = doubt(together.answer, isMissed);
  const asDeclared = answer === "unknown" ? "unknown" : together.asDeclared;
  const mayBeOnDisk = isOnDisk(asDeclared) || (answer === "depends" && together.ways.some(({ fate }) => fate.answer === "loses"));
  return {
    answer,
    asDeclared,
    storage: together.storage,
    because: together.because,
    depends: answer === "depends" ? rowsOf(together.ways) : [],
    dependsOn: answer === "depends" ? namesOf(together.ways) : [],
    sinks,
    notUnderstood,
    isPartial: sinks.some((sink) => sink.answer === "keeps") && sinks.some((sink) => sink.answer === "loses" || sink.answer === "depends"),
    isAsGiven: false,
    needsFirstAid: mayBeOnDisk && environment.platform.disk === "temporary",
  };
}

function isOnDisk(answer: RowAnswer): boolean {
  return answer === "loses" || answer === "depends";
}

/** Places whose code leads to the same are judged once. */
function judgeEach(places: readonly JudgedPlace[], environment: Environment): readonly PlaceAnswer[] {
  const judged = new Map<string, readonly Way[] | undefined>();
  const waysOf = (place: JudgedPlace): readonly Way[] | undefined => {
    const key = JSON.stringify(place.outcomes);
    if (!judged.has(key)) judged.set(key, findWays([place], environment, environment.know));
    return judged.get(key);
  };
  return places.map((place) => {
    const ways = waysOf(place) ?? [tangled(place)];
    const answer = answerOf(ways);
    const telling = tellingWay(ways, answer);
    return {
      label: place.label,
      at: place.at,
      answer,
      asDeclared: declaredAnswer([place], answer, environment),
      storage: telling.fate.storage,
      path: telling.fate.path,
      because: telling.fate.because,
      depends: answer === "depends" ? rowsOf(ways) : [],
    };
  });
}

function tangled({ at }: JudgedPlace): Way {
  const notUnderstood = [{ ...at, why: "more variables decide here than can be told apart" }];
  return { when: {}, fate: { answer: "unknown", storage: "unknown", path: undefined, because: [], notUnderstood }, isContrary: false };
}

interface Together {
  readonly answer: Answer;
  readonly asDeclared: RowAnswer;
  readonly storage: string;
  readonly because: readonly Evidence[];
  readonly ways: readonly Way[];
  readonly notUnderstood: readonly Evidence[];
}

/** The app's answer: all its places under the same variables, the worst of them counting. */
function judgeTogether(places: readonly JudgedPlace[], sinks: readonly PlaceAnswer[], environment: Environment): Together {
  const distinct = [...new Map(places.map((place) => [JSON.stringify(place.outcomes), place])).values()];
  const ways = findWays(distinct, environment, environment.know);
  const worst = sinks[0];
  if (ways === undefined && worst !== undefined) {
    const only = { answer: worst.answer, asDeclared: worst.asDeclared, storage: worst.storage, because: worst.because };
    const notUnderstood = distinct.flatMap((place) => tangled(place).fate.notUnderstood).slice(0, 1);
    return { ...only, ways: [], notUnderstood };
  }
  const answer = answerOf(ways ?? []);
  const telling = tellingWay(ways ?? [], answer);
  return {
    answer,
    asDeclared: declaredAnswer(distinct, answer, environment),
    storage: telling.fate.storage,
    because: telling.fate.because,
    ways: ways ?? [],
    notUnderstood: (ways ?? []).flatMap(({ fate, isContrary }) => (isContrary ? [] : fate.notUnderstood)),
  };
}

/** One answer for all the ways that are possible. Ending with an error loses nothing, and is no way to keep either. */
function answerOf(all: readonly Way[]): Answer {
  const ways = all.filter(({ isContrary }) => !isContrary);
  const answers = new Set(ways.map(({ fate }) => fate.answer));
  const has = (answer: RowAnswer): boolean => answers.has(answer);
  if (ways.some(({ fate }) => isLoss(fate.answer))) {
    const others = [...answers].filter((answer) => !isLoss(answer) && answer !== "fails");
    return others.length === 0 ? "loses" : "depends";
  }
  if (has("depends")) return "depends";
  if (has("unknown")) return "unknown";
  if (has("keeps") || has("fails")) return "keeps";
  return "none";
}

/** The way that shows why: a loss for `loses` and `depends`, with as little set as may be; for `keeps` a keeping one, with what is set. */
function tellingWay(ways: readonly Way[], answer: Answer): Way {
  const isOfLoss = answer === "loses" || answer === "depends";
  const wanted = ({ fate, isContrary }: Way): boolean => !isContrary && (isOfLoss ? isLoss(fate.answer) : fate.answer === answer);
  return (
    (isOfLoss ? ways.findLast(wanted) : ways.find(wanted)) ??
    ways[0] ?? { when: {}, fate: { answer: "none", storage: "none", path: undefined, because: [], notUnderstood: [] }, isContrary: false }
  );
}

/** The answer if what is declared is set, what is asked for too, and nothing else. */
function declaredAnswer(places: readonly JudgedPlace[], answer: Answer, environment: Environment): RowAnswer {
  const ways = findWays(places, environment, (name) => declaredOnly(environment.know(name)));
  if (ways === undefined) return answer;
  const answers = new Set(ways.map(({ fate }) => fate.answer));
  const [only] = answers;
  return answers.size === 1 && only !== undefined ? only : answerOf(ways);
}

function declaredOnly(known: Known): Known {
  if (known.kind !== "open") return known;
  return known.declared === "set" ? { kind: "set" } : unsetOf(known);
}

function namesOf(ways: readonly Way[]): readonly string[] {
  return [...new Set(ways.flatMap(({ when }) => Object.keys(when)))];
}

/** What was not understood and may hide a place where files are written. */
function missed(model: AppModel, question: Question, sinks: readonly PlaceAnswer[]): readonly Evidence[] {
  if (model.readings.length === 0) return [{ file: model.root, line: 1, why: "no app of a kind that can be read was found here" }];
  if (question === "database" && sinks.length > 0) return [];
  return model.readings.flatMap(({ notUnderstood }) => notUnderstood);
}

/** Never all clear on doubt. */
function doubt(answer: Answer, missing: readonly Evidence[]): Answer {
  return missing.length > 0 && (answer === "keeps" || answer === "none") ? "unknown" : answer;
}
