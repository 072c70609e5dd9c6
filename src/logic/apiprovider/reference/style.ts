/** Colours keep 4.5:1 for text and 3:1 for borders of controls, by day and by night; nothing is loaded from elsewhere. */
export const style = `:root {
  color-scheme: light dark;
  --bg: light-dark(#faf9f7, #0f1417); --surface: light-dark(#fff, #171d20); --line: light-dark(#dedbd6, #2b3337);
  --control: light-dark(#8a857d, #79858b); --text: light-dark(#22201c, #e6eaec); --quiet: light-dark(#5c574f, #a3adb2);
  --accent: light-dark(#1a5c7a, #7cc4e0); --bad: light-dark(#a12d22, #f2a097); --ok: light-dark(#1d6b45, #7fd6a6);
  font: 0.9375rem/1.5 -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); display: grid; grid-template-columns: 22rem minmax(0, 1fr); }
header { grid-column: 1 / -1; padding: 1rem 1.5rem; border-bottom: 1px solid var(--line); }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; } h3 { font-size: 1rem; overflow-wrap: anywhere; } h4 { margin: 0.75rem 0 0.25rem; }
nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow: auto; padding: 1rem 1.5rem; border-right: 1px solid var(--line); }
nav ul { list-style: none; padding: 0; margin: 0; } nav li { margin: 0.125rem 0; overflow-wrap: anywhere; }
nav li span { color: var(--quiet); font-size: 0.8125rem; display: block; } nav h2 { font-size: 0.9375rem; margin: 1rem 0 0.25rem; }
main { padding: 0 1.5rem 4rem; } article { border-top: 1px solid var(--line); padding: 0.5rem 0 1rem; }
a { color: var(--accent); } :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
code, pre, textarea, b { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.8125rem; }
pre { background: var(--surface); border: 1px solid var(--line); border-radius: 6px; padding: 0.75rem; overflow: auto; white-space: pre-wrap; margin: 0.25rem 0; }
pre i { color: var(--quiet); font-style: normal; } b { font-weight: 600; } .DELETE, .bad { color: var(--bad); } .GET, .good { color: var(--ok); }
table { border-collapse: collapse; width: 100%; } th, td { text-align: start; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; font-weight: 400; }
thead th { color: var(--quiet); font-size: 0.8125rem; }
form { display: grid; gap: 0.25rem; max-width: 44rem; padding: 0.5rem 0; } .caller form { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: end; }
.caller { border: 1px solid var(--line); border-radius: 6px; padding: 0 1rem 0.5rem; background: var(--surface); max-width: 60rem; } .caller h2 { margin: 0.5rem 0 0; }
input, textarea, button { font: inherit; color: inherit; background: var(--surface); border: 1px solid var(--control); border-radius: 4px; padding: 0.25rem 0.5rem; min-height: 1.875rem; width: 100%; }
.caller input { width: 14rem; } button { width: auto; justify-self: start; cursor: pointer; border-color: var(--accent); color: var(--accent); }
summary { cursor: pointer; padding: 0.25rem 0; color: var(--accent); min-height: 1.75rem; }
.skip { position: absolute; inset-inline-start: -100rem; } .skip:focus { inset-inline-start: 0; z-index: 1; background: var(--surface); padding: 0.5rem; }
main.error { grid-column: 1 / -1; width: 100%; max-width: 48rem; padding: 1.5rem; } main.error section { border-top: 1px solid var(--line); } dd { margin: 0 0 0.75rem; color: var(--quiet); }
main.page { max-width: 52rem; padding-top: 1rem; overflow-wrap: anywhere; } main.page img { max-width: 100%; border: 1px solid var(--line); border-radius: 6px; } main.page table { display: block; overflow: auto; overflow-wrap: normal; } nav a[aria-current] { color: inherit; font-weight: 600; }
[hidden] { display: none; }
@media (max-width: 60rem) { body { display: block; } nav { position: static; max-height: none; border-right: 0; border-bottom: 1px solid var(--line); } }
@media (pointer: coarse) { input, button, summary { min-height: 2.75rem; } }
`
