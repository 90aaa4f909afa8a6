/** AdvSIMD integer instructions: what chance hardly meets in recorded vectors, and the idioms of string functions. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { createEngine, engineNames } from '../engines/all.ts';
import { type Program, vectorMachine, type Vectors } from './vectors.ts';

const QC = 1 << 27;
const all = (lane: number, bits: bigint): bigint => {
  let value = 0n;
  for (let at = 0; at < 128; at += lane) value |= bits << BigInt(at);
  return value;
};
/** The fields immh and immb of a shift to the left. */
const left = (lane: number, n: number): { immh: number; immb: number } => ({ immh: (lane + n) >> 3, immb: (lane + n) & 7 });
const right = (lane: number, n: number): { immh: number; immb: number } => left(lane, lane - n);

describe.each(engineNames)('%s', name => {
  const machine = vectorMachine(createEngine(name));
  const saturates = (program: Program, v: Vectors): boolean => {
    const { fpsr } = machine.outcome(program, v);
    expect(fpsr & ~QC).toBe(0);
    return fpsr !== 0;
  };

  test('only lanes that an instruction has set FPSR.QC', () => {
    const extremes = { 1: all(32, 0x7fff_ffffn) & ~0xffff_ffff_ffff_ffffn, 2: all(32, 1n) };
    expect(saturates([['SQADD (vector)', { Q: 0, size: 2, Rd: 0, Rn: 1, Rm: 2 }]], extremes)).toBe(false);
    expect(saturates([['SQADD (vector)', { Q: 1, size: 2, Rd: 0, Rn: 1, Rm: 2 }]], extremes)).toBe(true);
    expect(saturates([['UQSUB (scalar)', { size: 0, Rd: 0, Rn: 1, Rm: 2 }]], { 2: 0x100n })).toBe(false);
    expect(saturates([['UQSUB (scalar)', { size: 1, Rd: 0, Rn: 1, Rm: 2 }]], { 2: 0x100n })).toBe(true);
    expect(saturates([['SQXTN (scalar)', { size: 1, Rd: 0, Rn: 1 }]], { 1: 0x8000_0000_0000_7fffn })).toBe(false);
  });

  test('FPSR.QC stays set, and only a saturating instruction sets it', () => {
    const overflow = ['UQADD (vector)', { Q: 1, size: 3, Rd: 0, Rn: 1, Rm: 1 }] as const;
    const none = ['UQADD (vector)', { Q: 1, size: 3, Rd: 0, Rn: 2, Rm: 2 }] as const;
    expect(saturates([overflow, none], { 1: all(64, 1n << 63n) })).toBe(true);
    expect(saturates([none, ['ADD (vector)', { Q: 1, size: 3, Rd: 0, Rn: 1, Rm: 1 }]], { 1: all(64, 1n << 63n) })).toBe(false);
  });

  test('SQSHL sets FPSR.QC where bits are lost and the result is the limit all the same', () => {
    const x = { 1: 0x8000_0001n, 2: 31n };
    for (const shift of [
      ['SQSHL (scalar, immediate)', { ...left(32, 31), Rd: 0, Rn: 1 }], ['SQSHL (scalar)', { size: 2, Rd: 0, Rn: 1, Rm: 2 }],
    ] as const) {
      const { fpsr, v } = machine.outcome([shift], { ...x, 1: 0xffff_ffffn });
      expect([fpsr, v[0]]).toEqual([0, 0x8000_0000n]);
      const lost = machine.outcome([shift], { ...x, 1: 0x8000_0001n });
      expect([lost.fpsr, lost.v[0]]).toEqual([QC, 0x8000_0000n]);
    }
  });

  test('the one product that is too large for twice the width', () => {
    const minimum = { 1: all(16, 0x8000n) };
    const registers = { Q: 1, size: 1, Rd: 0, Rn: 1, Rm: 1 };
    const expectSaturated = (instruction: string, result: bigint): void => {
      const { fpsr, v } = machine.outcome([[instruction, registers]], minimum);
      expect([fpsr, v[0]]).toEqual([QC, result]);
    };
    expectSaturated('SQDMULL, SQDMULL2', all(32, 0x7fff_ffffn));
    expectSaturated('SQDMULH (vector)', all(16, 0x7fffn));
    expectSaturated('SQRDMULH (vector)', all(16, 0x7fffn));
    expect(saturates([['SQRDMULH (vector)', registers]], { 1: all(16, 0x7fffn) })).toBe(false);
  });

  test('shifts by register: every amount from -128 to 127', () => {
    for (let amount = -128; amount < 128; amount++) {
      const x = 0x9234_5678_9abc_def1n;
      const v = { 1: x, 2: BigInt.asUintN(8, BigInt(amount)) | 0x1234_5600n };
      const shifted = (value: bigint): bigint => BigInt.asUintN(64, amount < 0 ? value >> BigInt(-amount) : value << BigInt(amount));
      const rounded = (value: bigint): bigint => shifted(amount < 0 ? value + (1n << BigInt(-amount - 1)) : value);
      const signed = BigInt.asIntN(64, x);
      expect(machine.run([['USHL (scalar)', { size: 3, Rd: 0, Rn: 1, Rm: 2 }]], v)).toBe(shifted(x));
      expect(machine.run([['SSHL (scalar)', { size: 3, Rd: 0, Rn: 1, Rm: 2 }]], v)).toBe(shifted(signed));
      expect(machine.run([['URSHL (scalar)', { size: 3, Rd: 0, Rn: 1, Rm: 2 }]], v)).toBe(rounded(x));
      expect(machine.run([['SRSHL (scalar)', { size: 3, Rd: 0, Rn: 1, Rm: 2 }]], v)).toBe(rounded(signed));
    }
  });

  test('PMULL and PMUL multiply polynomials', () => {
    const product = (x: bigint, y: bigint): bigint => {
      let result = 0n;
      for (let i = 0n; y >> i !== 0n; i++) if ((y >> i) & 1n) result ^= x << i;
      return result;
    };
    const random = new Random(1);
    const values = [0n, 1n, 1n << 63n, (1n << 64n) - 1n, ...Array.from({ length: 20 }, () => random.u64())];
    for (const x of values) {
      for (const y of values) {
        expect(machine.run([['PMULL, PMULL2 (64-bit)', { Q: 0, Rd: 0, Rn: 1, Rm: 2 }]], { 1: x, 2: y })).toBe(product(x, y));
      }
    }
    const upper = { 1: 0x1234n << 64n, 2: 0xfedcn << 64n };
    expect(machine.run([['PMULL, PMULL2 (64-bit)', { Q: 1, Rd: 0, Rn: 1, Rm: 2 }]], upper)).toBe(product(0x1234n, 0xfedcn));
    const bytes = machine.run([['PMUL (vector)', { Q: 0, size: 0, Rd: 0, Rn: 1, Rm: 2 }]], { 1: 0xb7n, 2: 0xe5n });
    expect(bytes).toBe(product(0xb7n, 0xe5n) & 0xffn);
  });

  test('TBL and TBX go on after V31 with V0, and past the table give 0 or leave the destination', () => {
    const bytes = (from: number): bigint => Array.from({ length: 16 }, (_, i) => BigInt(from + i)).reduceRight((v, b) => (v << 8n) | b, 0n);
    const v = { 30: bytes(0x10), 31: bytes(0x20), 0: bytes(0x30), 1: bytes(0x40), 5: 0xff_40_3f_30_2f_20_0f_00n, 6: all(8, 0xeen) };
    const lookUp = (op: number): bigint => machine.outcome([['TBL, TBX', { Q: 0, len: 3, op, Rd: 6, Rn: 30, Rm: 5 }]], v).v[6] as bigint;
    expect(lookUp(0)).toBe(0x00_00_4f_40_3f_30_1f_10n);
    expect(lookUp(1)).toBe(0xee_ee_4f_40_3f_30_1f_10n);
  });

  test('the first byte that matches, as memchr finds it: CMEQ, SHRN', () => {
    for (let place = 0; place < 16; place++) {
      const found = machine.run([
        ['CMEQ (vector)', { Q: 1, size: 0, Rd: 3, Rn: 1, Rm: 2 }],
        ['SHRN, SHRN2', { Q: 0, ...right(8, 4), Rd: 0, Rn: 3 }],
      ], { 1: all(8, 0x41n) ^ (0x20n << BigInt(8 * place)), 2: all(8, 0x61n) });
      expect(found).toBe(0xfn << BigInt(4 * place));
    }
  });

  test('whether a block has a zero, as strlen asks: CMEQ (zero), UMAXP, and UMINV', () => {
    for (let place = 0; place < 16; place++) {
      const block = { 1: all(8, 0x80n) ^ (0x80n << BigInt(8 * place)) };
      expect(machine.run([
        ['CMEQ (zero) (vector)', { Q: 1, size: 0, Rd: 3, Rn: 1 }], ['UMAXP (vector)', { Q: 1, size: 0, Rd: 0, Rn: 3, Rm: 3 }],
      ], block)).toBe((0xffn << BigInt(8 * (place >> 1))) * ((1n << 64n) + 1n));
      expect(machine.run([['UMINV', { Q: 1, size: 0, Rd: 0, Rn: 1 }]], block)).toBe(0n);
    }
    expect(machine.run([['UMINV', { Q: 1, size: 0, Rd: 0, Rn: 1 }]], { 1: all(8, 0x80n) })).toBe(0x80n);
  });

  test('a product of the field of RAID-6, as its kernel code doubles: SSHR, SHL, AND, EOR', () => {
    const doubled = machine.run([
      ['SSHR (vector, immediate)', { Q: 1, ...right(8, 7), Rd: 3, Rn: 1 }],
      ['SHL (vector, immediate)', { Q: 1, ...left(8, 1), Rd: 4, Rn: 1 }],
      ['AND (vector)', { Q: 1, Rd: 3, Rn: 3, Rm: 2 }], ['EOR (vector)', { Q: 1, Rd: 0, Rn: 3, Rm: 4 }],
    ], { 1: 0x80_01_7f_ff_00_40n, 2: all(8, 0x1dn) });
    expect(doubled).toBe(0x1d_02_fe_e3_00_80n);
  });
});
