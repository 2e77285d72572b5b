import { type ReactElement, useCallback, useEffect, useState } from "react";
import { Mark } from "./icons.js";
import { PhotosPage } from "./photos-page.js";
import { readSession, type Session, signOut } from "./service.js";
import { SignIn } from "./sign-in.js";

/** The whole page: the promise, then either the photos or, where the service asks for it, the sign-in. */
export function Console(): ReactElement {
  const [session, setSession] = useState<Session>();
  const [problem, setProblem] = useState<string>();

  const refresh = useCallback(() => {
    readSession().then(
      (read) => {
        setSession(read);
        setProblem(undefined);
      },
      (error: unknown) => setProblem(String(error instanceof Error ? error.message : error)),
    );
  }, []);
  useEffect(refresh, [refresh]);

  const isOpen = session !== undefined && (!session.needsToken || session.isSignedIn);
  return (
    <>
      <header className="masthead">
        <a className="wordmark" href="/">
          <Mark />
          Holdfast
        </a>
        {session?.needsToken === true && session.isSignedIn && (
          <button type="button" className="quiet" onClick={() => void signOut().finally(refresh)}>
            Sign out
          </button>
        )}
      </header>
      <main>
        {problem !== undefined && (
          <div className="notice" role="alert">
            <p>{problem}</p>
            <button type="button" onClick={refresh}>
              Try again
            </button>
          </div>
        )}
        {isOpen && <PhotosPage offersRedeploy={session.redeploy} onAccessEnded={refresh} />}
        {session !== undefined && !isOpen && <SignIn onSignedIn={refresh} />}
      </main>
    </>
  );
}
