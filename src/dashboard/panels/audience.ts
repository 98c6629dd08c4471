import { gauge } from '../../terminal/charts/gauge.ts';
import { type Column, table } from '../../terminal/charts/table.ts';
import type { Look } from '../../terminal/look.ts';
import { fullNumber, percent } from '../../terminal/numbers.ts';
import { terminalText } from '../../terminal/text.ts';
import { filterOf } from '../input/filter.ts';
import type { Panel, Scene } from '../screen/scene.ts';
import { AUDIENCE_TABLES, type AudienceDimension, type AudienceRow } from '../store/audience.ts';

const NONE: Readonly<Record<AudienceDimension, string>> = {
  path: '(no page)',
  referrer_host: '(direct)',
  country: '(unknown)',
  device: '(unknown)',
  utm_campaign: '(none)',
};

/** The beginning of a path or a host tells nothing; what follows gives way first. */
const NAME_COLUMNS_MIN: Readonly<Record<AudienceDimension, number>> = {
  path: 20,
  referrer_host: 20,
  country: 10,
  device: 10,
  utm_campaign: 10,
};

/** One table a dimension: who came, by visitors of the window. */
export const audiencePanels = Object.fromEntries(
  AUDIENCE_TABLES.map(({ title, dimension }) => [dimension, tablePanel(title, dimension)]),
) as Readonly<Record<AudienceDimension, Panel>>;

function tablePanel(title: string, dimension: AudienceDimension): Panel {
  return {
    id: dimension,
    draw: (scene, width, height) => {
      const { audience, ui } = scene.snapshot;
      if (audience === null) return { title, lines: ['', ' asking…'] };
      const passes = filterOf(ui.filter);
      const rows = audience.tables[dimension].filter(
        ({ value }) => ui.filter === '' || passes(nameOf(value, dimension)),
      );
      const lines =
        rows.length === 0
          ? ['', emptyText(scene)]
          : table(columns(dimension, rows, audience.totals.events, scene.look), rows, {
              width,
              height,
              look: scene.look,
            });
      return { title, lines };
    },
  };
}

function columns(
  dimension: AudienceDimension,
  rows: readonly AudienceRow[],
  allEvents: number,
  look: Look,
): readonly Column<AudienceRow>[] {
  const most = rows.reduce((top, { visitors }) => Math.max(top, visitors), 1);
  return [
    {
      title: dimension.replace('_host', '').replace('utm_', '').toUpperCase(),
      priority: 0,
      shrinkTo: NAME_COLUMNS_MIN[dimension],
      cell: ({ value }) => nameOf(value, dimension),
    },
    { title: 'VISITORS', priority: 1, right: true, cell: ({ visitors }) => fullNumber(visitors) },
    { title: '', priority: 4, flexible: [6, 24], cell: ({ visitors }, width) => gauge(visitors / most, width, look) },
    { title: 'EVENTS', priority: 2, right: true, cell: ({ events }) => fullNumber(events) },
    {
      title: 'SHARE',
      priority: 3,
      right: true,
      cell: ({ events }) => percent(allEvents === 0 ? 0 : events / allEvents),
    },
  ];
}

function nameOf(value: string, dimension: AudienceDimension): string {
  return value === '' ? NONE[dimension] : terminalText(value).replaceAll('\ufe0f', '');
}

function emptyText({ snapshot: { audience, ui } }: Scene): string {
  if (audience?.failure) return ` ${terminalText(audience.failure)}`;
  return ui.filter === '' ? ' nobody in this window' : ' nothing matches the filter';
}
