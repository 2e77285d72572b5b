import { useCallback, useEffect, useState } from "react";
import { beginRedeploy, readRedeploy, type Redeploy, type RedeployState } from "./service.js";

const pollMs = 300;

/** How the redeploy demonstration stands, followed while it runs. */
export interface RedeployRun {
  readonly run: Redeploy | undefined;
  readonly isRunning: boolean;
  readonly problem: string | undefined;
  readonly begin: () => void;
}

/** Tell whether a run is under way in this state. */
export function isUnderWay(state: RedeployState): boolean {
  return state !== "idle" && state !== "done" && state !== "failed";
}

/** Read how it stands now, begin a run, and follow it until it ends. */
export function useRedeploy(): RedeployRun {
  const [run, setRun] = useState<Redeploy>();
  const [isBeginning, setIsBeginning] = useState(false);
  const [problem, setProblem] = useState<string>();

  const take = useCallback((reading: Promise<Redeploy>) => {
    reading
      .then(
        (read) => {
          setRun(read);
          setProblem(undefined);
        },
        (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)),
      )
      .finally(() => setIsBeginning(false));
  }, []);
  useEffect(() => take(readRedeploy()), [take]);

  const isRunning = isBeginning || (run !== undefined && isUnderWay(run.state));
  useEffect(() => {
    if (!isRunning || isBeginning) return;
    // Each answer makes a new object and so the next timer; after a failed reading the run is asked for again too.
    const timer = setTimeout(() => take(readRedeploy()), problem === undefined ? pollMs : 2000);
    return () => clearTimeout(timer);
  }, [isBeginning, isRunning, problem, run, take]);

  return {
    run,
    isRunning,
    problem,
    begin: () => {
      setIsBeginning(true);
      take(beginRedeploy());
    },
  };
}
