import type { ReactElement, ReactNode } from "react";

/** Draw an icon that takes the colour and the size of the text around it. It says nothing to a screen reader. */
function Icon({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

/** The holdfast: the root of kelp, by which it keeps its place in any surf. */
export const Mark = (): ReactElement => (
  <svg className="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <path d="M16 3v13M16 7c3.4 0 5.6-1.4 6.4-3.6M16 12c-3.4 0-5.6-1.4-6.4-3.6" />
    <path d="M16 16c0 5-3.6 7.4-9 9M16 16c0 5 3.6 7.4 9 9M16 16v9.5M4 29h24" />
  </svg>
);

export const PhotosIcon = (): ReactElement => (
  <Icon>
    <rect x="3" y="7" width="14" height="13" rx="2.5" />
    <path d="M7 4h11a3 3 0 0 1 3 3v9M3.5 17l4-4 3 3 2-2 4 4" />
    <circle cx="12.5" cy="11.2" r="1.2" />
  </Icon>
);

export const CloseIcon = (): ReactElement => (
  <Icon>
    <path d="M6.5 6.5l11 11M17.5 6.5l-11 11" />
  </Icon>
);

export const BinIcon = (): ReactElement => (
  <Icon>
    <path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10.2 10.5v5.5M13.8 10.5v5.5" />
  </Icon>
);

export const TickIcon = (): ReactElement => (
  <Icon>
    <path d="M5 12.5l4.5 4.5L19 7.5" />
  </Icon>
);

export const LostIcon = (): ReactElement => (
  <Icon>
    <path d="M20 13V6.5A2.5 2.5 0 0 0 17.5 4h-11A2.5 2.5 0 0 0 4 6.5V14M4 17.5v.5M7 20h1.5M12 20h1.5M17 20h.5M20 17v.5" />
    <path d="M4 14l4-4 3.5 3.5" />
  </Icon>
);

export const DocumentIcon = (): ReactElement => (
  <Icon>
    <path d="M6.5 3.5h7l4.5 4.5v12.5h-11.5zM13.5 3.5V8H18M9.5 12.5h5M9.5 16h5" />
  </Icon>
);

export const RedeployIcon = (): ReactElement => (
  <Icon>
    <path d="M4.5 12a7.5 7.5 0 0 1 12.8-5.3L19.5 9M19.5 4.5V9H15M19.5 12a7.5 7.5 0 0 1-12.8 5.3L4.5 15M4.5 19.5V15H9" />
  </Icon>
);

export const CopyIcon = (): ReactElement => (
  <Icon>
    <rect x="8.5" y="8.5" width="11" height="11" rx="2" />
    <path d="M15.5 8.5V6.5a2 2 0 0 0-2-2h-7a2 2 0 0 0-2 2v7a2 2 0 0 0 2 2h2" />
  </Icon>
);
