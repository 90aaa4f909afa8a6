/**
 * What has to be aligned, by the manual (ARM DDI 0487, B2.5.2 and AArch64.CheckAlignment of J1.1), on the reference and every tier:
 * FEAT_LSE2, SCTLR_EL1.A and nAA, Device memory.
 */
import { describe, expect, test } from 'vitest';
import { cpuModel, cpuModels, type CpuModel } from '../../src/guest/aarch64/index.ts';
import { word } from './assembler.ts';
import { DATA, HOLE } from './rig.ts';
import { present, subjects, type Subject } from './subjects.ts';

const DATA_ABORT = (0x25 << 26) | (1 << 25);
const ALIGNMENT = DATA_ABORT | 0x21;
const WnR = 0x40;
const SCTLR_A = 1n << 1n;
const SCTLR_nAA = 1n << 6n;
const DEVICE_PAGE = (1n << 2n) | 3n | (1n << 10n);

const [NEW, STATUS, BASE] = [6, 8, 1];

interface Kind {
  readonly word: number;
  /** Of all that it accesses. */
  readonly bytes: number;
  readonly class: 'plain' | 'ordered' | 'atomic';
  readonly writes?: boolean;
  /** Elements; of the pairs and structures. */
  readonly unit?: number;
}

const kinds: Readonly<Record<string, Kind>> = {
  'LDR': { word: word('LDR/STR (unsigned offset)', { size: 3, opc: 1, imm12: 0, Rn: BASE, Rt: NEW }), bytes: 8, class: 'plain' },
  'STRH': { word: word('LDR/STR (unsigned offset)', { size: 1, opc: 0, imm12: 0, Rn: BASE, Rt: NEW }), bytes: 2, class: 'plain', writes: true },
  'LDP of words': { word: word('LDP/STP', { sf: 0, index: 2, L: 1, imm7: 0, Rt2: 7, Rn: BASE, Rt: NEW }), bytes: 8, class: 'plain', unit: 4 },
  'STP': { word: word('LDP/STP', { sf: 1, index: 2, L: 0, imm7: 0, Rt2: 7, Rn: BASE, Rt: NEW }), bytes: 16, class: 'plain', unit: 8, writes: true },
  'STR Q': { word: word('LDR/STR (unsigned offset, SIMD&FP)', { size: 0, opc: 2, imm12: 0, Rn: BASE, Rt: 0 }), bytes: 16, class: 'plain', writes: true },
  'LD1 of 16 bytes': { word: word('LD1-LD4/ST1-ST4 (multiple structures)', { Q: 1, L: 1, opcode: 7, size: 0, Rn: BASE, Rt: 0 }), bytes: 16, class: 'plain', unit: 1 },
  'ST2 of words': { word: word('LD1-LD4/ST1-ST4 (multiple structures)', { Q: 1, L: 0, opcode: 8, size: 2, Rn: BASE, Rt: 0 }), bytes: 32, class: 'plain', unit: 4, writes: true },
  'LDAR': { word: word('LDAR', { size: 3, Rs: 31, Rt2: 31, Rn: BASE, Rt: NEW }), bytes: 8, class: 'ordered' },
  'STLRH': { word: word('STLR', { size: 1, Rs: 31, Rt2: 31, Rn: BASE, Rt: NEW }), bytes: 2, class: 'ordered', writes: true },
  'LDLAR': { word: word('LDLAR', { size: 2, Rs: 31, Rt2: 31, Rn: BASE, Rt: NEW }), bytes: 4, class: 'ordered' },
  'LDAPR': { word: word('LDAPR', { size: 3, Rn: BASE, Rt: NEW }), bytes: 8, class: 'ordered' },
  'STLUR': { word: word('LDAPUR/STLUR', { size: 2, opc: 0, imm9: 0, Rn: BASE, Rt: NEW }), bytes: 4, class: 'ordered', writes: true },
  'LDAXR': { word: word('LDXR/LDAXR', { size: 3, Rs: 31, o0: 1, Rt2: 31, Rn: BASE, Rt: NEW }), bytes: 8, class: 'atomic' },
  'STXR of a word': { word: word('STXR/STLXR', { size: 2, Rs: STATUS, o0: 0, Rt2: 31, Rn: BASE, Rt: NEW }), bytes: 4, class: 'atomic', writes: true },
  'LDXP of words': { word: word('LDXP/LDAXP', { sz: 0, Rs: 31, o0: 0, Rt2: 7, Rn: BASE, Rt: NEW }), bytes: 8, class: 'atomic' },
  'STXP': { word: word('STXP/STLXP', { sz: 1, Rs: STATUS, o0: 0, Rt2: 7, Rn: BASE, Rt: NEW }), bytes: 16, class: 'atomic', writes: true },
  'LDADDAL': { word: word('LD<OP>/ST<OP>', { size: 3, A: 1, R: 1, Rs: NEW, opc: 0, Rn: BASE, Rt: 7 }), bytes: 8, class: 'atomic' },
  'LDSMAXH': { word: word('LD<OP>/ST<OP>', { size: 1, Rs: NEW, opc: 4, Rn: BASE, Rt: 7 }), bytes: 2, class: 'atomic' },
  'SWP of a word': { word: word('SWP', { size: 2, Rs: NEW, Rn: BASE, Rt: 7 }), bytes: 4, class: 'atomic' },
  'CAS': { word: word('CAS', { size: 3, Rs: NEW, Rn: BASE, Rt: 4 }), bytes: 8, class: 'atomic' },
  'CASP of words': { word: word('CASP', { sz: 0, Rs: NEW, Rn: BASE, Rt: 4 }), bytes: 8, class: 'atomic' },
  'CASP': { word: word('CASP', { sz: 1, Rs: NEW, Rn: BASE, Rt: 4 }), bytes: 16, class: 'atomic' },
};

