import { createContext, type ReactElement, type ReactNode, useCallback, useContext, useState } from "react";

const AnnounceContext = createContext<(sentence: string) => void>(() => undefined);

/** Say a sentence to screen readers: what sighted visitors see happen somewhere else on the page. */
export const useAnnounce = (): ((sentence: string) => void) => useContext(AnnounceContext);

/** Hold the live region that `useAnnounce` speaks through. It stands in the page from the start, as live regions must. */
export function Announcer({ children }: { readonly children: ReactNode }): ReactElement {
  const [sentence, setSentence] = useState("");
  const announce = useCallback((next: string) => setSentence(next), []);
  return (
    <AnnounceContext value={announce}>
      {children}
      <output className="unseen">{sentence}</output>
    </AnnounceContext>
  );
}
