/** The record of a block that one of our engines has run. */
import { dataArea } from './data.ts';
import { DATA_BYTES, MAX_CHANGES, RECORD, recordWords, type Target } from './target.ts';

const before = new BigUint64Array(dataArea.buffer);

export class Recorder {
  private readonly target: Target;
  private readonly changesAt: number;

  constructor(target: Target) {
    this.target = target;
    this.changesAt = RECORD.slots + target.slots.length;
  }

  /** `data` is the data area afterwards, which is as before at the end. */
  write(pc: bigint, memory: bigint, other: bigint, get: (to: BigUint64Array) => void, data: BigUint64Array): BigUint64Array {
    const record = new BigUint64Array(recordWords(this.target));
    record[RECORD.pc] = BigInt.asUintN(this.target.addressBits, pc);
    record[RECORD.memory] = memory;
    record[RECORD.other] = other;
    get(record.subarray(RECORD.slots, this.changesAt));
    if (Buffer.compare(new Uint8Array(data.buffer, data.byteOffset, DATA_BYTES), dataArea) !== 0) this.changes(record, data);
    return record;
  }

  private changes(record: BigUint64Array, data: BigUint64Array): void {
    let count = 0;
    const order = this.target.bigEndian ? swapped : (value: bigint): bigint => value;
    for (let i = 0; i < data.length; i += 2) {
      if (data[i] === before[i] && data[i + 1] === before[i + 1]) continue;
      if (count < MAX_CHANGES) {
        const at = this.changesAt + 1 + 3 * count++;
        record[at] = BigInt(i * 8);
        record[at + 1] = order(data[i]!);
        record[at + 2] = order(data[i + 1]!);
      }
    }
    record[this.changesAt] = BigInt(count);
    data.set(before);
  }
}

/** Words as they lie in memory, read as little-endian ones. */
export function inMemory({ bigEndian }: { readonly bigEndian: boolean }, words: Uint32Array): Uint32Array {
  return bigEndian ? words.map(swapped32) : words;
}

const swapped32 = (word: number): number => (word >>> 24) | ((word >>> 8) & 0xff00) | ((word & 0xff00) << 8) | (word << 24);

export function swapped(value: bigint): bigint {
  scratch.setBigUint64(0, value);
  return scratch.getBigUint64(0, true);
}
const scratch = new DataView(new ArrayBuffer(8));

/** Names and values of a record, for people. */
export function* named(target: Target, record: BigUint64Array): Generator<[name: string, value: bigint]> {
  yield ['pc', record[RECORD.pc]!];
  yield ['faults', record[RECORD.memory]!];
  yield ['raised', record[RECORD.other]!];
  for (const [i, name] of target.slots.entries()) yield [name, record[RECORD.slots + i]!];
  const changes = RECORD.slots + target.slots.length;
  for (let n = 0; n < Number(record[changes]); n++) {
    const at = changes + 1 + 3 * n;
    const offset = Number(record[at]);
    yield [`data+${offset.toString(16)}`, record[at + 1]!];
    yield [`data+${(offset + 8).toString(16)}`, record[at + 2]!];
  }
}
