import type { Jurisdiction } from './jurisdiction.ts';

/** Member states of the European Union, and Iceland, Liechtenstein and Norway, where the GDPR holds too. */
const EEA = 'AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO'.split(' ');

const RULES = 'essential,session:comfort,30:analytics,730';

/** What an instance begins with. No legal advice: the least that the laws named ask of statistics, to be changed at will. */
export const SEEDED_JURISDICTIONS: readonly Jurisdiction[] = [
  {
    code: 'EU',
    name: 'European Economic Area',
    regulation: 'GDPR and ePrivacy',
    countries: EEA,
    regions: [],
    basis: 'opt-in',
    without: 'anonymize',
    rules: RULES,
  },
  {
    code: 'GB',
    name: 'United Kingdom',
    regulation: 'UK GDPR and PECR',
    countries: ['GB'],
    regions: [],
    basis: 'opt-in',
    without: 'anonymize',
    rules: RULES,
  },
  {
    code: 'CH',
    name: 'Switzerland',
    regulation: 'FADP',
    countries: ['CH'],
    regions: [],
    basis: 'opt-out',
    without: 'anonymize',
    rules: RULES,
  },
  {
    code: 'US-CA',
    name: 'California',
    regulation: 'CCPA and CPRA',
    countries: ['US'],
    regions: ['CA', 'US-CA', 'California'],
    basis: 'opt-out',
    without: 'strip',
    rules: RULES,
  },
  {
    code: 'BR',
    name: 'Brazil',
    regulation: 'LGPD',
    countries: ['BR'],
    regions: [],
    basis: 'opt-in',
    without: 'anonymize',
    rules: RULES,
  },
  {
    code: '*',
    name: 'Everywhere else',
    regulation: '',
    countries: [],
    regions: [],
    basis: 'opt-out',
    without: 'strip',
    rules: RULES,
  },
];
