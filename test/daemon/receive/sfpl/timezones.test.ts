import { expect, it } from 'vitest';
import { Timezones } from '../../../../daemon/receive/sfpl/timezones.ts';

it('knows the country of a timezone by its old and its new name, and of no other text', () => {
  const timezones = new Timezones();
  const known = {
    'Europe/Berlin': 'DE',
    'America/Los_Angeles': 'US',
    'Asia/Calcutta': 'IN',
    'Asia/Kolkata': 'IN',
    'Europe/Kyiv': 'UA',
    'Europe/Belgrade': 'RS',
  };
  for (const [name, country] of Object.entries(known))
    expect([name, timezones.countryOf(name)]).toEqual([name, country]);
  for (const name of ['', 'UTC', 'Etc/GMT+1', 'Nowhere', '+02:00', '__proto__', 'x'.repeat(1_000)]) {
    expect([name, timezones.countryOf(name)]).toEqual([name, '']);
  }
});
