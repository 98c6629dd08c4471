import type { ClickHouse } from '../../../src/clickhouse/client.ts';
import type { TableReport } from '../../../src/control/migration.ts';
import { TrackflowError } from '../../../src/errors/error.ts';
import {
  type LastAgreement,
  type Redirect,
  readLastAgreements,
  readRedirects,
} from '../../../src/migrate/sfpl/registry.ts';
import type { SfplParams } from '../../../src/migrate/sfpl/request.ts';

/** Where links and consents of another system go. */
export interface AdoptingRegistry {
  /** Whether anything was written. Throws TF_INPUT for what can be no link. */
  adoptLink(
    link: Pick<Redirect, 'from' | 'to' | 'account'>,
    times: Pick<Redirect, 'createdAt' | 'changedAt'>,
    history: readonly { target: string; change: 'created' | 'replaced'; at: number }[],
  ): boolean;
  adoptConsents(consents: readonly LastAgreement[]): void;
}

/** Links that are named in a report, of those that could not be taken over. */
const REFUSALS_MAX = 20;

/** Takes over links and consents, and says what came of it. Doing it again changes nothing. */
export async function adopt(
  registry: AdoptingRegistry,
  client: ClickHouse,
  database: string,
  { parts, allowLossy }: Pick<SfplParams, 'parts' | 'allowLossy'>,
  signal: AbortSignal,
): Promise<TableReport[]> {
  const reports: TableReport[] = [];
  if (parts.includes('agreements')) {
    let visitors = 0;
    for await (const page of readLastAgreements(client, database)) {
      signal.throwIfAborted();
      registry.adoptConsents(page);
      visitors += page.length;
    }
    reports.push(reportOf(`${database}.agreements, the last of each visitor`, 'consents', visitors, []));
  }
  if (parts.includes('redirects')) {
    let links = 0;
    const refused: string[] = [];
    for await (const page of readRedirects(client, database)) {
      signal.throwIfAborted();
      for (const redirect of page) {
        const why = adoptLink(registry, redirect);
        if (why === null) links++;
        else refused.push(`${redirect.from}: ${why}`);
      }
    }
    reports.push(reportOf(`${database}.redirects`, 'links', links, allowLossy ? [] : refused));
  }
  return reports;
}

/** Null when the link is there, else why it can be none. */
function adoptLink(registry: AdoptingRegistry, redirect: Redirect): string | null {
  const { from, to, account, createdAt, changedAt, history } = redirect;
  // That tracker keeps them without a scheme.
  const withScheme = /^https?:\/\//.test(from) ? from : `http://${from}`;
  const changes = history.map(({ target, at }, index) => ({
    target,
    change: index === 0 ? ('created' as const) : ('replaced' as const),
    at,
  }));
  try {
    registry.adoptLink({ from: withScheme, to, account }, { createdAt, changedAt }, changes);
    return null;
  } catch (thrown) {
    if (thrown instanceof TrackflowError && thrown.code === 'TF_INPUT') return thrown.message;
    throw thrown;
  }
}

function reportOf(source: string, target: string, rows: number, refused: readonly string[]): TableReport {
  const error = refused.length === 0 ? '' : `${refused.length} can be no links here; --allow-lossy leaves them behind`;
  return {
    ...{ source, target, rows, rowsTotal: rows + refused.length, error },
    state: refused.length === 0 ? 'verified' : 'failed',
    ...{
      bytes: 0,
      rowsPerSecond: 0,
      bytesPerSecond: 0,
      etaSeconds: null,
      chunks: 0,
      chunksVerified: 0,
      chunksRepeated: 0,
    },
    changed: {},
    differences: refused.slice(0, REFUSALS_MAX).map((what) => ({ range: source, what })),
  };
}
