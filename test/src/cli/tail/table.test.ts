import { describe, expect, it } from 'vitest';
import { TailTable } from '../../../../src/cli/tail/table.ts';
import { PLAIN } from '../../../../src/cli/terminal/style.ts';
import { displayWidth } from '../../../../src/terminal/text.ts';

const HOSTILE = 'a\u001b[2J\u001b]52;c;QUFB\u0007\r\n\u202e\u009b31m\u200b日本語😀e\u0301';

const line = (given: object) =>
  JSON.stringify({
    type: 'event',
    event: {
      event_id: '1',
      account: HOSTILE,
      name: HOSTILE,
      user_id: HOSTILE,
      country: 'DE',
      host: HOSTILE,
      path: HOSTILE,
      occurred_at: '2026-11-21T08:06:04.123Z',
      received_at: '2026-11-21T08:06:04.123Z',
      properties: { [HOSTILE]: HOSTILE, marks: 'e\u0301'.repeat(1) + '\u0301'.repeat(5_000) },
      ...given,
    },
  });

async function shown(width: number, ...lines: string[]): Promise<string[]> {
  const printed: string[] = [];
  const table = new TailTable(
    async (row) => void printed.push(row),
    () => width,
    PLAIN,
  );
  for (const text of lines) await table.show(text);
  return printed;
}

describe('the table of a tail', () => {
  it.each([1, 13, 30, 46, 60, 80, 100, 110, 130, 200, 400])(
    'has no row wider than %i columns, whatever the text',
    async (width) => {
      const rows = await shown(width, line({}), JSON.stringify({ type: 'dropped', count: 1_234_567 }));
      expect(rows).toHaveLength(3);
      for (const row of rows) {
        expect(displayWidth(row)).toBeLessThanOrEqual(Math.max(width, 1));
        expect(row).not.toMatch(/[\p{Cc}\u200b\u202e]/u);
      }
    },
  );

  it('prints its titles once, and again when the terminal has another width', async () => {
    const printed: string[] = [];
    let width = 80;
    const table = new TailTable(
      async (row) => void printed.push(row),
      () => width,
      PLAIN,
    );
    await table.show(line({}));
    await table.show(line({}));
    width = 60;
    await table.show(line({}));
    expect(printed.map((row) => row.startsWith('TIME'))).toEqual([true, false, false, true, false]);
  });

  it('shows more of an event where there is room', async () => {
    const event = line({
      name: 'buy',
      revenue: '12.5',
      currency: 'EUR',
      properties: { plan: 'pro', n: 3, note: 'a b' },
    });
    const [titles, row] = await shown(200, event);
    expect(titles).toMatch(/^TIME +ACCOUNT +NAME +WHO +FROM +PAGE +PROPERTIES$/);
    expect(row).toContain('revenue=12.5 EUR plan=pro n=3 note="a b"');
    expect((await shown(30, event))[0]).toMatch(/^TIME +NAME$/);
  });

  it('says how many events it could not show, and ignores what it does not know', async () => {
    const rows = await shown(80, '{"type":"dropped","count":1}', '{"type":"tail"}', '{"type":"news"}');
    expect(rows).toEqual(['… 1 event more than can be shown']);
  });

  it('shows the path where there is no room for the host, and both where there is', async () => {
    const event = line({
      account: 'shop',
      name: 'view',
      user_id: 'u',
      host: 'shop.northridge.example',
      path: '/tents/2',
      properties: {},
    });
    expect((await shown(80, event))[1]).toMatch(/ view .* shop\.northridge\.example\/tents\/2$/);
    expect((await shown(60, event))[1]).toMatch(/ view .* …\/tents\/2$/);
  });
});
