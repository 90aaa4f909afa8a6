/** Golden vectors of A32 and T32 that were recorded from qemu-arm, on every engine: the engines must agree first. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type GoldenCase, read } from '../engines/golden.ts';
import { a32, t32 } from './engines/decoders.ts';
import { createEngine, engineNames } from './engines/all.ts';
import { changes, differences } from './engines/engine.ts';
import { stateOf } from './engines/inputs.ts';

const directory = new URL('../golden/aarch32/', import.meta.url);
const files = readdirSync(directory).filter(name => name.endsWith('.txt'));
const engines = engineNames.map(name => createEngine(name));
const casesIn = (file: string): GoldenCase[] => read(readFileSync(new URL(file, directory), 'utf8'));

/** What is wrong with the case, undefined where nothing is. */
function check({ insn, word, seed, expected }: GoldenCase): string | undefined {
  const title = `${insn} ${word.toString(16).padStart(8, '0')} seed ${seed.toString(16)}`;
  const state = stateOf(seed, insn.startsWith('T'));
  const outcomes = engines.map(engine => ({ engine, outcome: engine.run({ words: Uint32Array.of(word) }, state) }));
  const [first, ...others] = outcomes as [(typeof outcomes)[0], ...typeof outcomes];
  for (const { engine, outcome } of others) {
    const names = differences(first.outcome, outcome);
    if (names.length > 0) return `${title}: ${engine.name} and ${first.engine.name} disagree in ${names.join(', ')}`;
  }
  const found = changes(word, state, first.outcome);
  return found === expected ? undefined : `${title}: expected '${expected}', found '${found}'`;
}

/** What user mode can't be asked for, or what QEMU's hasn't. */
const notRecorded = /^(A32|T16|T32) (SVC|WFE|WFI|HLT|SETPAN|LDC\/STC|MRC DBGDSCRint)$/;

describe('golden vectors of qemu-arm', () => {
  for (const file of files) {
    test(file.replace('.txt', ''), () => {
      const cases = casesIn(file);
      expect(cases.length).toBeGreaterThan(0);
      expect(cases.map(check).filter(problem => problem !== undefined)).toEqual([]);
    });
  }

  test('every instruction has some', () => {
    const recorded = new Set(files.flatMap(file => casesIn(file).map(c => c.insn)));
    const without = [...a32.insns, ...t32.insns].map(i => i.name).filter(name => !recorded.has(name));
    expect(without.filter(name => !notRecorded.test(name))).toEqual([]);
  });
});
