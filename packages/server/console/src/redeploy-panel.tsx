import { type ReactElement, useEffect, useState } from "react";
import { useAnnounce } from "./announcer.js";
import { CopyIcon, RedeployIcon, TickIcon } from "./icons.js";
import { RedeployColumn } from "./redeploy-column.js";
import type { Redeploy, RedeployState } from "./service.js";
import { useRedeploy } from "./use-redeploy.js";

const stages: readonly { readonly state: RedeployState; readonly label: string }[] = [
  { state: "starting", label: "Start two apps" },
  { state: "uploading", label: "Upload the photos" },
  { state: "stopping", label: "Stop both" },
  { state: "wiping", label: "Wipe their folders" },
  { state: "booting", label: "Boot new ones" },
  { state: "counting", label: "Count what answers" },
];

const verifyCommand = "npx holdfast verify https://your-app.example/uploads/picture.jpg";

/** Do to two real apps what a platform does at a deploy, and count the pictures that still answer. */
export function RedeployPanel({ hasPhotos }: { readonly hasPhotos: boolean }): ReactElement {
  const { run, isRunning, problem, begin } = useRedeploy();
  const announce = useAnnounce();
  const state = run?.state ?? "idle";
  const step = run?.step ?? "";
  const [hasBegun, setHasBegun] = useState(false);
  // What a run says while it goes and when it ends; of one that ended before the page was opened nothing is said.
  const sentence = !hasBegun || run === undefined ? "" : state === "done" ? conclude(run) : step;
  useEffect(() => {
    if (sentence !== "") announce(sentence);
  }, [announce, sentence]);

  const redeploy = (): void => {
    setHasBegun(true);
    begin();
  };
  const hasRun = run !== undefined && (isRunning || run.state === "failed" || run.round > 0);
  return (
    <section className="redeploy" aria-labelledby="redeploy-title">
      <div className="redeploy-head">
        <div className="redeploy-words">
          <h2 id="redeploy-title">What a deploy does to a disk</h2>
          <p>
            Two real apps start on this machine, each in a folder of its own, and the photos above are uploaded to both. A redeploy then
            does what Render, Heroku and Fly do: it stops them, wipes both folders and boots new ones.
          </p>
        </div>
        <div className="redeploy-begin">
          <button type="button" className="main" disabled={isRunning || !hasPhotos} onClick={redeploy} aria-describedby="redeploy-needs">
            <RedeployIcon />
            {isRunning ? "Redeploying…" : hasRun ? "Redeploy again" : "Redeploy"}
          </button>
          <p id="redeploy-needs" className="aside">
            {hasPhotos ? "" : "Add a photo first"}
          </p>
        </div>
      </div>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {hasRun && (
        <>
          <Steps state={state} />
          {state === "failed" ? (
            <p className="problem" role="alert">
              {step}
            </p>
          ) : (
            isRunning && <p className="redeploy-step">{step}</p>
          )}
          <div className="sides">
            <RedeployColumn side="holdfast" title="With Holdfast" run={run} />
            <RedeployColumn side="plain" title="A plain uploads/ folder" run={run} />
          </div>
          {state === "done" && <Conclusion run={run} />}
        </>
      )}
    </section>
  );
}

function Steps({ state }: { readonly state: RedeployState }): ReactElement {
  const now = state === "done" ? stages.length : stages.findIndex((stage) => stage.state === state);
  return (
    <ol className="steps">
      {stages.map(({ label }, n) => {
        const progress = n < now ? "past" : n === now ? "now" : "ahead";
        return (
          <li key={label} data-progress={progress} aria-current={progress === "now" ? "step" : undefined}>
            <span className="steps-mark">{progress === "past" && <TickIcon />}</span>
            {label}
          </li>
        );
      })}
    </ol>
  );
}

function Conclusion({ run }: { readonly run: Redeploy }): ReactElement {
  const [isCopied, setIsCopied] = useState(false);
  const copy = (): void => {
    void navigator.clipboard.writeText(verifyCommand).then(() => setIsCopied(true));
  };
  return (
    <div className="conclusion">
      <p>{conclude(run)} To see which of the two your own app is, run this before and after a deploy:</p>
      <div className="command">
        <code>{verifyCommand}</code>
        <button type="button" onClick={copy}>
          {isCopied ? <TickIcon /> : <CopyIcon />}
          {isCopied ? "Copied" : "Copy"}
        </button>
      </div>
    </div>
  );
}

function conclude({ holdfast, plain }: Redeploy): string {
  const kept = `${holdfast.answering} of ${holdfast.total}`;
  const left = `${plain.answering} of ${plain.total}`;
  return (
    `Both folders were wiped: with Holdfast, which keeps the pictures outside of the app's folder, ${kept} still answer; ` +
    `the plain app kept them inside, and ${left} answer.`
  );
}
