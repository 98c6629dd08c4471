/** The style sheet of the page: light or dark as the reader has it, readable in print, no colour without a word or shape. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1b2430;--dim:#5c6875;--rule:#dfe4ea;--one:#0b6bcb;--two:#c2570c;--three:#0f8a5f;--bad:#c6262e;--good:#12805c;--warn:#a76400;--offered:#7a8694}
@media (prefers-color-scheme:dark){:root{--bg:#0f141a;--card:#171e26;--ink:#e6ebf1;--dim:#93a0ae;--rule:#2a343f;--one:#5aa9f5;--two:#f29a52;--three:#42c796;--bad:#ff6b6f;--good:#42c796;--warn:#eab04d;--offered:#8b98a6}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1180px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:22px;margin:0;display:flex;gap:12px;align-items:center;flex-wrap:wrap}
h1 small{font-weight:400;color:var(--dim);font-size:15px}
h2{font-size:15px;margin:0 0 10px}
.badge{padding:3px 12px;border-radius:999px;font-size:14px;letter-spacing:.04em;border:2px solid currentColor}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}
.sub{color:var(--dim);margin:6px 0 0}
.reasons{margin:12px 0 0;padding:10px 14px 10px 32px;border-left:4px solid var(--warn);background:var(--card);border-radius:6px}
.reasons.bad{border-color:var(--bad);color:inherit}
.cards,.grid2{display:grid;gap:14px;margin-top:18px}
.cards{grid-template-columns:repeat(auto-fit,minmax(150px,1fr))}
.grid2{grid-template-columns:repeat(auto-fit,minmax(min(480px,100%),1fr))}
.card,figure{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:14px 16px;margin:0;min-width:0}
.card .name{color:var(--dim);font-size:13px}
.card .value{font-size:23px;font-weight:650;line-height:1.25;overflow-wrap:anywhere}
.card .more{color:var(--dim);font-size:13px}
figcaption{display:flex;gap:4px 14px;flex-wrap:wrap;align-items:baseline;font-size:13px;margin-bottom:4px}
figcaption b{font-size:15px}figcaption small{color:var(--dim);margin-left:auto}
.key{display:inline-flex;align-items:center;gap:6px;color:var(--dim)}
.key::before{content:"";width:16px;border-top:2.5px solid var(--c)}
.key.filled::before{height:9px;border:0;border-top:2.5px solid var(--c);background:color-mix(in srgb,var(--c) 28%,transparent)}
.key.offered::before{border-top-style:dashed}.key.three::before{border-top-style:dotted}
.one{--c:var(--one)}.two{--c:var(--two)}.three{--c:var(--three)}.key.bad,.line.bad,.area.bad,.dot.bad,.bar.bad{--c:var(--bad)}.offered{--c:var(--offered)}
svg{display:block;width:100%;height:auto;overflow:visible}
.grid{stroke:var(--rule);stroke-width:1}
.tick{fill:var(--dim);font-size:11px}.tick.y{text-anchor:end}.tick.x{text-anchor:middle}
.line{fill:none;stroke:var(--c);stroke-width:1.8;stroke-linejoin:round}.line.offered{stroke-dasharray:5 4}.line.three{stroke-dasharray:2 3}
.area{fill:var(--c);opacity:.22}.dot{fill:var(--c)}
.warmup{fill:var(--dim);opacity:.12}
line.fault{stroke:var(--bad);stroke-width:1.2;stroke-dasharray:3 3}text.fault{fill:var(--bad);font-size:10.5px}text.fault.end{text-anchor:end}
.tip{fill:transparent}.tip:hover{fill:var(--dim);fill-opacity:.18}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{padding:4px 14px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule);overflow-wrap:anywhere}
tr:last-child td,tr:last-child th{border-bottom:0}
th{color:var(--dim);font-weight:400;white-space:nowrap}td.n,th.n{text-align:right;padding-right:0;padding-left:14px;white-space:nowrap}
td.n+td,th.n+th:not(.n){padding-left:18px}
thead th{font-size:12.5px}
.ledger{display:grid;grid-template-columns:repeat(4,1fr);text-align:center;margin:6px 0 12px}
.ledger b{display:block;font-size:46px;line-height:1.1}.ledger span{color:var(--dim)}
.bar{display:inline-block;height:10px;border-radius:3px;background:var(--c,var(--good));min-width:2px}
.wide{overflow-x:auto}main>.card{margin-top:18px}
code{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
footer{color:var(--dim);font-size:13px;margin-top:26px}
@media (max-width:560px){.ledger b{font-size:30px}main{padding:18px 12px 40px}}
@media print{body{background:#fff}.card,figure{break-inside:avoid}}
`;