interface Setting { readonly LSE2: boolean; readonly A?: boolean; readonly nAA?: boolean }

/** AArch64.CheckAlignment, as the manual has it; with the choice that memory of both kinds behaves alike within 16 bytes. */
function faults(k: Kind, at: number, { LSE2, A = false, nAA = false }: Setting): boolean {
  const aligned = at % (k.unit ?? k.bytes) === 0;
  if (A) return !aligned;
  if (k.class === 'plain' || aligned) return false;
  if (!LSE2) return true;
  return (at % 16) + k.bytes > 16 && (k.class === 'atomic' || !nAA);
}

const withoutLSE2: readonly CpuModel[] = [cpuModel('max', { lse2: false }), cpuModels['neoverse-n1']];

function set(s: Subject, { A = false, nAA = false }: Setting): void {
  const { state } = s.cpu;
  state.SCTLR_EL1 = (state.SCTLR_EL1 & ~(SCTLR_A | SCTLR_nAA)) | (A ? SCTLR_A : 0n) | (nAA ? SCTLR_nAA : 0n);
  s.cpu.stateChanged();
}

const seen = (s: Subject, k: Kind, address: number): string => {
  s.cpu.state.x[BASE] = BigInt(address);
  const found = s.run(k.word);
  return found === undefined ? 'done' : `0x${(found.esr >>> 0).toString(16)} at +${Number(found.far) - address}`;
};
const fault = (k: Kind): string => `0x${((k.writes ? ALIGNMENT | WnR : ALIGNMENT) >>> 0).toString(16)} at +0`;
const OFFSETS = Array.from({ length: 17 }, (_, n) => n);

