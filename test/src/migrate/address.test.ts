import { expect, it } from 'vitest';
import { parseAddress, redacted } from '../../../src/migrate/postgres/address.ts';

it.each([
  ['postgres://ada:p%40ss@db.example:6432/shop', 'postgres://ada@db.example:6432/shop', 'p@ss'],
  ['postgresql://ada@[::1]/shop?sslmode=require', 'postgres://ada@[::1]:5432/shop?sslmode=require', null],
  ['postgres://db.example', 'postgres://postgres@db.example:5432/postgres', null],
  ['postgres://a%2Fb@h/odd%20name', 'postgres://a%2Fb@h:5432/odd%20name', null],
])('%s is %s without its password', (text, url, password) => {
  expect(parseAddress(text)).toMatchObject({ address: { url }, password });
  // What is kept can be read again.
  expect(parseAddress(url).address.url).toBe(url);
});

it.each([
  'mysql://x:hush@h/y',
  'hush',
  'postgres://u:hush@h/db?options=x',
  'postgres://u:hush@h/db?sslmode=prefer',
  'postgres://u:%E0%A4%Ahush@h/db',
])('%s is refused without being repeated', (text) => {
  expect(() => parseAddress(text)).toThrow('--source is no address');
  expect(() => parseAddress(text)).not.toThrow('hush');
});

it('a password is nowhere in what was redacted', () => {
  expect(redacted('no way in for ada with hush, hush', 'hush')).toBe('no way in for ada with ****, ****');
  expect(redacted('nothing to hide', '')).toBe('nothing to hide');
});
