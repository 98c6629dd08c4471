import { fullNumber, milliseconds, shortNumber } from '../../terminal/numbers.ts';
import {
  conditionFacts,
  type Fact,
  generatorFacts,
  loadFacts,
  percentileText,
  planWords,
  serverFacts,
  shareText,
  verdictWord,
} from './facts.ts';
import { html, Markup } from './html/markup.ts';
import { boundCard, factCard, faultCard, latencyTable, ledgerCard, outcomeCard } from './html/sections.ts';
import { spectrum } from './html/spectrum.ts';
import { STYLE } from './html/style.ts';
import { type Series, timeChart } from './html/time-chart.ts';
import type { Report, SecondFigures } from './report.ts';

/** The report as one page that needs nothing but itself: no script, no font, no address; every text is escaped. */
export function reportHtml(report: Report): string {
  const { word, tone } = verdictWord(report);
  const { run } = report.plan;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${word}: load test ${run}</title><style>${new Markup(STYLE)}</style></head><body><main>
<h1><span class="badge ${tone}">${word}</span>Load test ${run} <small>${report.conditions.startedAt}</small></h1>
<p class="sub">${planWords(report.plan).join(' · ')}</p>
${reasons(report)}
<div class="cards">${cards(report)}</div>
<div class="grid2">${ledgerCard(report)}${boundCard(report)}</div>
<div class="grid2">${report.seconds.length > 1 ? charts(report) : ''}${spectrum(report)}</div>
${latencyTable(report)}
<div class="grid2">${outcomeCard(report)}${factCard('Load', loadFacts(report))}</div>
${faultCard(report)}
<div class="grid2">${factCard('Generator', generatorFacts(report))}${factCard('Server', serverFacts(report))}</div>
${factCard('Conditions', conditionFacts(report))}
<footer>trackflow loadtest · the figures of this page are in report.json, the histogram in latency.hdr, the seconds in seconds.ndjson</footer>
</main></body></html>
`;
  return page.text;
}

function reasons({ reasons: all, verdict }: Report): Markup {
  if (all.length === 0) return html``;
  return html`<ul class="reasons ${verdict === 'failed' ? 'bad' : 'warned'}">${all.map((reason) => html`<li>${reason}</li>`)}</ul>`;
}

function cards(report: Report): Markup[] {
  const { load, plan, latency, service, server } = report;
  const of = latency ?? service;
  const target = plan.model === 'open' ? `${fullNumber(load.targetRate)}/s targeted` : 'no target: closed model';
  const share = load.targetRate > 0 ? shareText(load.achievedRate / load.targetRate) : '';
  const all: readonly (Fact & { readonly more: string })[] = [
    {
      name: 'achieved',
      value: `${fullNumber(load.achievedRate)}/s`,
      more: `${plan.model === 'open' ? share : ''} ${target}`,
    },
    {
      name: 'stored',
      value: load.storedPerSecond === null ? 'n/a' : `${fullNumber(load.storedPerSecond)}/s`,
      more: 'rows in ClickHouse',
    },
    {
      name: 'latency p50',
      value: percentileText(of.p50),
      more: latency === null ? 'from actual send' : 'from intended start',
    },
    { name: 'latency p99', value: percentileText(of.p99), more: `max ${percentileText(of.max)}` },
    {
      name: 'lag to queryable p99',
      value: server === null ? 'n/a' : milliseconds(server.lagP99Ms),
      more: `max ${milliseconds(server?.lagMaxMs)}`,
    },
    {
      name: 'disk per event',
      value: server?.bytesPerEvent == null ? 'n/a' : `${server.bytesPerEvent.toFixed(1)} B`,
      more: 'after merges',
    },
  ];
  return all.map(
    ({ name, value, more }) =>
      html`<div class="card"><div class="name">${name}</div><div class="value">${value}</div><div class="more">${more.trim()}</div></div>`,
  );
}

function charts(report: Report): Markup[] {
  const values = (name: keyof SecondFigures) => report.seconds.map((second) => second[name]);
  const series = (name: string, of: keyof SecondFigures, tone: Series['tone'], filled = false): Series => ({
    name,
    tone,
    filled,
    values: values(of),
  });
  const cores = (used: number) => used.toFixed(2);
  const open = report.plan.model === 'open';
  return [
    timeChart(
      {
        title: 'Events/s',
        of: 'mean',
        label: shortNumber,
        tell: fullNumber,
        series: [
          series('acknowledged', 'acknowledged', 'one', true),
          series('stored', 'stored', 'three'),
          series('failed', 'failed', 'bad'),
          ...(open ? [series('scheduled', 'scheduled', 'offered')] : []),
        ],
      },
      report,
    ),
    timeChart(
      {
        title: open ? 'Latency' : 'Service time',
        of: 'max',
        label: milliseconds,
        logarithmic: true,
        note: 'logarithmic',
        series: [series('p99', 'p99', 'two', true), series('p50', 'p50', 'one')],
      },
      report,
    ),
    timeChart(
      {
        title: 'Queue',
        of: 'max',
        label: shortNumber,
        tell: fullNumber,
        note: 'events',
        series: [series('waiting to be stored', 'queueRows', 'one', true)],
      },
      report,
    ),
    timeChart(
      { title: 'Lag to queryable', of: 'max', label: milliseconds, series: [series('lag', 'lagMs', 'two', true)] },
      report,
    ),
    timeChart(
      {
        title: 'CPU',
        of: 'mean',
        label: cores,
        note: 'cores',
        series: [
          series('daemon', 'daemonCpu', 'one'),
          series('generator', 'generatorCpu', 'two'),
          series('ClickHouse', 'engineCpu', 'three'),
        ],
      },
      report,
    ),
  ];
}
