import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createGeo, type Geo, NOWHERE, openGeo } from '../../../daemon/enrich/geo.ts';

describe('the bundled country database', () => {
  let geo: Geo;
  beforeAll(async () => {
    geo = await openGeo('');
  });

  it.each([
    ['8.8.8.8', 'US'],
    ['2001:4860:4860::8888', 'US'],
    ['193.0.6.139', 'NL'],
  ])('knows %s to be in %s', (ip, country) => {
    expect(geo.locate(ip)).toEqual({ ...NOWHERE, country });
    expect(geo.locate(ip)).toBe(geo.locate(ip));
  });

  it.each(['', '127.0.0.1', '10.1.2.3', '::1', 'fe80::1', 'no address', '999.1.1.1'])('knows nothing of %j', (ip) => {
    expect(geo.locate(ip)).toEqual(NOWHERE);
  });
});

describe('a database of cities', () => {
  const records: Record<string, unknown> = {
    '1.1.1.1': { country_code: 'de', state1: 'Bayern', city: 'München', timezone: 'Europe/Berlin' },
    '2.2.2.2': {
      country: { iso_code: 'US' },
      subdivisions: [{ names: { en: 'Ohio' } }],
      city: { names: { en: 'Akron' } },
      location: { time_zone: 'America/New_York' },
    },
    '3.3.3.3': { country_code: 'DE', city: 'ü'.repeat(500), state1: 7 },
    '4.4.4.4': { country_code: 'EUROPE' },
  };
  const geo = createGeo({ get: (ip) => records[ip] ?? null }, 10);

  it('is read in the layout of ip-location-db and in that of MaxMind', () => {
    expect(geo.locate('1.1.1.1')).toEqual({
      country: 'DE',
      region: 'Bayern',
      city: 'München',
      timezone: 'Europe/Berlin',
    });
    expect(geo.locate('2.2.2.2')).toEqual({
      country: 'US',
      region: 'Ohio',
      city: 'Akron',
      timezone: 'America/New_York',
    });
  });

  it('gives no value that its column cannot take', () => {
    expect(geo.locate('3.3.3.3')).toEqual({ country: 'DE', region: '', city: 'ü'.repeat(64), timezone: '' });
    expect(geo.locate('4.4.4.4').country).toBe('');
  });
});

describe('openGeo', () => {
  it('says what is wrong with a file that is missing or no database', async () => {
    await expect(openGeo('/nowhere/city.mmdb')).rejects.toMatchObject({
      code: 'TF_CONFIG',
      message: expect.stringContaining('/nowhere/city.mmdb'),
    });
    const dir = await mkdtemp(join(tmpdir(), 'trackflow-geo-'));
    try {
      const file = join(dir, 'bad.mmdb');
      await writeFile(file, 'not a database');
      await expect(openGeo(file)).rejects.toMatchObject({ code: 'TF_CONFIG' });
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
