import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { idsIn, parseItems, testTitles } from '../../tools/repo/coverage-reference.ts';

test('ids are whole words', () => {
  expect(idsIn('A4.1 A4.13, B1.ONE_REG: what D14.a is')).toEqual(['A4.1', 'A4.13', 'B1.ONE_REG', 'D14.a']);
  expect(idsIn('B7.save-restore. XA4.1')).toEqual(['B7.save-restore']);
});

test('titles of tests, and no other strings', () => {
  const source = `
    test('A4.1 it\\'s', () => {});
    it.each([[1, 2], f(3)])("A4.2 $0", () => {});
    test.each(['a', (b as (c)).d] as const)('A4.6 %s', () => f('A4.7'));
    describe.concurrent(\`A4.3\`, () => { expect('A4.4'); });
    const split = submit('A4.5');
  `;
  expect(testTitles(source)).toEqual(['A4.1 it\\\'s', 'A4.2 $0', 'A4.6 %s', 'A4.3']);
});

test('the list names each item once', () => {
  const items = parseItems(readFileSync(new URL('../../tools/repo/reference-items.txt', import.meta.url), 'utf8'));
  const ids = items.map(item => item.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter(id => id.startsWith('A4.'))).toEqual(Array.from({ length: 35 }, (_, i) => `A4.${i + 1}`));
  expect(items.every(({ id }) => idsIn(id)[0] === id)).toBe(true);
});
