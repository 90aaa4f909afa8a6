/** Rules of A32's and T32's data processing that single golden vectors don't show as rules, on every engine (ARM DDI 0487, F1 to F5). */
import { describe, expect, test } from 'vitest';
import { createEngine, engineNames } from './engines/all.ts';
import { CODE, CPSR, DATA, type Outcome, type State, withITSTATE } from './engines/engine.ts';

const [N, Z, C, V] = [2 ** 31, 2 ** 30, 2 ** 29, 2 ** 28] as const;
const T = CPSR.T;
const code = Number(CODE);

const state = (registers: Readonly<Record<number, number>>, cpsr = 0): State => ({
  r: Array.from({ length: 15 }, (_, n) => registers[n] ?? 0),
  cpsr,
  fpscr: 0,
  q: Array.from({ length: 16 }, () => 0n),
});

/** Values that shifts and carries have their edges at. */
const edges = [0, 1, 0x8000_0000, 0xffff_ffff, 0x4000_0001, 0x1234_5678] as const;

/** The manual's Shift_C, bit by bit. */
function shiftBits(type: number, x: number, n: number, carry: number): [value: number, carry: number] {
  let value = x;
  let out = carry;
  for (let i = 0; i < n; i++) {
    out = type === 0 ? value >>> 31 : value & 1;
    const top = type === 2 ? value & 0x8000_0000 : type === 3 ? (value & 1) << 31 : 0;
    value = (type === 0 ? value << 1 : (value >>> 1) | top) >>> 0;
  }
  return [value, out];
}

const flagsOf = (value: number, carry: number): number => (value >>> 31 ? N : 0) + (value === 0 ? Z : 0) + (carry ? C : 0);

