import { fullNumber, milliseconds } from '../../../terminal/numbers.ts';
import {
  type Fact,
  latencyCaveats,
  latencyRows,
  outcomeFacts,
  PERCENTILE_NAMES,
  percentileText,
  rejectionFacts,
  shareText,
} from '../facts.ts';
import type { Report } from '../report.ts';
import { counted, examples } from '../text/ledger.ts';
import { sloFigure } from '../verdict.ts';
import { html, type Markup } from './markup.ts';

const REASONS_SHOWN_MAX = 30;

/** A card of names and values; nothing when there are none. */
export function factCard(title: string, facts: readonly Fact[]): Markup {
  if (facts.length === 0) return html``;
  const rows = facts.map(
    ({ name, value, tone = 'plain' }) => html`<tr><th>${name}</th><td class="${tone}">${value}</td></tr>`,
  );
  return html`<section class="card"><h2>${title}</h2><table>${rows}</table></section>`;
}

/** The percentiles of everything that was timed. */
export function latencyTable(report: Report): Markup {
  const caveats = latencyCaveats(report).map((caveat) => html` <span class="warn">(${caveat})</span>`);
  const rows = latencyRows(report).map(
    ({ name, of }) =>
      html`<tr><th>${name}</th>${PERCENTILE_NAMES.map(([, key]) => html`<td class="n">${percentileText(of[key])}</td>`)}<td class="n">${fullNumber(of.count)}</td></tr>`,
  );
  return html`<section class="card wide"><h2>Latency${caveats}</h2><table><thead><tr><th>requests</th>${PERCENTILE_NAMES.map(([name]) => html`<th class="n">${name}</th>`)}<th class="n">samples</th></tr></thead><tbody>${rows}</tbody></table>
<p class="sub">n/a: fewer than ten samples lie beyond it.</p></section>
`;
}

/** What became of the requests, and why events were rejected. */
export function outcomeCard(report: Report): Markup {
  const rows = outcomeFacts(report).map(
    ({ name, value, share, tone }) =>
      html`<tr><th>${name}</th><td class="n">${value}</td><td class="n">${shareText(share)}</td><td style="width:40%"><span class="bar ${tone ?? 'plain'}" style="width:${(share * 100).toFixed(2)}%"></span></td></tr>`,
  );
  const reasons = rejectionFacts(report);
  const more = reasons.length - REASONS_SHOWN_MAX;
  const rejected =
    reasons.length === 0
      ? html``
      : html`<h2 style="margin-top:14px">Rejected events by reason</h2><table>${reasons.slice(0, REASONS_SHOWN_MAX).map(({ name, value }) => html`<tr><th style="white-space:normal">${name}</th><td class="n">${value}</td></tr>`)}</table>${more > 0 ? html`<p class="sub">and ${more} more reasons</p>` : ''}`;
  return html`<section class="card"><h2>Requests</h2><table>${rows}</table>${rejected}</section>`;
}

/** The four numbers that have to be zero. */
export function ledgerCard({ ledger }: Report): Markup {
  if (ledger === null) {
    return html`<section class="card"><h2>Ledger</h2><p class="warn">Not verified: nothing is known of what was stored.</p></section>`;
  }
  const numbers = (['missing', 'duplicate', 'phantom', 'corrupt'] as const).map(
    (kind) =>
      html`<div><b class="${ledger[kind] === 0 ? 'good' : 'bad'}">${fullNumber(ledger[kind])}</b><span>${kind}</span></div>`,
  );
  const violations = examples(ledger).map((text) => html`<li><code>${text}</code></li>`);
  return html`<section class="card"><h2>Ledger: every event looked for in ClickHouse</h2><div class="ledger">${numbers}</div>
<p class="sub">${counted(ledger)}; without FINAL, in ${milliseconds(ledger.ms)}.</p>${violations.length > 0 ? html`<ol class="bad">${violations}</ol>` : ''}</section>
`;
}

export function faultCard({ faults }: Report): Markup {
  if (faults.length === 0) return html``;
  const rows = faults.map(
    ({ name, atMs, told, recoveredMs }) =>
      html`<tr><th>${name}</th><td class="n">${milliseconds(atMs)}</td><td>${told}</td><td class="n">${recoveredMs === null ? html`<span class="bad">none</span>` : milliseconds(recoveredMs)}</td></tr>`,
  );
  return html`<section class="card wide"><h2>Faults</h2><table><thead><tr><th>fault</th><th class="n">at</th><th>what was done</th><th class="n">next acknowledgement after</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

export function boundCard({ slo }: Report): Markup {
  if (slo.length === 0) return html``;
  const rows = slo.map(
    ({ text, measured, met }) =>
      html`<tr><th>${text}</th><td>${measured === null ? 'not measured' : sloFigure(text, measured)}</td><td class="${met ? 'good' : 'bad'}">${met ? 'met' : 'MISSED'}</td></tr>`,
  );
  return html`<section class="card"><h2>Bounds</h2><table>${rows}</table></section>`;
}
