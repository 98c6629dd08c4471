import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';

interface Manifest {
  readonly commands: Readonly<
    Record<
      string,
      {
        readonly summary?: string;
        readonly args: Readonly<Record<string, { readonly required?: boolean }>>;
        readonly flags: Readonly<
          Record<string, { readonly summary?: string; readonly options?: string[]; readonly default?: unknown }>
        >;
      }
    >
  >;
}

/** One line for each command, argument and flag: what people and scripts rely on. */
function commandTree({ commands }: Manifest): string {
  const lines = Object.keys(commands)
    .sort()
    .flatMap((id) => {
      const { summary, args, flags } = commands[id]!;
      const flagLines = Object.keys(flags)
        .sort()
        .map((name) => {
          const { summary: meaning = '', options, default: fallback } = flags[name]!;
          const values = options === undefined ? '' : ` {${options.join('|')}}`;
          const preset = fallback === undefined ? '' : ` =${JSON.stringify(fallback)}`;
          return `    --${name}${values}${preset}  ${meaning}`;
        });
      return [
        `${id.replaceAll(':', ' ')}  ${summary}`,
        ...Object.keys(args).map((name) => `    [${name}]`),
        ...flagLines,
      ];
    });
  return `${lines.join('\n')}\n`;
}

it('the tree of commands changes only on purpose', async () => {
  const manifest: Manifest = JSON.parse(readFileSync(join(packageRoot(), 'oclif.manifest.json'), 'utf8'));
  await expect(commandTree(manifest)).toMatchFileSnapshot('command-tree.txt');
});
