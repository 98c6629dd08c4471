import { expect, it } from 'vitest';
import { Links } from '../../../daemon/registry/links.ts';
import type { Link } from '../../../src/registry/link.ts';

const link = (host: string, path: string, target: string, disabled = false): Link => ({
  host,
  path,
  target,
  disabled,
  account: 'default',
  createdAt: 0,
  changedAt: 0,
});

it('finds what it was told last, and forgets what is disabled', () => {
  const links = new Links();
  links.learn([link('a.example', '/x', 'https://t/1'), link('a.example:8443', '/x', 'https://t/2')]);
  expect(links.find('A.example', '/x')?.target).toBe('https://t/1');
  expect(links.find('a.example:8443', '/x')?.target).toBe('https://t/2');
  expect(links.find('a.example:9000', '/x')?.target).toBe('https://t/1');
  links.learn([link('a.example', '/x', 'https://t/3')]);
  expect([links.find('a.example', '/x')?.target, links.leadsTo('https://t/1'), links.leadsTo('https://t/3')]).toEqual([
    'https://t/3',
    false,
    true,
  ]);
  links.learn([link('a.example', '/x', 'https://t/3', true)]);
  expect([links.find('a.example', '/x'), links.leadsTo('https://t/3')]).toEqual([undefined, false]);
});

it('counts the links to a target: one that goes leaves the others', () => {
  const links = new Links();
  links.learn([link('a.example', '/x', 'https://t/'), link('b.example', '/y', 'https://t/')]);
  links.learn([link('a.example', '/x', 'https://t/', true)]);
  expect(links.leadsTo('https://t/')).toBe(true);
});

it('on its own machine a path is found that only one host has', () => {
  const links = new Links();
  links.learn([link('a.example', '/x', 'https://t/1'), link('b.example', '/x', 'https://t/2')]);
  for (const host of ['localhost:8080', '127.0.0.1:8080', '[::1]:8080']) expect(links.find(host, '/x')).toBeUndefined();
  links.learn([link('b.example', '/x', 'https://t/2', true)]);
  for (const host of ['localhost:8080', '127.0.0.1', '[::1]:8080']) {
    expect([host, links.find(host, '/x')?.target]).toEqual([host, 'https://t/1']);
  }
  expect(links.find('127.evil.example', '/x')).toBeUndefined();
});
