import { wordsOf, type Details, type Rule } from "./rule.js";
import type { Language } from "./language.js";
import { languages } from "./language.js";
import { verdictWords } from "./verdict-words.js";

const languageNames: Readonly<Record<Language, string>> = { en: "English", fr: "Français", tr: "Türkçe" };

/** Explain a rule in the terminal: what it says, why it matters, what to do, and an example of each kind. */
export function explainRule(rule: Rule, language: Language): string {
  const words = wordsOf(rule, language);
  const labels = verdictWords[language];
  const lines = [
    `${rule.code}  ${words.title}`,
    labels.report.severities[rule.severity],
    "",
    ...wrapped(words.why, ""),
    "",
    `${labels.report.remedy}${labels.report.colon}`.trimEnd(),
    ...words.remedy.flatMap((step, index) => wrapped(`${index + 1}. ${step}`, "   ")),
    "",
    `${labels.fires}${labels.report.colon}`.trimEnd(),
    ...exampleText(differing(rule).fires),
    `${labels.silent}${labels.report.colon}`.trimEnd(),
    ...exampleText(differing(rule).silent),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

/** The page of a rule in docs/rules, in every language that it is written in. */
export function rulePage(rule: Rule): string {
  const { fires, silent } = differing(rule);
  const { en } = rule.words;
  const translated = languages.filter((language) => language !== "en" && rule.words[language] !== undefined);
  const parts = [
    `# ${rule.code}: ${en.title}`,
    `${verdictWords.en.report.severities[rule.severity]} · family ${rule.code.replace(/\d+$/, "")}`,
    en.why,
    "## What it says",
    `> ${en.says(placeholders)}`,
    "## Remedy",
    ...(rule.leadsToDeploy ? ["Before any deploy, [save the files that are still on the running disk](../doctor.md#first-aid)."] : []),
    en.remedy.map((step, index) => `${index + 1}. ${step}`).join("\n"),
    "## It fires here",
    ...Object.entries(fires).map(fenced),
    "## It does not fire here",
    ...Object.entries(silent).map(fenced),
    ...translated.flatMap((language) => {
      const words = wordsOf(rule, language);
      return [
        `## ${languageNames[language]}`,
        `**${words.title}.** ${words.why}`,
        words.remedy.map((step, index) => `${index + 1}. ${step}`).join("\n"),
      ];
    }),
    `To leave it as it is, [say why](../doctor.md#leaving-a-finding-as-it-is). This page is made from the rule itself; \`holdfast doctor --explain ${rule.code}\` prints the same.`,
  ];
  return `${parts.join("\n\n")}\n`;
}

const placeholders: Details = { label: "PLACE", path: "PATH", platform: "PLATFORM", variables: "VARIABLES", name: "NAME", other: "OTHER" };

type Files = Readonly<Record<string, string>>;

/** The files in which the two examples differ: the rest is the same small app. */
function differing({ example }: Rule): { readonly fires: Files; readonly silent: Files } {
  const differs = (file: string): boolean => example.fires[file] !== example.silent[file];
  const only = (files: Files): Files => Object.fromEntries(Object.entries(files).filter(([file]) => differs(file)));
  return { fires: only(example.fires), silent: only(example.silent) };
}

function fenced([file, text]: readonly [string, string]): string {
  return `\`${file}\`\n\n\`\`\`\n${text.trimEnd()}\n\`\`\``;
}

function exampleText(files: Files): readonly string[] {
  const entries = Object.entries(files);
  if (entries.length === 0) return ["", "  –", ""];
  return entries.flatMap(([file, text]) => [
    "",
    `  ${file}`,
    ...text
      .trimEnd()
      .split("\n")
      .map((line) => `    ${line}`.trimEnd()),
    "",
  ]);
}

const width = 88;

function wrapped(text: string, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length >= width) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
