/** Runs pieces of code under QEMU's user mode and reads back their records. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gaveUp, ranOut, runLimited } from '../limited.ts';
import { dataArea } from './data.ts';
import { inMemory, swapped } from './record.ts';
import { BATCH, caseWords, CODE, type Piece, RECORD, recordWords, type Target } from './target.ts';

/** A record for each piece; undefined where one doesn't come to its end. Throws where QEMU is missing. */
export function runPieces(target: Target, code: Uint32Array, pieces: readonly Piece[]): (BigUint64Array | undefined)[] {
  try {
    return runBatch(target, code, pieces);
  } catch (e) {
    if (!ranOut(e) && !gaveUp(e)) throw e;
    if (pieces.length === 1) return [undefined];
    // The one that takes all the time, or ends the emulator, is found by halving.
    const half = pieces.length >>> 1;
    return [pieces.slice(0, half), pieces.slice(half)].flatMap(part => runPieces(target, code, part));
  }
}

function runBatch(target: Target, code: Uint32Array, pieces: readonly Piece[]): BigUint64Array[] {
  const cases = new BigUint64Array(pieces.length * caseWords(target));
  pieces.forEach(({ first, length, state }, n) => {
    cases.set([BigInt(CODE + 4 * first), BigInt(4 * length)], n * caseWords(target));
    cases.set(state, n * caseWords(target) + 2);
  });
  const directory = mkdtempSync(join(tmpdir(), 'oracle-'));
  try {
    const file = join(directory, 'blocks');
    writeFileSync(file, target.program(inMemory(target, code), target.bigEndian ? cases.map(swapped) : cases, dataArea), { mode: 0o755 });
    const [program, ...args] = target.command;
    const size = recordWords(target) * 8;
    const bytes = runLimited(5 + pieces.length / 200, program, [...args, file], size * BATCH + 1);
    if (bytes.length !== pieces.length * size) throw new Error(`${bytes.length} bytes came back for ${pieces.length} pieces`);
    const words = new BigUint64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const all = target.bigEndian ? words.map(swapped) : words;
    const records = pieces.map((_, n) => all.subarray(n * recordWords(target), (n + 1) * recordWords(target)));
    for (const record of records) record[RECORD.pc] = BigInt.asUintN(target.addressBits, record[RECORD.pc]!);
    return records;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
