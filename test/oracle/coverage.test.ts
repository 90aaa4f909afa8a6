/** docs/coverage-isa.md is what `npm run coverage:isa` writes, and nothing in it is missing without a reason. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { page } from '../../tools/oracle/coverage/page.ts';

const written = readFileSync(new URL('../../docs/coverage-isa.md', import.meta.url), 'utf8');

test('the page of encoding groups is current', () => {
  expect(page()).toBe(written);
});

test('no group of A64 lacks an instruction without a reason', () => {
  expect(written.split('\n').filter(line => line.includes('| missing: '))).toEqual([]);
});
