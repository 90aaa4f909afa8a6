/** docs/coverage-isa.md is what `npm run coverage:isa` writes, as far as that needs no binutils, and nothing is missing without a reason. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { a32Index, t32Index } from '../../tools/oracle/coverage/aarch32-index.ts';
import { aarch64Index } from '../../tools/oracle/coverage/aarch64-index.ts';
import { descriptions, rowHead } from '../../tools/oracle/coverage/coverage.ts';
import { powerpcIndex } from '../../tools/oracle/coverage/powerpc-index.ts';
import { a32, t32 } from '../../tools/oracle/disasm/aarch32.ts';
import { aarch64 } from '../../tools/oracle/disasm/aarch64.ts';
import { powerpc } from '../../tools/oracle/disasm/powerpc.ts';

const written = readFileSync(new URL('../../docs/coverage-isa.md', import.meta.url), 'utf8').split('\n');

test('the page has every encoding group, with as many descriptions as we have', () => {
  const all = [...descriptions(aarch64, aarch64Index), ...descriptions(a32, a32Index), ...descriptions(t32, t32Index), ...descriptions(powerpc, powerpcIndex)];
  const heads = all.map(([group, count]) => rowHead(group, count));
  const rows = written.filter(line => line.startsWith('| ') && !line.startsWith('| group'));
  expect(rows.map((row, i) => row.slice(0, heads[i]?.length))).toEqual(heads);
});

test('no group lacks an instruction without a reason', () => {
  expect(written.filter(line => line.includes('| missing: '))).toEqual([]);
});
