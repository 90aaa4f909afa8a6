/** CPU models: their identification registers, features on and off, and instructions that go with features. */
import { describe, expect, test } from 'vitest';
import { cpuModel, type CpuModelName, cpuModels, cpuProperties } from '../../../src/guest/aarch64/index.ts';
import { insns } from '../../../src/guest/aarch64/insns.ts';
import { features, identify } from '../../../src/guest/aarch64/model/features.ts';
import { identification } from '../../../src/guest/aarch64/model/model.ts';
import { parts } from '../../../src/guest/aarch64/models.ts';
import { Random } from '../../../src/base/random.ts';
import { decoder } from '../../../src/isa/decode.ts';
import { encode, type Insn } from '../../../src/isa/insn.ts';
import { guest, Machine } from './machine.ts';

const names = Object.keys(parts) as CpuModelName[];
const cores = names.filter(name => name !== 'max');

/** What a part has and no model does: register, lowest bit, and why. */
const leftOut: readonly (readonly [register: string, lo: number, why: string])[] = [
  ['ID_AA64PFR0_EL1', 8, 'EL2'],
  ['ID_AA64PFR0_EL1', 12, 'EL3'],
  ['ID_AA64DFR0_EL1', 32, 'statistical profiling'],
];
const without = (register: string, value: bigint): bigint =>
  leftOut.reduce((rest, [r, lo]) => (r === register ? rest & ~(15n << BigInt(lo)) : rest), value);
const hex = (registers: Readonly<Record<string, bigint>>): Record<string, string> =>
  Object.fromEntries(Object.entries(registers).map(([name, value]) => [name, without(name, value).toString(16)]));

describe.each(cores)('%s', name => {
  const part = parts[name];

  test('its features give the identification registers of its manual, but for the fields that are left out by name', () => {
    expect(hex(identification(part, new Set(part.features)))).toMatchObject(hex(part.documented));
  });

  test('the model has every feature of the part', () => {
    expect(part.features.filter(f => !cpuModels[name].features.has(f))).toEqual([]);
  });
});

test('every feature of an instruction is in the table', () => {
  expect([...new Set(insns.flatMap(i => i.feature ?? []))].filter(f => !features.has(f))).toEqual([]);
});

test('what a feature needs is in the table, and nothing is needed by what it needs alone', () => {
  for (const { needs } of features.values()) expect(needs.filter(n => !features.has(n))).toEqual([]);
});

const all = decoder(insns);
/** A word of an instruction that decodes to it. */
function wordOf(insn: Insn): number | undefined {
  const random = new Random(1);
  for (let tries = 0; tries < 1000; tries++) {
    const fields = Object.fromEntries(insn.fields.map(f => [f.name, random.below(2 ** f.width)]));
    if (!insn.valid(fields)) continue;
    const word = encode(insn, fields);
    if (all.decode(word) === insn) return word;
  }
  return undefined;
}

describe.each([...cpuProperties])('%s=off', (property, feature) => {
  const on = cpuModel('max', { [property]: true });
  const off = cpuModel('max', { [property]: false });

  test('the feature is gone, with all that needs it', () => {
    expect(off.features.has(feature)).toBe(false);
    for (const name of off.features) expect((features.get(name)?.needs ?? []).filter(n => !off.features.has(n))).toEqual([]);
  });

  test('its instructions are UNDEFINED, or hints and system registers that go without it', () => {
    const { decode } = guest(off).decoder;
    for (const insn of insns.filter(i => i.feature === feature)) {
      const word = wordOf(insn);
      expect(word, insn.name).toBeDefined();
      const found = decode(word as number);
      if (found) expect(insn.overrides).toContain(found.name);
    }
  });

  test('its identification says so', () => {
    for (const [register, lo, value, along] of features.get(feature)?.id ?? []) {
      if (along !== undefined && !on.features.has(along)) continue;
      const field = (ID: Readonly<Record<string, bigint>>): number => Number(((ID[register] ?? 0n) >> BigInt(lo)) & 15n);
      expect(field(on.ID)).toBeGreaterThanOrEqual(value);
      expect(field(off.ID)).toBe(field(identify(off.features)));
      const saidByAnother = [...off.features].some(f => features.get(f)?.id.some(([r, l, v, besides = f]) => r === register && l === lo && v >= value && off.features.has(besides)));
      expect(field(off.ID) === 15 || field(off.ID) < value).toBe(!saidByAnother);
    }
  });
});

describe('features on and off', () => {
  test('without fp, its instructions and registers are UNDEFINED whatever CPACR_EL1 says', () => {
    const m = new Machine(cpuModel('max', { fp: false }));
    m.state.VBAR_EL1 = 0x4000_1000n;
    for (const word of [0x1e604020 /* fmov d0, d1 */, 0x4ea18400 /* add v0.4s, v0.4s, v1.4s */, 0xd53b4400 /* mrs x0, fpcr */]) {
      m.state.ESR_EL1 = 0n;
      m.state.x[0] = 3n << 20n;
      m.run(0xd5181040); // msr cpacr_el1, x0
      m.run(word);
      expect(m.state.ESR_EL1).toBe(0x0200_0000n);
    }
  });

  test('off takes along what needs it', () => {
    const { features: present } = cpuModel('max', { aes: false, flagm: false });
    expect(['AES', 'PMULL', 'FlagM', 'FlagM2', 'CRC32'].map(f => present.has(f))).toEqual([false, false, false, false, true]);
  });

  test('on brings what it needs, on any model', () => {
    const { features: present, ID } = cpuModel('cortex-a57', { lse: true, lrcpc2: true });
    expect(['LSE', 'LRCPC', 'LRCPC2', 'RDM'].map(f => present.has(f))).toEqual([true, true, true, false]);
    expect(ID.ID_AA64ISAR0_EL1).toBe(0x211120n);
    expect(ID.ID_AA64ISAR1_EL1).toBe(0x200000n);
  });

  test('what is on but needs what is off, and what there is not, is one line of complaint', () => {
    expect(() => cpuModel('max', { pmull: true, aes: false })).toThrow('pmull=on needs aes, which is off');
    expect(() => cpuModel('max', { mte: true })).toThrow("a CPU has no property 'mte'");
  });
});
