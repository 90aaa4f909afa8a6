/** The cryptographic instructions put together to whole algorithms, against the host's own (FIPS 197, 180-4, 202). */
import { createCipheriv, createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { createEngine, engineNames } from '../engines/all.ts';
import { type Program, vectorMachine } from './vectors.ts';

const bytesOf = (value: bigint): Uint8Array => Uint8Array.from({ length: 16 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
const vectorOf = (bytes: Uint8Array): bigint => bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** Elements of `width` bits, the first one lowest. */
const pack = (elements: readonly bigint[], width: number): bigint => elements.reduceRight((value, e) => (value << BigInt(width)) | e, 0n);

/** The first bits of the fractions of roots of the primes: FIPS 180-4's constants. */
function fractionsOfRoots(count: number, bits: number, root: 2n | 3n): bigint[] {
  const primes: bigint[] = [];
  for (let n = 2n; primes.length < count; n++) if (primes.every(p => n % p !== 0n)) primes.push(n);
  return primes.map(p => BigInt.asUintN(bits, integerRoot(p << (BigInt(bits) * root), root)));
}
function integerRoot(n: bigint, root: bigint): bigint {
  let low = 0n;
  for (let high = n; low < high;) {
    const middle = (low + high + 1n) >> 1n;
    if (middle ** root <= n) low = middle; else high = middle - 1n;
  }
  return low;
}

/** One block: the message with FIPS 180-4's padding, as big-endian words. */
function paddedBlock(message: string, bytes: number, width: 32 | 64): bigint[] {
  const block = new Uint8Array(bytes);
  const text = new TextEncoder().encode(message);
  block.set(text);
  block[text.length] = 0x80;
  const view = new DataView(block.buffer);
  view.setUint32(bytes - 4, text.length * 8);
  return Array.from({ length: (bytes * 8) / width }, (_, i) => (width === 32 ? BigInt(view.getUint32(4 * i)) : view.getBigUint64(8 * i)));
}
const digest = (words: readonly bigint[], width: number): string => words.map(w => w.toString(16).padStart(width / 4, '0')).join('');
const elements = (value: bigint, width: number): bigint[] =>
  Array.from({ length: 128 / width }, (_, i) => BigInt.asUintN(width, value >> BigInt(i * width)));
const add = (x: bigint, y: bigint, width: 32 | 64): bigint =>
  pack(elements(x, width).map((e, i) => BigInt.asUintN(width, e + (elements(y, width)[i] as bigint))), width);

describe.each(engineNames)('%s', name => {
  const machine = vectorMachine(createEngine(name));

  test('AESE, AESMC, AESD, AESIMC are AES-128', () => {
    const random = new Random(1);
    const substitute = (word: bigint): bigint =>
      BigInt.asUintN(32, machine.run([['AESE', { Rd: 0, Rn: 1 }]], { 0: pack([word, word, word, word], 32) }));
    for (let n = 0; n < 8; n++) {
      const key = random.u64() | (random.u64() << 64n);
      const block = random.u64() | (random.u64() << 64n);
      const words = elements(key, 32);
      for (let i = 4, constant = 1n; i < 44; i++) {
        let last = words[i - 1] as bigint;
        if (i % 4 === 0) {
          last = substitute(((last >> 8n) | (last << 24n)) & 0xffff_ffffn) ^ constant;
          constant = constant === 0x80n ? 0x1bn : constant << 1n;
        }
        words.push((words[i - 4] as bigint) ^ last);
      }
      const keys = Array.from({ length: 11 }, (_, i) => pack(words.slice(4 * i, 4 * i + 4), 32));
      let state = block;
      for (const roundKey of keys.slice(0, 9)) {
        state = machine.run([['AESE', { Rd: 0, Rn: 1 }], ['AESMC', { Rd: 0, Rn: 0 }]], { 0: state, 1: roundKey });
      }
      state = machine.run([['AESE', { Rd: 0, Rn: 1 }]], { 0: state, 1: keys[9] as bigint }) ^ (keys[10] as bigint);
      const cipher = createCipheriv('aes-128-ecb', bytesOf(key), null).setAutoPadding(false);
      expect(state).toBe(vectorOf(cipher.update(bytesOf(block))));

      for (let i = 10; i > 1; i--) {
        const roundKey = i === 10 ? (keys[10] as bigint) : machine.run([['AESIMC', { Rd: 0, Rn: 0 }]], { 0: keys[i] as bigint });
        state = machine.run([['AESD', { Rd: 0, Rn: 1 }], ['AESIMC', { Rd: 0, Rn: 0 }]], { 0: state, 1: roundKey });
      }
      const first = machine.run([['AESIMC', { Rd: 0, Rn: 0 }]], { 0: keys[1] as bigint });
      expect(machine.run([['AESD', { Rd: 0, Rn: 1 }]], { 0: state, 1: first }) ^ (keys[0] as bigint)).toBe(block);
    }
  });

  test('SHA1C, SHA1P, SHA1M, SHA1H, SHA1SU0, SHA1SU1 are SHA-1', () => {
    const constants = [0x5a827999n, 0x6ed9eba1n, 0x8f1bbcdcn, 0xca62c1d6n];
    const initial = [0x67452301n, 0xefcdab89n, 0x98badcfen, 0x10325476n, 0xc3d2e1f0n];
    const block = paddedBlock('abc', 64, 32);
    const schedule = [0, 4, 8, 12].map(i => pack(block.slice(i, i + 4), 32));
    let abcd = pack(initial.slice(0, 4), 32);
    let e = initial[4] as bigint;
    for (let round = 0; round < 20; round++) {
      if (round >= 4) {
        const [w0, w1, w2, w3] = schedule.slice(-4) as [bigint, bigint, bigint, bigint];
        const next: Program = [['SHA1SU0', { Rd: 0, Rn: 1, Rm: 2 }], ['SHA1SU1', { Rd: 0, Rn: 3 }]];
        schedule.push(machine.run(next, { 0: w0, 1: w1, 2: w2, 3: w3 }));
      }
      const stage = Math.floor(round / 5);
      const constant = constants[stage] as bigint;
      const w = add(schedule[round] as bigint, pack([constant, constant, constant, constant], 32), 32);
      const hash = ['SHA1C', 'SHA1P', 'SHA1M', 'SHA1P'][stage] as string;
      const { v } = machine.outcome([['SHA1H', { Rd: 3, Rn: 0 }], [hash, { Rd: 0, Rn: 1, Rm: 2 }]], { 0: abcd, 1: e, 2: w });
      [abcd, e] = [v[0], v[3]] as [bigint, bigint];
    }
    const result = [...elements(abcd, 32), e].map((word, i) => BigInt.asUintN(32, word + (initial[i] as bigint)));
    expect(digest(result, 32)).toBe(createHash('sha1').update('abc').digest('hex'));
  });

  test('SHA256H, SHA256H2, SHA256SU0, SHA256SU1 are SHA-256', () => {
    const constants = fractionsOfRoots(64, 32, 3n);
    const initial = fractionsOfRoots(8, 32, 2n);
    const block = paddedBlock('abc', 64, 32);
    const schedule = [0, 4, 8, 12].map(i => pack(block.slice(i, i + 4), 32));
    let [abcd, efgh] = [pack(initial.slice(0, 4), 32), pack(initial.slice(4), 32)];
    for (let round = 0; round < 16; round++) {
      if (round >= 4) {
        const [w0, w1, w2, w3] = schedule.slice(-4) as [bigint, bigint, bigint, bigint];
        const next: Program = [['SHA256SU0', { Rd: 0, Rn: 1 }], ['SHA256SU1', { Rd: 0, Rn: 2, Rm: 3 }]];
        schedule.push(machine.run(next, { 0: w0, 1: w1, 2: w2, 3: w3 }));
      }
      const w = add(schedule[round] as bigint, pack(constants.slice(4 * round, 4 * round + 4), 32), 32);
      const rounds: Program = [['SHA256H', { Rd: 0, Rn: 1, Rm: 2 }], ['SHA256H2', { Rd: 1, Rn: 3, Rm: 2 }]];
      const { v } = machine.outcome(rounds, { 0: abcd, 1: efgh, 2: w, 3: abcd });
      [abcd, efgh] = [v[0], v[1]] as [bigint, bigint];
    }
    const result = [...elements(abcd, 32), ...elements(efgh, 32)].map((word, i) => BigInt.asUintN(32, word + (initial[i] as bigint)));
    expect(digest(result, 32)).toBe(createHash('sha256').update('abc').digest('hex'));
  });

  test('SHA512H, SHA512H2, SHA512SU0, SHA512SU1 are SHA-512', () => {
    const constants = fractionsOfRoots(80, 64, 3n);
    const initial = fractionsOfRoots(8, 64, 2n);
    const words = paddedBlock('abc', 128, 64);
    const pair = (i: number): bigint => pack(words.slice(i, i + 2), 64);
    let state = [0, 2, 4, 6].map(i => pack(initial.slice(i, i + 2), 64)) as [bigint, bigint, bigint, bigint];
    for (let i = 0; i < 80; i += 2) {
      if (i >= 16) {
        const next = machine.run([['SHA512SU0', { Rd: 0, Rn: 1 }], ['SHA512SU1', { Rd: 0, Rn: 2, Rm: 3 }]],
          { 0: pair(i - 16), 1: pair(i - 14), 2: pair(i - 2), 3: pair(i - 7) });
        words.push(...elements(next, 64));
      }
      const [ab, cd, ef, gh] = state;
      const inputs = elements(add(pack(constants.slice(i, i + 2), 64), pair(i), 64), 64);
      const swapped = pack(inputs.reverse(), 64);
      const joined = (low: bigint, high: bigint): bigint => BigInt.asUintN(128, (high << 64n) | (low >> 64n));
      // The sum of round constants, schedule and gh goes into SHA512H, whose result is what both new pairs need.
      const sums = machine.run([['SHA512H', { Rd: 0, Rn: 1, Rm: 2 }]], { 0: add(gh, swapped, 64), 1: joined(ef, gh), 2: joined(cd, ef) });
      const abNext = machine.run([['SHA512H2', { Rd: 0, Rn: 1, Rm: 2 }]], { 0: sums, 1: cd, 2: ab });
      state = [abNext, ab, add(cd, sums, 64), ef];
    }
    const result = state.flatMap(p => elements(p, 64)).map((word, i) => BigInt.asUintN(64, word + (initial[i] as bigint)));
    expect(digest(result, 64)).toBe(createHash('sha512').update('abc').digest('hex'));
  });
});
