import { describe, expect, it } from 'vitest';
import { environmentName, settings } from '../../../src/config/settings.ts';

describe('settings', () => {
  it('lists every setting with a meaning, a default and a variable of its own', () => {
    const all = [...settings().values()];
    expect(all.length).toBeGreaterThan(30);
    for (const { key, meaning, fallback } of all) {
      expect(meaning, key).not.toBe('');
      expect(fallback, key).toBeDefined();
    }
    expect(new Set(all.map(({ env }) => env)).size).toBe(all.length);
  });

  it('knows the unit of a setting whose name ends in one', () => {
    for (const { key, kind } of settings().values()) {
      if (/Bytes(Max|Min)$|\.bytesMax$/.test(key)) expect(kind, key).toBe('bytes');
      if (/Ms(Max)?$/.test(key)) expect(kind, key).toBe('ms');
    }
  });

  it('derives the name of the variable from the key', () => {
    expect(environmentName('spool.bytesMax')).toBe('TRACKFLOW_SPOOL_BYTES_MAX');
    expect(environmentName('privacy.storeIp')).toBe('TRACKFLOW_PRIVACY_STORE_IP');
  });
});
