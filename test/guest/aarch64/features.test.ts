/**
 * What each model has and lacks, over the whole table of features: each encoding that goes with one (instructions, system
 * registers, system instructions) is executed on every model, and is UNDEFINED exactly where the model lacks the feature.
 */
import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import { type CpuModelName, cpuModels } from '../../../src/guest/aarch64/index.ts';
import { insns } from '../../../src/guest/aarch64/insns.ts';
import { features } from '../../../src/guest/aarch64/model/features.ts';
import { systemOperations } from '../../../src/guest/aarch64/sysreg/operations.ts';
import { systemRegisters } from '../../../src/guest/aarch64/sysreg/table.ts';
import { decoder } from '../../../src/isa/decode.ts';
import { encode, type Insn } from '../../../src/isa/insn.ts';
import { Machine } from './machine.ts';

/** Features without an encoding of their own, and where they show. */
const elsewhere: Readonly<Record<string, string>> = {
  TGran4K: 'mmu.test.ts', TGran16K: 'mmu.test.ts', TGran64K: 'mmu.test.ts', LVA: 'mmu-features.test.ts', LPA2: 'mmu-features.test.ts', AA32EL0: 'thumb.test.ts of test/vcpu, and test/aarch32', AA32EL1: 'EL1 in AArch64 alone', TTST: 'mmu-features.test.ts',
  HAFDBS: 'mmu-features.test.ts', HPDS: 'mmu-features.test.ts', HPDS2: 'write masks', E0PD: 'mmu-features.test.ts', PAN3: 'mmu-features.test.ts',
  TTCNP: 'write masks', BBM: 'tables may change at once anyway', TTL: 'a hint in operands of TLBI', ETS: 'accesses are in order anyway',
  ASID16: 'maintenance.test.ts', MixedEnd: 'mmu.test.ts', SNSMem: 'there is one security state', LSE2: 'alignment.test.ts', IESB: 'write masks', IDST: 'sysreg.test.ts',
  CSV2: 'speculation, of which there is none', CSV3: 'speculation, of which there is none', SSBS: 'pstate.test.ts', DGH: 'a hint', RASv1p1: 'no error records',
  PMUv3p1: 'PMU events', PMUv3p5: 'PMU events', Debugv8p1: 'debug identification', Debugv8p2: 'debug identification', Debugv8p4: 'debug identification',
  PACQARMA5: 'pauth.test.ts', PACIMP: 'pauth.test.ts', EPAC: 'pauth.test.ts', PAuth2: 'pauth.test.ts', FPAC: 'pauth.test.ts', FPACCOMBINE: 'pauth.test.ts',
  BTI: 'pauth.test.ts', ExS: 'exceptions synchronize whatever SCTLR_EL1 says', VHE: 'EL2', VMID16: 'EL2', XNX: 'EL2', S2FWB: 'EL2', HCX: 'EL2',
};

interface Encoding {
  readonly name: string;
  readonly word: number;
  /** All of them are needed. */
  readonly needs: readonly string[];
}

const all = decoder(insns);
const listed = (feature: Insn['feature']): readonly string[] => (feature === undefined ? [] : typeof feature === 'string' ? [feature] : feature);

function wordOf(insn: Insn): number {
  const random = new Random(1);
  for (let tries = 0; tries < 10_000; tries++) {
    const fields = Object.fromEntries(insn.fields.map(f => [f.name, random.below(2 ** f.width)]));
    const word = encode(insn, fields);
    if (insn.valid(fields) && all.decode(word) === insn) return word;
  }
  throw new Error(`no word of ${insn.name}`);
}

