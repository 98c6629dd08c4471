import { describe, expect, it } from 'vitest';
import { openInstance, programName, shellWord } from '../../../src/cli/instance.ts';

describe('commandLine', () => {
  const open = (homeFlag: string | undefined, program: string) =>
    openInstance({ homeFlag, program, env: { HOME: '/u' }, signal: new AbortController().signal, say: () => {} });

  it('names the installed program by its name and one in a checkout by its path', () => {
    expect(programName('/usr/local/bin/trackflow')).toBe('trackflow');
    expect(programName(`${process.cwd()}/bin/trackflow.js`)).toBe('./bin/trackflow.js');
  });

  it('repeats --home where it was given, quoted for the shell', () => {
    expect(open(undefined, '/bin/trackflow').commandLine('status')).toBe('trackflow status');
    expect(open("/it's here", '/bin/trackflow').commandLine('stop')).toBe("trackflow stop --home '/it'\\''s here'");
  });

  it('quotes only what the shell would change', () => {
    expect(shellWord('/a/b-c_1.2')).toBe('/a/b-c_1.2');
    expect(shellWord('$(rm -rf)')).toBe("'$(rm -rf)'");
    expect(shellWord('')).toBe("''");
  });
});
