import { expect, it } from 'vitest';
import { urlCleaner } from '../../../src/tracker/page/url.ts';

it.each([
  ['https://shop.example/a?mail=ada@x.example&utm_source=news#token', 'https://shop.example/a?utm_source=news'],
  ['https://shop.example/a?utm_source=a&q=1&utm_source=b&q=2', 'https://shop.example/a?utm_source=a&utm_source=b'],
  ['https://shop.example/a?xutm_source=1&utm=2', 'https://shop.example/a'],
  ['https://shop.example/a', 'https://shop.example/a'],
  ['about:srcdoc', 'about:srcdoc'],
  ['', undefined],
  ['no url', undefined],
])('%s becomes %s', (text, cleaned) => {
  expect(urlCleaner(null, false)(text)).toBe(cleaned);
});

it('keeps the parameters that are allowed by name, and no others that contain such a name', () => {
  const clean = urlCleaner('q,page', false);
  expect(clean('https://a.example/?q=1&page=2&qq=3&pag=4&utm_term=5')).toBe('https://a.example/?q=1&page=2&utm_term=5');
});

it('keeps the fragment where it is a route', () => {
  expect(urlCleaner(null, true)('https://a.example/?q=1#/cart')).toBe('https://a.example/#/cart');
});

it('is never longer than the collector takes', () => {
  const cleaned = urlCleaner('q', false)(`https://a.example/?q=${'x'.repeat(10_000)}`);
  expect(cleaned).toHaveLength(4_096);
});
