/** Files of a chosen folder for semihosting: what can be done with them, and that nothing else can be reached. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { semihostingFolder } from '../../src/host/node/semihosting-files.ts';
import { SemihostingError, type OpenMode } from '../../src/machine/index.ts';
import { temporaryFolder } from '../temporary.ts';

const outside = temporaryFolder('semihosting-outside');
const root = temporaryFolder('semihosting');
writeFileSync(join(outside, 'secret'), 'secret');
mkdirSync(join(root, 'folder'));
symlinkSync(outside, join(root, 'link'));
symlinkSync(join(outside, 'secret'), join(root, 'file-link'));
const files = semihostingFolder('root', root);

/** What it gives, or the errno that it throws. */
function outcome<T>(act: () => T): T | number {
  try {
    return act();
  } catch (error) {
    if (error instanceof SemihostingError) return error.errno;
    throw error;
  }
}
const text = (words: string): Uint8Array => new TextEncoder().encode(words);
function contents(name: string, mode: OpenMode = 'r'): string {
  const file = files.open(name, mode);
  const into = new Uint8Array(100);
  const count = file.read(into);
  file.close();
  return new TextDecoder().decode(into.subarray(0, count));
}

test('written, read, sought, appended to, cut, renamed, removed', () => {
  const file = files.open('folder/a', 'w+');
  expect(file.write(text('hello world'))).toBe(11);
  file.seek(6);
  expect(file.write(text('there'))).toBe(5);
  file.seek(1);
  const into = new Uint8Array(4);
  expect(file.read(into)).toBe(4);
  expect(new TextDecoder().decode(into)).toBe('ello');
  expect(file.length()).toBe(11);
  file.close();
  const more = files.open('/folder//./a', 'a');
  more.write(text('!'));
  more.close();
  expect(contents('folder/a')).toBe('hello there!');
  files.rename('folder/a', 'b');
  expect(contents('b', 'r+')).toBe('hello there!');
  files.open('b', 'w').close();
  expect(contents('b')).toBe('');
  files.remove('b');
  expect(outcome(() => files.open('b', 'r'))).toBe(2);
});

test('nothing outside of the folder is reached, by dots, links or roots', () => {
  const names = ['../x', 'folder/../../x', '..', 'link/secret', 'file-link', 'folder/..\\..\\x', 'link', '/../x'];
  for (const name of names) {
    for (const mode of ['r', 'r+', 'w', 'a'] as const) expect(outcome(() => files.open(name, mode)), `${name} ${mode}`).toBe(13);
    expect(outcome(() => files.remove(name)), name).toBe(13);
    expect(outcome(() => files.rename(name, 'mine')), name).toBe(13);
  }
  writeFileSync(join(root, 'own'), 'own');
  expect(outcome(() => files.rename('own', '../own'))).toBe(13);
  expect(outcome(() => files.rename('own', 'link/own'))).toBe(13);
  expect(readFileSync(join(outside, 'secret'), 'latin1')).toBe('secret');
  expect(existsSync(join(outside, 'own'))).toBe(false);
});

test('names that can\'t be, folders, and a file that would be too large', () => {
  for (const name of ['', '.', '/', 'a\0b', 'c:x', 'absent', 'absent/x', 'x'.repeat(300)]) expect(outcome(() => files.open(name, 'r')), name).toBe(2);
  expect(outcome(() => files.open('folder', 'r'))).toBe(21);
  expect(outcome(() => files.remove('folder'))).toBe(13);
  const file = files.open('large', 'w');
  file.seek(2 ** 40);
  expect(outcome(() => file.write(text('x')))).toBe(27);
  file.close();
  expect(() => semihostingFolder('-semihosting-config root', join(root, 'own', 'x'))).toThrow(/there is no such folder/);
});