describe.each(engineNames)('%s', name => {
  const engine = createEngine(name);
  const run = (words: readonly number[], before: State): Outcome => engine.run({ words: Uint32Array.from(words) }, before);

  test('MOVS shifts by registers of any amount, with the carry-out', () => {
    for (let type = 0; type < 4; type++) {
      for (const amount of [0, 1, 31, 32, 33, 64, 255, 0x100, 0xffff_ff01]) {
        for (const x of edges) {
          for (const carry of [0, 1]) {
            const { r, cpsr } = run([0xe1b0_0211 | (type << 5)], state({ 1: x, 2: amount }, carry ? C + V : V));
            const [value, out] = shiftBits(type, x, amount & 0xff, carry);
            expect([r[0], cpsr], `type ${type} of ${x} by ${amount}`).toEqual([value, flagsOf(value, out) + V]);
          }
        }
      }
    }
  });

  test('MOVS shifts by immediates, of which 0 is 32 or RRX', () => {
    for (let type = 0; type < 4; type++) {
      for (const imm5 of [0, 1, 2, 16, 31]) {
        for (const x of edges) {
          const { r, cpsr } = run([0xe1b0_0001 | (imm5 << 7) | (type << 5)], state({ 1: x }, C));
          const [value, out] = imm5 === 0 && type === 3 ? [(x >>> 1) + N, x & 1] : shiftBits(type, x, imm5 === 0 && type > 0 ? 32 : imm5, 1);
          expect([r[0], cpsr], `type ${type} of ${x} by ${imm5}`).toEqual([value, flagsOf(value, out)]);
        }
      }
    }
  });

  test('all conditions hold as they should behind a shift that sets N, Z and C and keeps V', () => {
    // MOVS R0, R1, LSL #1, and for one condition of each pair ADD<cond> R2, R2, #1, rotated to bit `cond`
    const even = [0, 2, 4, 6, 8, 10, 12];
    const words = [0xe1b0_0081, ...even.map(cond => (cond * 2 ** 28 + 0x0282_2001 + (((32 - cond) / 2) % 16) * 2 ** 8) >>> 0)];
    for (const x of [0, 1, 0x4000_0000, 0x8000_0000, 0xc000_0000]) {
      for (const before of [0, V, C, C + V]) {
        const [value, out] = shiftBits(0, x, 1, 0);
        const [n, z, c, v] = [value >>> 31 === 1, value === 0, out === 1, (before & V) !== 0];
        const holds = [z, c, n, v, c && !z, n === v, !z && n === v];
        const { r } = run(words, state({ 1: x }, before));
        expect(r[2], `${x} with ${before}`).toBe(even.reduce((sum, cond, i) => (holds[i] ? sum + 2 ** cond : sum), 0));
      }
    }
  });

  test('A32: what writes the PC goes to T32 where bit 0 is set; it reads as the instruction\'s address and 8', () => {
    expect(run([0xe1a0_f000], state({ 0: code + 0x101 }))).toMatchObject({ pc: code + 0x100, cpsr: T });
    expect(run([0xe28f_f0f8], state({}))).toMatchObject({ pc: code + 0x100, cpsr: 0 });
    expect(run([0xe24f_0008, 0xe080_100f], state({})).r.slice(0, 2)).toEqual([code, 2 * code + 12]);
    expect(run([0x01a0_f000], state({ 0: code + 0x100 }))).toMatchObject({ pc: code + 4 });
  });

  test('T32: MOV and ADD to the PC stay in T32; ADR is from an aligned address', () => {
    expect(run([0x4687_0000], state({ 0: code + 0x100 }, T))).toMatchObject({ pc: code + 0x100, cpsr: T });
    expect(run([0x4487_0000], state({ 0: 0x100 }, T))).toMatchObject({ pc: code + 0x104, cpsr: T });
    expect(run([0x46c0_0000, 0xa001_0000, 0xf20f_0104, 0xf2af_0204], state({}, T)).r.slice(0, 3)).toEqual([code + 8, code + 12, code + 8]);
  });

  test('T32: instructions of one halfword set the flags outside of IT blocks only, comparisons everywhere', () => {
    const inBlock = withITSTATE(T, 0xe8);
    expect(run([0x2000_0000], state({ 0: 1 }, T)).cpsr).toBe(T + Z);
    expect(run([0x2000_0000], state({ 0: 1 }, inBlock))).toMatchObject({ cpsr: T, pc: code + 2 });
    expect(run([0x2800_0000], state({}, inBlock)).cpsr).toBe(T + Z + C);
    // ITE EQ; MOVEQ R0, #1; MOVNE R0, #2
    expect(run([0xbf0c_0000, 0x2001_0000, 0x2002_0000], state({}, T)).r[0]).toBe(2);
    expect(run([0xbf0c_0000, 0x2001_0000, 0x2002_0000], state({}, T + Z)).r[0]).toBe(1);
  });

  test('MSR writes N Z C V Q, GE and E; MRS reads them and User mode', () => {
    const words = [0xe12e_f000, 0xe10f_1000, 0xe582_1000];
    const outcome = run(words, state({ 0: 0xf80f_03df, 2: Number(DATA) }));
    expect(outcome.cpsr >>> 0).toBe(0xf80f_0200);
    expect(outcome.r[1]).toBe(0xf80f_0210);
    // Stored by big-endian data's rules.
    expect(outcome.memory.get(0)! & 0xffff_ffffn).toBe(0x1002_0ff8n);
  });

  test('what an exception return, SPSRs, banked registers and register 15 would need is UNDEFINED', () => {
    const A32 = {
      'movs pc, lr': 0xe1b0_f00e, 'subs pc, lr, #4': 0xe25e_f004, 'adds pc, r1, r2': 0xe091_f002, 'mrs r0, SPSR': 0xe14f_0000,
      'msr SPSR_f, r0': 0xe168_f000, 'mrs r0, R8_usr': 0xe100_0200, 'msr CPSR_, r0': 0xe120_f000, 'mul pc, r1, r2': 0xe00f_0291,
      'umull r0, r0, r1, r2': 0xe080_0291, 'add r0, r1, r2, lsl pc': 0xe081_0f12, 'bfi with msb < lsb': 0xe7c0_0211,
      'ubfx beyond bit 31': 0xe7ff_0fd1, 'crc32 of 64 bits': 0xe161_0042, 'crc32 under a condition': 0x0101_0042, 'movw pc, #0': 0xe300_f000,
    };
    const T32 = {
      'subs pc, lr, #4': 0xf3de_8f04, 'and pc, r1, #1': 0xf001_0f01, 'add.w r0, pc, r1': 0xeb0f_0001, 'mov.w r0, pc': 0xea4f_000f,
      'sdiv pc, r0, r1': 0xfb90_fff1, 'rev with two sources': 0xfa91_f082, 'mrs r0, SPSR': 0xf3ff_8000, 'add pc, pc': 0x44ff_0000,
    };
    for (const [text, word] of Object.entries(A32)) expect(run([word], state({})), text).toMatchObject({ stop: 'undefined', pc: code });
    for (const [text, word] of Object.entries(T32)) expect(run([word], state({}, T)), text).toMatchObject({ stop: 'undefined', pc: code });
  });
});
