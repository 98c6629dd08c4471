import { nearest } from '../config/nearest.ts';

/** What oclif's parser throws, as far as the message needs it; its classes are not exported. */
interface ParserError extends Error {
  /** Arguments that are missing (as declared) or too many (as typed). */
  readonly args?: readonly (string | { readonly name: string; readonly description?: string })[];
  /** Flags that do not exist, as typed. */
  readonly flags?: readonly string[];
  readonly parse?: { readonly input?: { readonly flags?: Readonly<Record<string, unknown>> } };
  readonly oclif?: { readonly exit?: number };
}

/** The sentence for a mistake of typing that oclif's parser found; undefined for every other error. */
export function usageMessage(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const message = thrown.message.replace(/\n?See more help with --help$/, '').trim();
  // What a flag's own parser threw: oclif writes its name in front, over the message of the error.
  const parsed = /^Parsing (--[\w-]+)\s+(.*)$/s.exec(message);
  if (parsed !== null) return `${parsed[1]}: ${parsed[2]}`;
  const { args, flags, parse, oclif } = thrown as ParserError;
  if (parse === undefined && oclif?.exit !== 2) return undefined;
  if (flags !== undefined) return flags.map((flag) => unknownFlag(flag, parse?.input?.flags ?? {})).join('; ');
  if (args !== undefined && args.length > 0) return args.map(argumentMessage).join('; ');
  // Several flags that do not go together are a list under a title.
  return message.replace(/^The following errors? occurred:\s+/, '').replace(/\n\s*/g, '; ');
}

function unknownFlag(typed: string, known: Readonly<Record<string, unknown>>): string {
  const name = typed.replace(/^-+/, '');
  const near = typed.startsWith('--') ? nearest(name, Object.keys(known)) : undefined;
  return `there is no flag ${typed}${near === undefined ? '' : `; did you mean --${near}?`}`;
}

function argumentMessage(arg: string | { readonly name: string; readonly description?: string }): string {
  if (typeof arg === 'string') return `${JSON.stringify(arg)} is one argument too many`;
  const meaning = (arg.description ?? '')
    .replace(/\.$/, '')
    .replace(/^[A-Z](?=[a-z ])/, (first) => first.toLowerCase());
  return `${arg.name.toUpperCase()} is missing: ${meaning}`;
}
