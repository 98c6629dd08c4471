import type { Key } from 'ink';
import { expect, it } from 'vitest';
import { keyNames } from '../../../../src/terminal/screen/keys.ts';

const NONE = {} as Key;

it('names keys as the tables of keys do', () => {
  expect(keyNames('a', NONE)).toEqual(['a']);
  expect(keyNames(' ', NONE)).toEqual(['space']);
  expect(keyNames('', { return: true } as Key)).toEqual(['enter']);
  expect(keyNames('c', { ctrl: true } as Key)).toEqual(['ctrl-c']);
  expect(keyNames('', { tab: true, shift: true } as Key)).toEqual(['shift-tab']);
});

it('takes what was typed at once as the keys it was', () => {
  expect(keyNames('/disk\rNN', NONE)).toEqual(['/', 'd', 'i', 's', 'k', 'enter', 'N', 'N']);
  expect(keyNames('a b\u007f\n', NONE)).toEqual(['a', 'space', 'b', 'backspace', 'enter']);
});
