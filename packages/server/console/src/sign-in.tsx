import { type ReactElement, type SubmitEvent, useState } from "react";
import { signIn } from "./service.js";

/** Ask for the service's token. It goes to the service once and is not kept in the page. */
export function SignIn({ onSignedIn }: { readonly onSignedIn: () => void }): ReactElement {
  const [problem, setProblem] = useState<string>();
  const [isAsking, setIsAsking] = useState(false);

  const submit = async (event: SubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const token = new FormData(event.currentTarget).get("token");
    setIsAsking(true);
    try {
      await signIn(typeof token === "string" ? token.trim() : "");
      onSignedIn();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setIsAsking(false);
    }
  };

  return (
    <section className="sign-in" aria-labelledby="sign-in-title">
      <h1 id="sign-in-title">Sign in</h1>
      <p>
        This service is open to whoever holds its access token: the value of <code>HOLDFAST_TOKEN</code> where it runs.
      </p>
      <form onSubmit={(event) => void submit(event)}>
        <label htmlFor="token">Access token</label>
        <input
          id="token"
          name="token"
          type="password"
          autoComplete="current-password"
          required
          aria-invalid={problem !== undefined}
          aria-describedby="token-problem"
        />
        <p id="token-problem" className="problem" role="alert">
          {problem}
        </p>
        <button type="submit" className="main" disabled={isAsking}>
          Sign in
        </button>
      </form>
    </section>
  );
}
