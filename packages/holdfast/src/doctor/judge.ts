import type { AppModel } from "../app-model/model.js";
import { type Given, nothingGiven, type Verdict, type Verdicts } from "./verdict.js";

/**
 * Judge one app: whether its uploads and its database survive the next deploy. What is not understood never becomes `keeps`.
 */
export function judge(model: AppModel, given: Given = nothingGiven): Verdicts {
  return { uploads: open(model, given), database: open(model, given) };
}

function open(model: AppModel, _given: Given): Verdict {
  return {
    answer: "unknown",
    asDeclared: "unknown",
    storage: "none",
    because: [],
    depends: [],
    dependsOn: [],
    sinks: [],
    notUnderstood: model.readings.flatMap((reading) => reading.notUnderstood),
    isPartial: false,
    isAsGiven: false,
    needsFirstAid: false,
  };
}
