"""How the page of a report looks: on a phone, on a wide screen, light and dark."""

STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fff; --line: #ddd; --soft: #f3f4f6;
        --accent: #2f6fb7; --over: #c0392b }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e6; --paper: #161616; --line: #3d3d3d; --soft: #222428;
          --accent: #6aa9e9; --over: #ef6a5a } }
* { box-sizing: border-box }
body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 76rem; padding: 1rem;
       color: var(--ink); background: var(--paper) }
h1 { font-size: 1.4rem; margin: .2rem 0 .8rem }
h2 { font-size: 1.1rem; margin: 1.8rem 0 .5rem }
/* What is wider than the page scrolls; a shadow tells where there is more of it. */
div.wide { overflow-x: auto;
  background: linear-gradient(90deg, var(--paper) 1rem, transparent 2.5rem) 0 / 2.5rem 100% local,
    linear-gradient(270deg, var(--paper) 1rem, transparent 2.5rem) 100% / 2.5rem 100% local,
    linear-gradient(90deg, var(--line), transparent) 0 / .9rem 100% scroll,
    linear-gradient(270deg, var(--line), transparent) 100% / .9rem 100% scroll;
  background-repeat: no-repeat }
div.wide + div.wide, div.bars + div.wide { margin-top: .8rem }
table { border-collapse: collapse; min-width: 50% }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line);
         vertical-align: top; font-variant-numeric: tabular-nums }
th { font-weight: 600 } tr > th:first-child { overflow-wrap: anywhere; min-width: 8.6rem }
table.pairs td { overflow-wrap: anywhere }
details > summary { cursor: pointer; font-size: 1.1rem; font-weight: 600; margin: 1.4rem 0 .4rem }
div.bars { display: grid; grid-template-columns: max-content minmax(4rem, 1fr) max-content;
           gap: .35rem .8rem; align-items: center; font-variant-numeric: tabular-nums;
           max-width: 52rem }
div.bars > div { display: contents }
div.bars span.bar { background: var(--soft); border-radius: 3px; height: .8rem; overflow: hidden }
div.bars span.bar i { display: block; height: 100%; background: var(--accent) }
div.bars span.bar i.over { background: var(--over) }
div.pictures { columns: 22rem; column-gap: 1.6rem }
figure { margin: 0 0 1.4rem; break-inside: avoid }
figure svg { width: 100%; height: auto; display: block }
figcaption { font-weight: 600; margin-bottom: .2rem; overflow-wrap: anywhere }
svg.network text { font: 13px system-ui, sans-serif;
  fill: currentColor } svg.network text.small { font-size: 11px; opacity: .75 }
svg.network rect { fill: var(--soft); stroke: var(--line) }
svg.network path { fill: none; stroke: currentColor; opacity: .55 }
p.note { opacity: .8; max-width: 46rem }
div.bars b { font-weight: 400; overflow-wrap: anywhere }
div.bars + details > summary { font-size: 1rem; margin: .8rem 0 }
@media (max-width: 40rem) {
  div.bars, div.bars > div { display: grid; grid-template-columns: minmax(0, 1fr) }
  div.bars > div { grid-template-columns: minmax(0, 1fr) max-content; gap: .15rem .8rem;
                   align-items: end }
  div.bars span.bar { order: 1; grid-column: 1 / 3 }
  th, td { padding-right: .5rem } }
"""
