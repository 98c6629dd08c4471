import { describe, expect, it } from 'vitest';
import { openInstance, pasteable, programName, shellWord } from '../../../src/cli/instance.ts';

describe('commandLine', () => {
  const open = (homeFlag: string | undefined, program: string) =>
    openInstance({
      homeFlag,
      program,
      env: { HOME: '/u' },
      signal: new AbortController().signal,
      say: () => {},
      commands: ['config show', 'start'],
    });

  it('names the installed program by its name and one in a checkout by its path', () => {
    expect(programName('/usr/local/bin/trackflow')).toBe('trackflow');
    expect(programName(`${process.cwd()}/bin/trackflow.js`)).toBe('./bin/trackflow.js');
  });

  it('repeats --home where it was given, quoted for the shell', () => {
    expect(open(undefined, '/bin/trackflow').commandLine('status')).toBe('trackflow status');
    expect(open("/it's here", '/bin/trackflow').commandLine('stop')).toBe("trackflow stop --home '/it'\\''s here'");
  });

  it('writes every command of an advice like that, and nothing else of it', () => {
    const here = {
      homeFlag: '/h',
      program: `${process.cwd()}/bin/trackflow.js`,
      commands: ['config', 'config show', 'help', 'start'],
    };
    const written = (sentence: string) => pasteable(sentence, here).replaceAll('./bin/trackflow.js', 'T');
    expect(written('trackflow start')).toBe('T start --home /h');
    expect(written('trackflow config show prints every setting')).toBe('T config show --home /h prints every setting');
    expect(written('without Docker: trackflow start --engine embedded')).toBe(
      'without Docker: T start --home /h --engine embedded',
    );
    expect(written('trackflow start --home /other')).toBe('T start --home /other');
    expect(written('later: trackflow start --wait --home /h')).toBe('later: T start --wait --home /h');
    expect(written('trackflow help start')).toBe('T help start');
    expect(written('install trackflow again, see /opt/trackflow start.md')).toBe(
      'install trackflow again, see /opt/trackflow start.md',
    );
    expect(pasteable('trackflow start', { ...here, homeFlag: undefined })).toBe('./bin/trackflow.js start');
  });

  it('quotes only what the shell would change', () => {
    expect(shellWord('/a/b-c_1.2')).toBe('/a/b-c_1.2');
    expect(shellWord('$(rm -rf)')).toBe("'$(rm -rf)'");
    expect(shellWord('')).toBe("''");
  });
});
