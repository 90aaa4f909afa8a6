/** Runs a batch of blocks under QEMU's user mode and reads back their records. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ranOut, runLimited } from '../limited.ts';
import { dataArea } from './data.ts';
import { inMemory, swapped } from './record.ts';
import { BATCH, type Block, BLOCK_BYTES, caseWords, CODE_BYTES, RECORD, recordWords, type Target } from './target.ts';

/** The words of blocks in their places. */
export function codeOf({ trap }: Pick<Target, 'trap'>, blocks: readonly Block[]): Uint32Array {
  if (blocks.length > BATCH) throw new RangeError(`at most ${BATCH} blocks`);
  const code = new Uint32Array(CODE_BYTES / 4).fill(trap);
  blocks.forEach(({ words }, n) => code.set(words, (n * BLOCK_BYTES) / 4));
  return code;
}

/** A record for each block; undefined where a block doesn't come to its end. Throws where QEMU is missing. */
export function runBlocks(target: Target, blocks: readonly Block[]): (BigUint64Array | undefined)[] {
  return split(target, blocks, 0, blocks.length);
}

/** Where time runs out, the block that takes it is found by halving. The others stay where they are, as their words may be seen. */
function split(target: Target, blocks: readonly Block[], from: number, to: number): (BigUint64Array | undefined)[] {
  try {
    return runBatch(target, blocks, from, to);
  } catch (e) {
    if (!ranOut(e)) throw e;
    if (to - from === 1) return [undefined];
    const half = (from + to) >>> 1;
    return [...split(target, blocks, from, half), ...split(target, blocks, half, to)];
  }
}

function runBatch(target: Target, blocks: readonly Block[], from: number, to: number): BigUint64Array[] {
  const cases = new BigUint64Array(blocks.length * caseWords(target));
  blocks.forEach(({ words, state }, n) => {
    // A block that isn't asked for ends before its first word.
    cases[n * caseWords(target)] = n >= from && n < to ? BigInt(words.length * 4) : 0n;
    cases.set(state, n * caseWords(target) + 1);
  });
  const code = codeOf(target, blocks);
  blocks.forEach((_, n) => { if (n < from || n >= to) code[(n * BLOCK_BYTES) / 4] = target.trap; });
  const directory = mkdtempSync(join(tmpdir(), 'oracle-'));
  try {
    const file = join(directory, 'blocks');
    writeFileSync(file, target.program(inMemory(target, code), target.bigEndian ? cases.map(swapped) : cases, dataArea), { mode: 0o755 });
    const [program, ...args] = target.command;
    const size = recordWords(target) * 8;
    const bytes = runLimited(5 + blocks.length / 200, program, [...args, file], size * BATCH + 1);
    if (bytes.length !== blocks.length * size) throw new Error(`${bytes.length} bytes came back for ${blocks.length} blocks`);
    const words = new BigUint64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const all = target.bigEndian ? words.map(swapped) : words;
    const records = blocks.map((_, n) => all.subarray(n * recordWords(target), (n + 1) * recordWords(target)));
    for (const record of records) record[RECORD.pc] = BigInt.asUintN(target.addressBits, record[RECORD.pc]!);
    return records.slice(from, to);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
