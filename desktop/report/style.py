"""The style sheet of the page, light and dark, screen and paper."""

CSS = """
:root { color-scheme: light dark;
  --page: #f4f5f7; --card: #fff; --ink: #17202b; --soft: #566171; --line: #dfe3e8; --accent: #2458d3; --wash: #2458d31f;
  --allow: #0b7a4b; --allow-bg: #e2f4ea; --next: #8a5700; --next-bg: #fff0d2; --block: #b3261e; --block-bg: #fde8e6 }
@media screen and (prefers-color-scheme: dark) { :root {
  --page: #0f1319; --card: #181f28; --ink: #e9eef4; --soft: #9dabba; --line: #2c3643; --accent: #7fabff; --wash: #7fabff2b;
  --allow: #55d6a0; --allow-bg: #11301f; --next: #f5be55; --next-bg: #33270c; --block: #ff8f86; --block-bg: #3b1815 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", Roboto, sans-serif }
main, header, footer { max-width: 1060px; margin: 0 auto; padding: 0 20px }
header { padding-top: 28px; color: var(--soft) }
header h1 { margin: 0; font-size: 1rem; font-weight: 600; color: var(--ink) }
footer { padding-bottom: 40px; color: var(--soft); font-size: .875rem }
h2, h3, h4 { line-height: 1.25; margin: 0; overflow-wrap: anywhere }
h2 { font-size: 1.375rem; margin: 36px 0 12px } h3 { font-size: 1.125rem; margin-bottom: 10px } h4 { font-size: 1rem }
p { margin: 6px 0; max-width: 70ch } a { color: var(--accent) } bdi { overflow-wrap: anywhere }
.soft, dt { color: var(--soft) } .small { font-size: .875rem }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 20px; margin: 14px 0 }
.allow { --tone: var(--allow); --tint: var(--allow-bg) } .next { --tone: var(--next); --tint: var(--next-bg) }
.block { --tone: var(--block); --tint: var(--block-bg) } .none { --tone: var(--soft); --tint: var(--page) }
.verdict { display: flex; gap: 20px; align-items: center; background: var(--tint); border-color: var(--tone);
  border-left-width: 8px }
.figures .small { margin-top: 4px }
.verdict svg { flex: none; width: 64px; height: 64px; color: var(--tone) }
.verdict .word { color: var(--tone); font-weight: 750; font-size: 2.25rem; line-height: 1.1; letter-spacing: .01em }
.verdict .line { font-size: 1.25rem; font-weight: 600; margin: 2px 0 } .verdict p { margin: 4px 0 0 }
.pill { display: inline-block; padding: 1px 10px; border-radius: 99px; background: var(--tint); color: var(--tone);
  border: 1px solid currentColor; font-weight: 650; font-size: .8125rem; white-space: nowrap }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(215px, 1fr)); gap: 14px; margin: 14px 0; padding: 0 }
.figures .card { margin: 0 } .figures dt { font-weight: 600 } .figures dd { margin: 0 }
.figures .value { font-size: 1.75rem; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums }
.figures .unit { font-size: .9375rem; white-space: nowrap; font-weight: 500; color: var(--soft) }
.meter { position: relative; height: 12px; border-radius: 6px; margin: 8px 0 20px; overflow: visible; display: flex;
  gap: 2px }
.meter i { display: block; height: 100%; background: var(--tone); opacity: .4 }
.meter i:first-child { border-radius: 6px 0 0 6px } .meter i:nth-child(3) { border-radius: 0 6px 6px 0 }
.meter b { position: absolute; top: -4px; width: 4px; height: 20px; margin-left: -2px; border-radius: 2px;
  background: var(--ink) }
.meter span { position: absolute; top: 15px; transform: translateX(-50%); font-size: .75rem; color: var(--soft) }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 20px; margin-top: 14px }
figure { margin: 0 } figcaption { font-size: .875rem; color: var(--soft); margin-top: 4px }
.plot { display: block; width: 100%; height: auto; margin-top: 6px }
.plot text { font-size: 12px; fill: var(--soft); font-variant-numeric: tabular-nums } .plot .faint { opacity: .8 }
.plot .halo { fill: var(--ink); paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round }
.plot .strong { font-weight: 700 } .grid { stroke: var(--line) }
  .together { stroke: var(--soft); stroke-width: 1.5; opacity: .5 }
.dashed { stroke: var(--soft); stroke-dasharray: 5 4 }
  .series { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round }
.dot { fill: var(--accent) } .area { fill: var(--wash) } .band { fill: var(--accent); opacity: .3 }
.gap { stroke: var(--tone); stroke-width: 3 } .best { fill: var(--tone); stroke: var(--card); stroke-width: 2 }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: 7px 14px 7px 0; border-top: 1px solid var(--line); vertical-align: top }
thead th { border: 0; color: var(--soft); font-size: .8125rem; font-weight: 600 } tbody th { font-weight: 600 }
  th .soft { font-weight: 400 } .keep { white-space: nowrap }
.n { text-align: right; white-space: nowrap } th:last-child, td:last-child { padding-right: 0 }
  .lane { min-width: 180px; width: 45%; vertical-align: middle }
.lane div, .share div { position: relative; height: 14px; background: var(--page); border-radius: 4px }
.lane i, .share i { position: absolute; top: 0; bottom: 0; min-width: 4px; border-radius: 4px; background: var(--tone) }
.lane i.unjudged { background: repeating-linear-gradient(45deg, var(--tone) 0 3px, transparent 3px 7px);
  border: 1px solid var(--tone) }
.share { width: 34%; vertical-align: middle } .share i { background: var(--accent); left: 0 }
.lane .ends { display: flex; justify-content: space-between; height: auto; background: none; font-weight: 400 }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; margin: 0 }
  .facts dd { margin: 0; overflow-wrap: anywhere }
.hash { font-family: ui-monospace, monospace; font-size: .8125rem; overflow-wrap: anywhere }
.wide-plot { min-width: 680px } .timeline .plot text { font-size: 13px }
.strip { display: flex; margin: 6px 1.4% 0 9% } .strip img { width: 10%; min-width: 0; aspect-ratio: 16/10; object-fit: cover }
.ground { fill: var(--page) } .allowed { fill: var(--soft); opacity: .14 } .cut { stroke: var(--ink); stroke-dasharray: 2 3 }
.s-in_sync { --state: #009e73 } .s-late { --state: #e69f00 } .s-early { --state: #56b4e9 } .s-no_fit { --state: #d55e00 }
.s-not_judged, .s-speech { --state: #8a93a0 }
.s-in_sync, .s-late, .s-early, .s-no_fit, .s-not_judged, .s-speech { fill: var(--state) }
.interval { opacity: .3 }
.dot-box { display: inline-block; width: 11px; height: 11px; border-radius: 3px; background: var(--state) }
details summary { cursor: pointer; padding: 6px 0; font-weight: 600 } summary h3 { display: inline; margin: 0 }
.more { margin: 14px 0 }
.warning { border-color: var(--next); background: var(--next-bg) }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 14px }
  .two .card { margin: 0 }
@media (max-width: 620px) { main, header, footer { padding-left: 12px; padding-right: 12px } .card { padding: 14px }
  .verdict { align-items: flex-start; gap: 12px } .figures .small { margin-top: 4px }
.verdict svg { width: 36px; height: 36px } .verdict .word { font-size: 1.75rem }
  .plot text { font-size: 15px } .facts { grid-template-columns: 1fr; gap: 0 } .facts dd { margin-bottom: 8px }
  th, td { padding-right: 10px } .lane { min-width: 90px; width: 30% } table .wide { display: none }
  .file-name { min-width: 7em } }
@media print { :root { --page: #fff } html { font-size: 10pt } body { font-size: 10pt } main, header, footer { padding: 0 }
  header { padding-top: 0 }
  .plots, .two { grid-template-columns: 1fr 1fr; gap: 12px } .figures { grid-template-columns: repeat(4, 1fr); gap: 8px }
  .card { padding: 12px }
  .figures .value { font-size: 1.375rem } .figures .unit { display: block } h2 { margin-top: 0 } .facts { gap: 2px 12px }
  .card, figure, tr { break-inside: avoid } h2, h3, h4 { break-after: avoid }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact } section.file + section.file { break-before: page }
  .scroll { overflow: visible } }
"""
