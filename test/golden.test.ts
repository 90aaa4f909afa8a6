/** Golden vectors recorded from QEMU user mode, on every engine: the engines must agree first. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { insns } from '../src/guest/aarch64/insns.ts';
import { createEngine, engineNames } from './engines/all.ts';
import { differences } from './engines/engine.ts';
import { changes, type GoldenCase, read } from './engines/golden.ts';
import { stateOf } from './engines/inputs.ts';

const directory = new URL('./golden/aarch64/', import.meta.url);
const files = readdirSync(directory).filter(name => name.endsWith('.txt'));
const engines = engineNames.map(name => createEngine(name));

/** What is wrong with the case, undefined where nothing is. */
function check({ insn, word, seed, expected }: GoldenCase): string | undefined {
  const title = `${insn} ${word.toString(16).padStart(8, '0')} seed ${seed.toString(16)}`;
  const state = stateOf(seed);
  const outcomes = engines.map(engine => ({ engine, outcome: engine.run(Uint32Array.of(word), state) }));
  const [first, ...others] = outcomes as [(typeof outcomes)[0], ...typeof outcomes];
  for (const { engine, outcome } of others) {
    const names = differences(first.outcome, outcome);
    if (names.length > 0) return `${title}: ${engine.name} and ${first.engine.name} disagree in ${names.join(', ')}`;
  }
  const found = changes(state, first.outcome);
  return found === expected ? undefined : `${title}: expected '${expected}', found '${found}'`;
}

/** What user mode can't be asked for. */
const notRecorded: readonly string[] = ['SVC', 'WFE', 'WFI'];

describe('golden vectors of QEMU user mode', () => {
  for (const file of files) {
    test(file.replace('.txt', ''), () => {
      const cases = read(readFileSync(new URL(file, directory), 'utf8'));
      expect(cases.length).toBeGreaterThan(0);
      expect(cases.map(check).filter(problem => problem !== undefined)).toEqual([]);
    });
  }

  test('every instruction has some', () => {
    const recorded = new Set(files.flatMap(file => read(readFileSync(new URL(file, directory), 'utf8')).map(c => c.insn)));
    const without = insns.map(i => i.name).filter(name => !recorded.has(name));
    expect(without.filter(name => !notRecorded.includes(name))).toEqual([]);
  });
});