describe.each(subjects)('%s', (_name, make) => {
  const settings: Setting[] = [{ LSE2: true }, { LSE2: true, nAA: true }, { LSE2: true, A: true }, { LSE2: true, A: true, nAA: true }, { LSE2: false }, { LSE2: false, A: true }];
  test.each(settings)('Normal memory: %o', setting => {
    const s = make(setting.LSE2 ? cpuModels.max : withoutLSE2[0]);
    set(s, setting);
    for (const [name, k] of Object.entries(kinds)) {
      const expected = OFFSETS.map(at => `${name} +${at}: ${faults(k, at, setting) ? fault(k) : 'done'}`);
      expect(OFFSETS.map(at => `${name} +${at}: ${seen(s, k, DATA + at)}`)).toEqual(expected);
    }
  });

  test('nAA is no bit of a CPU without FEAT_LSE2', () => {
    for (const model of withoutLSE2) {
      const s = make(model);
      s.cpu.state.x[0] = SCTLR_nAA | s.cpu.state.SCTLR_EL1;
      expect(s.run(word('MSR (register)', { o0: 1, op1: 0, CRn: 1, CRm: 0, op2: 0, Rt: 0 }))).toBeUndefined();
      expect(s.cpu.state.SCTLR_EL1 & SCTLR_nAA).toBe(0n);
      expect((s.cpu.model.ID.ID_AA64MMFR2_EL1! >> 32n) & 15n).toBe(0n);
    }
    expect((cpuModels.max.ID.ID_AA64MMFR2_EL1! >> 32n) & 15n).toBe(1n);
  });

  test('Device memory: elements that are not aligned fault, whatever SCTLR_EL1 says; aligned ones go through, exclusives and atomics too', () => {
    const s = make();
    s.map(HOLE, present(HOLE, DEVICE_PAGE));
    for (const setting of [{ LSE2: true }, { LSE2: true, nAA: true }]) {
      set(s, setting);
      for (const [name, k] of Object.entries(kinds)) {
        const expected = OFFSETS.map(at => `${name} +${at}: ${at % (k.unit ?? k.bytes) === 0 ? 'done' : fault(k)}`);
        expect(OFFSETS.map(at => `${name} +${at}: ${seen(s, k, HOLE + at)}`)).toEqual(expected);
      }
    }
  });

  test('with translation off data is a device\'s', () => {
    const s = make();
    s.cpu.state.SCTLR_EL1 &= ~1n;
    s.cpu.stateChanged();
    expect([0, 1].map(at => seen(s, kinds.LDR!, DATA + at))).toEqual(['done', fault(kinds.LDR!)]);
  });

  test('DC ZVA to a device faults at the address that it was given and writes nothing; to Normal memory it zeroes the block', () => {
    const s = make();
    s.map(HOLE, present(HOLE, DEVICE_PAGE));
    const zva: Kind = { word: word('DC ZVA', { Rt: BASE }), bytes: 1, class: 'plain', writes: true };
    for (const page of [HOLE, DATA]) for (let at = page; at < page + 192; at += 8) s.poke64(at, 0x55n);
    for (const at of [64, 77, 127]) expect(seen(s, zva, HOLE + at)).toBe(fault(zva));
    expect(seen(s, zva, DATA + 77)).toBe('done');
    expect([0, 56, 64, 120, 128].map(at => [s.peek64(HOLE + at), s.peek64(DATA + at)])).toEqual([[0x55n, 0x55n], [0x55n, 0x55n], [0x55n, 0n], [0x55n, 0n], [0x55n, 0x55n]]);
  });

  test('an access within 16 bytes does what one that is aligned does', () => {
    const s = make();
    const { x } = s.cpu.state;
    const before = 0x99aa_bbcc_ddee_ff00_1122_3344_5566_7788n;
    const memory = (): bigint => (s.peek64(DATA + 8) << 64n) | s.peek64(DATA);
    const with8 = (at: number, value: bigint): bigint => (before & ~(0xffff_ffff_ffff_ffffn << BigInt(8 * at))) | (value << BigInt(8 * at));
    const reset = (): void => [before, before >> 64n].forEach((half, n) => s.poke64(DATA + 8 * n, half));
    const at = (offset: number): bigint => BigInt.asUintN(64, before >> BigInt(8 * offset));
    reset();
    x[NEW] = 1n;
    expect(seen(s, kinds.LDADDAL!, DATA + 3)).toBe('done');
    expect([x[7], memory()]).toEqual([at(3), with8(3, at(3) + 1n)]);
    reset();
    expect(seen(s, kinds.LDAXR!, DATA + 5)).toBe('done');
    expect(x[NEW]).toBe(at(5));
    x[NEW] = 0xabcdn;
    const store = { ...kinds.LDAXR!, word: word('STXR/STLXR', { size: 3, Rs: STATUS, o0: 1, Rt2: 31, Rn: BASE, Rt: NEW }) };
    expect(seen(s, store, DATA + 5)).toBe('done');
    expect([x[STATUS], memory()]).toEqual([0n, with8(5, 0xabcdn)]);
    reset();
    [x[NEW], x[4]] = [at(7), 42n];
    expect(seen(s, kinds.CAS!, DATA + 7)).toBe('done');
    expect(memory()).toBe(with8(7, 42n));
  });
});