const isHint = (word: number): boolean => (word & 0xffff_f01f) >>> 0 === 0xd503_201f;
const encodings: readonly Encoding[] = [
  // Without their feature, hints do nothing; and MSR of one field is UNDEFINED as the register is.
  ...insns.filter(i => i.feature !== undefined).map(i => ({ name: i.name, word: wordOf(i), needs: listed(i.feature) })).filter(e => !isHint(e.word)),
  ...systemRegisters.flatMap(r => (r.feature === undefined || !features.has(r.feature) ? [] : [
    { name: `${r.read ? 'MRS' : 'MSR'} ${r.name}`, word: (0xd500_0000 | (r.read ? 1 << 21 : 0) | (r.key << 5)) >>> 0, needs: [r.feature] },
  ])),
  ...systemOperations.flatMap(o => (o.feature === undefined ? [] : [{ name: o.name.replace('\t', ' '), word: (0xd500_0000 | (o.key << 5)) >>> 0, needs: [o.feature] }])),
];
const hints = insns.filter(i => i.feature !== undefined).map(i => ({ name: i.name, word: wordOf(i) })).filter(e => isHint(e.word));

const PC = 0x4000_0000n;
const EL1h = 5;

/** Whether the word is UNDEFINED at EL1, with SIMD&FP and SVE on. Registers hold an address in RAM. */
function isUndefined(m: Machine, word: number): boolean {
  const { state } = m;
  state.x.fill(PC + 0x8000n);
  state.CPACR_EL1 = (3n << 20n) | (3n << 16n);
  state.VBAR_EL1 = PC + 0x1_0000n;
  state.ESR_EL1 = 0xffff_ffffn;
  state.ELR_EL1 = PC + 0x8000n;
  state.SPSR_EL1 = BigInt(EL1h);
  m.cpu.pstate = EL1h;
  m.run(word);
  return state.ESR_EL1 === 1n << 25n;
}

test('every feature has an encoding here, or shows elsewhere', () => {
  const here = new Set(encodings.flatMap(e => e.needs));
  expect([...features.keys()].filter(f => here.has(f) === f in elsewhere)).toEqual([]);
  expect(Object.keys(elsewhere).filter(f => !features.has(f))).toEqual([]);
});

test('max has all of Armv8.0 to Armv8.5 that is for EL0 and EL1, and SVE, I8MM, BF16, PAN3 and the later forms of pointer authentication', () => {
  const named = [
    'FP', 'FP16', 'CRC32', 'AES', 'PMULL', 'SHA1', 'SHA256', 'SHA512', 'SHA3', 'SM3', 'SM4', 'LSE', 'LSE2', 'RDM', 'DotProd', 'I8MM', 'BF16', 'SVE', 'FHM', 'FCMA', 'JSCVT',
    'FRINTTS', 'FlagM', 'FlagM2', 'LRCPC', 'LRCPC2', 'DPB', 'DPB2', 'PAuth', 'PACQARMA5', 'EPAC', 'PAuth2', 'FPAC', 'FPACCOMBINE', 'BTI', 'SSBS', 'SSBS2', 'SB', 'DIT',
    'PAN', 'PAN2', 'PAN3', 'UAO', 'RNG', 'CSV2', 'CSV2_2', 'CSV3', 'SPECRES', 'RAS', 'LOR', 'IDST', 'CCIDX', 'TLBIOS', 'TLBIRANGE', 'HAFDBS', 'LVA', 'E0PD',
  ];
  expect(named.filter(f => !cpuModels.max.features.has(f))).toEqual([]);
});

describe.each(Object.keys(cpuModels) as CpuModelName[])('%s', name => {
  const model = cpuModels[name];
  const m = new Machine(name);

  test.each([...features.keys()].filter(f => encodings.some(e => e.needs.includes(f))))('FEAT_%s', feature => {
    for (const { name: what, word, needs } of encodings.filter(e => e.needs.includes(feature))) {
      expect([what, isUndefined(m, word)]).toEqual([what, !needs.every(f => model.features.has(f))]);
    }
  });

  test('hints of features run everywhere', () => {
    for (const { name: what, word } of hints) expect([what, isUndefined(m, word)]).toEqual([what, false]);
  });
});
