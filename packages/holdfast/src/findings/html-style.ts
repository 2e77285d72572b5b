/** The report's look: system fonts, light and dark, printable. Nothing is fetched. */
export const style = `
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --line: #e2e5e9; --paper: #fff; --card: #f8f9fb; --bad: #b42318; --warn: #9a6700; --good: #1a7f4b; --note: #3d6bb3; --mark: #fdecea; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #a0a6ae; --line: #31363d; --paper: #15181c; --card: #1c2025; --bad: #ff8a80; --warn: #f0b84a; --good: #5fcf97; --note: #8ab4f8; --mark: #3a2322; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 54rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1.5rem; letter-spacing: -0.01em; }
h2 { font-size: 1.05rem; color: var(--soft); font-weight: 500; margin: 2.5rem 0 0.75rem; }
h3 { font-size: 1.05rem; margin: 0 0 0.4rem; }
h4 { font-size: 0.85rem; margin: 1.1rem 0 0.3rem; color: var(--soft); font-weight: 600; }
p { margin: 0.4rem 0; overflow-wrap: anywhere; }
code, pre { font: 0.86rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code { background: var(--card); border-radius: 4px; padding: 0.1em 0.3em; overflow-wrap: anywhere; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 0.7rem 0; margin: 0.6rem 0; overflow-x: auto; }
pre span { display: block; padding: 0 1rem; white-space: pre; min-width: max-content; }
pre .marked { background: var(--mark); box-shadow: inset 3px 0 var(--bad); }
pre b { color: var(--soft); font-weight: 400; user-select: none; }
.verdict { display: flex; gap: 0.75rem; align-items: baseline; padding: 0.35rem 0; font-size: 1.12rem; font-weight: 600; }
.verdict small { display: block; font-weight: 400; font-size: 0.92rem; color: var(--soft); overflow-wrap: anywhere; }
.mark { flex: none; width: 1.1em; text-align: center; }
.loses .mark, .error { color: var(--bad); } .depends .mark, .warning { color: var(--warn); } .keeps .mark { color: var(--good); }
.none .mark, .unknown .mark { color: var(--soft); } .note { color: var(--note); }
.aid { border: 1px solid var(--warn); border-left-width: 5px; border-radius: 8px; padding: 0.9rem 1.2rem; margin: 1.25rem 0; }
.aid ul { margin: 0.5rem 0; padding-left: 1.2rem; }
article { border: 1px solid var(--line); border-radius: 10px; padding: 1.1rem 1.3rem 1.2rem; margin: 1rem 0; }
article .code { font: 600 0.8rem ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; margin-right: 0.6rem; }
article ol, article ul { margin: 0.2rem 0; padding-left: 1.3rem; } li { margin: 0.2rem 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; margin: 0.8rem 0; font-size: 0.93rem; }
th, td { text-align: left; padding: 0.45rem 0.8rem 0.45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; } th { color: var(--soft); font-weight: 500; }
.settled { color: var(--soft); font-size: 0.93rem; }
@media print { main { max-width: none; padding: 0; } article, .aid { break-inside: avoid; } }
`;
