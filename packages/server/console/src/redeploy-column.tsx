import { type ReactElement, useState } from "react";
import { LostIcon } from "./icons.js";
import { type Redeploy, type RedeployPicture, redeployPictureUrl } from "./service.js";

type Side = "holdfast" | "plain";

/** One of the two apps: what it is, where it runs, and each of its pictures as it answers now. */
export function RedeployColumn(props: { readonly side: Side; readonly title: string; readonly run: Redeploy }): ReactElement {
  const { side, title, run } = props;
  const { pid, folder, pictures, answering, total } = run[side];
  const isCounted = run.state === "done";
  return (
    <section className="side" aria-label={title} data-outcome={isCounted ? (answering === total ? "kept" : "lost") : "open"}>
      <h3>{title}</h3>
      <p className="side-count">
        {isCounted ? (
          <>
            <strong>
              {answering} of {total}
            </strong>{" "}
            pictures still answer
          </>
        ) : (
          <>
            <strong>{pictures.length}</strong> pictures uploaded
          </>
        )}
      </p>
      <ul className="side-pictures">
        {pictures.map((picture, n) => (
          <li key={picture.path}>
            <SidePicture side={side} n={n} picture={picture} run={run} />
          </li>
        ))}
      </ul>
      <dl className="side-facts">
        <div>
          <dt>Process</dt>
          <dd>{pid ?? "none running"}</dd>
        </div>
        <div>
          <dt>Folder</dt>
          <dd>{folder ?? "none yet"}</dd>
        </div>
      </dl>
    </section>
  );
}

function SidePicture(props: {
  readonly side: Side;
  readonly n: number;
  readonly picture: RedeployPicture;
  readonly run: Redeploy;
}): ReactElement {
  const { side, n, picture, run } = props;
  const [asked, setAsked] = useState<string>();
  const [broken, setBroken] = useState<string>();
  const isDone = run.state === "done";
  // Asked once while both apps stand, and again when all is over. In between an instance is away, and a picture
  // asked of it would be missing for that reason only.
  const wanted = isDone ? `after-${run.round}` : run.state === "uploading" ? (asked ?? `before-${run.round}`) : asked;
  if (wanted !== asked) setAsked(wanted);

  const isLost = picture.status !== null && (picture.status >= 400 || picture.isSame === false);
  if (isLost) return <Lost name={picture.name} why={picture.status === 200 ? "changed" : String(picture.status)} />;
  if (asked === undefined || (asked === broken && !isDone)) return <span className="side-frame" />;
  if (asked === broken) return <Lost name={picture.name} why="no answer" />;
  return (
    <span className="side-frame">
      <img src={redeployPictureUrl(side, n, asked)} alt={picture.name} decoding="async" onError={() => setBroken(asked)} />
    </span>
  );
}

function Lost({ name, why }: { readonly name: string; readonly why: string }): ReactElement {
  return (
    <span className="side-frame lost" title={name}>
      <LostIcon />
      <span>
        <span className="unseen">{name} is lost: </span>
        {why}
      </span>
    </span>
  );
}
