/**
 * Issue 3, item 7: real static programs for PowerPC Linux, 64 and 32 bit, big and little endian, print what they print under
 * QEMU (recorded by tools/oracle/powerpc/programs.ts).
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { variantNames } from './engines/engine.ts';
import { runProgram } from './linux/run.ts';
import { ARGUMENT, compile, recorded, sources } from './programs/compile.ts';

const directory = mkdtempSync(join(tmpdir(), 'powerpc-'));
afterAll(() => { rmSync(directory, { recursive: true }); });

for (const variant of variantNames) {
  describe(`as under qemu-${variant}`, () => {
    for (const source of sources) {
      test(source, () => {
        const program = compile(directory, variant, source);
        const expected = readFileSync(recorded(variant, source), 'utf8');
        expect(expected.length).toBeGreaterThan(100);
        for (const threshold of [0, 20]) {
          const { output, status } = runProgram(readFileSync(program), { args: [program, ARGUMENT], threshold });
          expect(`${output}status ${status}\n`).toBe(expected);
        }
      });
    }
  });
}
