import { describe, expect, it } from 'vitest';
import { decide } from '../../../../daemon/receive/sfpl/consent.ts';
import { configSchema } from '../../../../src/config/schema.ts';
import { SEEDED_JURISDICTIONS } from '../../../../src/registry/seeds.ts';

const { sfpl } = configSchema.parse({});
const at = (country: string, region = '') => ({ country, region });

describe('what consent, or the want of it, means', () => {
  it.each([
    ['nothing said, nothing known of the place', undefined, at(''), '*', 'keep', false, true],
    ['nothing said in the EU', undefined, at('FR'), 'EU', 'anonymize', false, false],
    ['nothing said in Norway', undefined, at('NO'), 'EU', 'anonymize', false, false],
    ['nothing said in California', undefined, at('US', 'california'), 'US-CA', 'keep', true, true],
    ['nothing said in Texas', undefined, at('US', 'TX'), '*', 'keep', true, true],
    ['refused in California', 0, at('US', 'CA'), 'US-CA', 'strip', false, false],
    ['refused in Brazil', 1023, at('BR'), 'BR', 'anonymize', false, false],
    ['statistics agreed to in the EU', 1024, at('DE'), 'EU', 'keep', true, false],
    ['advertising agreed to in the EU', 4096, at('DE'), 'EU', 'keep', true, true],
    ['agreed, nothing known of the place', 1024, at(''), '*', 'keep', true, false],
  ] as const)('%s', (_, flags, place, jurisdiction, store, cookies, adIds) => {
    expect(decide(flags, place, SEEDED_JURISDICTIONS, sfpl)).toEqual({ jurisdiction, store, cookies, adIds });
  });

  it('keeps all where it is not to be enforced, and gives no cookie where none is to be given', () => {
    const lax = { ...sfpl, enforceConsent: false, cookies: false };
    expect(decide(0, at('DE'), SEEDED_JURISDICTIONS, lax)).toMatchObject({ store: 'keep', cookies: false });
    expect(decide(4096, at('DE'), SEEDED_JURISDICTIONS, { ...sfpl, cookies: false }).cookies).toBe(false);
  });
});
