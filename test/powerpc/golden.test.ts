/** Golden vectors recorded from QEMU's PowerPC user mode, on every engine: the engines must agree first. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { insns } from '../../src/guest/powerpc/insns.ts';
import { type GoldenCase, read } from '../engines/golden.ts';
import { createEngine, engineNames } from './engines/all.ts';
import { changes, differences, type Engine, type VariantName, variantNames } from './engines/engine.ts';
import { stateOf } from './engines/inputs.ts';

const directory = (variant: VariantName): URL => new URL(`../golden/powerpc/${variant}/`, import.meta.url);
const filesOf = (variant: VariantName): string[] => readdirSync(directory(variant)).filter(name => name.endsWith('.txt'));
const casesOf = (variant: VariantName, file: string): GoldenCase[] => read(readFileSync(new URL(file, directory(variant)), 'utf8'));

/** What is wrong with the case, undefined where nothing is. */
function check(variant: VariantName, engines: readonly Engine[], { insn, word, seed, expected }: GoldenCase): string | undefined {
  const title = `${insn} ${word.toString(16).padStart(8, '0')} seed ${seed.toString(16)}`;
  const state = stateOf(variant, seed);
  const outcomes = engines.map(engine => ({ engine, outcome: engine.run(Uint32Array.of(word), state) }));
  const [first, ...others] = outcomes as [(typeof outcomes)[0], ...typeof outcomes];
  for (const { engine, outcome } of others) {
    const names = differences(first.outcome, outcome);
    if (names.length > 0) return `${title}: ${engine.name} and ${first.engine.name} disagree in ${names.join(', ')}`;
  }
  const found = changes(state, first.outcome);
  return found === expected ? undefined : `${title}: expected '${expected}', found '${found}'`;
}

/** What user mode can't be asked for: it calls the host, differs each time, or QEMU 7.2 lacks it (tools/oracle/powerpc/skips.ts). */
const notRecorded: readonly string[] = ['sc', 'scv', 'mfspr TB', 'mfspr TBU', 'mftb TB', 'mftb TBU', 'darn', 'icbt'];

for (const variant of variantNames) {
  describe(`golden vectors of qemu-${variant}`, () => {
    const engines = engineNames.map(name => createEngine(name, variant));
    for (const file of filesOf(variant)) {
      test(file.replace('.txt', ''), () => {
        const cases = casesOf(variant, file);
        expect(cases.length).toBeGreaterThan(0);
        expect(cases.map(one => check(variant, engines, one)).filter(problem => problem !== undefined)).toEqual([]);
      });
    }
  });
}

test('every instruction has golden vectors', () => {
  const recorded = new Set(variantNames.flatMap(variant => filesOf(variant).flatMap(file => casesOf(variant, file).map(c => c.insn))));
  const without = insns.map(i => i.name).filter(name => !recorded.has(name) && !notRecorded.includes(name));
  expect(without).toEqual([]);
});
