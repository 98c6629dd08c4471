import { TrackflowError } from '../../errors/error.ts';
import { BASES, type Basis, type Jurisdiction, WITHOUTS, type Without } from '../../registry/jurisdiction.ts';
import type { Instance } from '../instance.ts';
import { table } from '../terminal/table.ts';

export { BASES, WITHOUTS };

export interface JurisdictionListDocument {
  readonly schema: 'trackflow.jurisdictions/1';
  readonly jurisdictions: readonly Jurisdiction[];
}

export interface JurisdictionDocument extends Jurisdiction {
  readonly schema: 'trackflow.jurisdiction/1';
}

/** What is to be changed; undefined stays as it is. Lists are separated by commas. */
export interface JurisdictionChanges {
  readonly name?: string | undefined;
  readonly regulation?: string | undefined;
  readonly countries?: string | undefined;
  readonly regions?: string | undefined;
  readonly basis?: string | undefined;
  readonly without?: string | undefined;
  readonly rules?: string | undefined;
}

export async function listJurisdictions({ control }: Instance): Promise<JurisdictionListDocument> {
  return { schema: 'trackflow.jurisdictions/1', jurisdictions: await control.registry.jurisdictions() };
}

/** Changes the jurisdiction of that code, or adds it. Throws TF_USAGE when nothing is to be changed or a code is none. */
export async function setJurisdiction(
  { control }: Instance,
  code: string,
  changes: JurisdictionChanges,
): Promise<JurisdictionDocument> {
  if (Object.values(changes).every((value) => value === undefined)) {
    throw new TrackflowError('TF_USAGE', `nothing of ${code} is to be changed; give one of its parts`, {
      hints: ['trackflow jurisdictions list', 'trackflow help jurisdictions set'],
    });
  }
  const known = (await control.registry.jurisdictions()).find((one) => one.code === code) ?? emptyOf(code);
  const written = await control.registry.putJurisdiction({
    ...known,
    name: changes.name ?? known.name,
    regulation: changes.regulation ?? known.regulation,
    countries: changes.countries === undefined ? known.countries : countriesOf(changes.countries),
    regions: changes.regions === undefined ? known.regions : listOf(changes.regions),
    basis: (changes.basis as Basis | undefined) ?? known.basis,
    without: (changes.without as Without | undefined) ?? known.without,
    rules: changes.rules ?? known.rules,
  });
  return { schema: 'trackflow.jurisdiction/1', ...written };
}

export function jurisdictionsScreen(jurisdictions: readonly Jurisdiction[]): string {
  const columns = [
    { title: 'CODE' },
    { title: 'NAME' },
    { title: 'BASIS' },
    { title: 'WITHOUT CONSENT' },
    { title: 'WHERE' },
    { title: 'REGULATION' },
  ];
  return table(
    columns,
    jurisdictions.map(({ code, name, basis, without, countries, regions, regulation }) => [
      code,
      name,
      basis,
      without,
      `${countries.join(' ')}${regions.length > 0 ? ` (${regions.join(', ')})` : ''}`,
      regulation,
    ]),
  );
}

function emptyOf(code: string): Jurisdiction {
  return {
    code,
    name: code,
    regulation: '',
    countries: [],
    regions: [],
    basis: 'opt-in',
    without: 'anonymize',
    rules: '',
  };
}

function countriesOf(text: string): string[] {
  const countries = listOf(text).map((country) => country.toUpperCase());
  const wrong = countries.find((country) => !/^[A-Z]{2}$/.test(country));
  if (wrong === undefined) return countries;
  throw new TrackflowError('TF_USAGE', `${JSON.stringify(wrong)} is no country; write codes of two letters like DE,AT`);
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
