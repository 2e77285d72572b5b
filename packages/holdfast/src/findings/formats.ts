/** The formats that a report is printed in; `text` is for people. */
export const reportFormats = ["text", "json", "sarif", "github", "markdown", "html"] as const;

export type ReportFormat = (typeof reportFormats)[number];

/** Tell whether a text names a format. */
export function isReportFormat(text: string): text is ReportFormat {
  return (reportFormats as readonly string[]).includes(text);
}
