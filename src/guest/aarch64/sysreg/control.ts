/** System control, translation, exception and thread registers of EL1 and EL0: ARM DDI 0487, D17.2. */
import type { Arm64Cpu } from '../cpu.ts';
import { PSTATE_A, PSTATE_F, PSTATE_I } from '../pstate.ts';
import { constant, RAZ_WI, register, stored, type SystemRegister } from './register.ts';

const CPACR_FPEN = 3n << 20n;
const CPACR_ZEN = 3n << 16n;
const SCTLR_TSCXT = 1n << 20n;

/** The bits that can be written: those of Armv8.0, and those of features. */
const withFeatures =
  (base: bigint, bitsOf: Readonly<Record<string, bigint>>) =>
  (cpu: Arm64Cpu): bigint =>
    Object.entries(bitsOf).reduce((mask, [feature, bits]) => (cpu.model.features.has(feature) ? mask | bits : mask), base);

const bit = (...numbers: readonly number[]): bigint => numbers.reduce((bits, n) => bits | (1n << BigInt(n)), 0n);

/** RES1 bits keep what is written, without effect; RES0 bits don't. */
const SCTLR_mask = withFeatures(0x37dd_dbbfn, {
  LSE2: bit(6),
  SPECRES: bit(10),
  PAuth: bit(13, 27, 30, 31),
  IESB: bit(21),
  BTI: bit(35, 36),
  SSBS: bit(44),
  PAN3: bit(57),
});
/** Up to TBI1, and then HA and HD, HPDn, HWUnnn, TBIDn, E0PDn, DS. */
const TCR_mask = withFeatures(0x77_ffff_ffbfn, {
  HAFDBS: bit(39, 40),
  HPDS: bit(41, 42),
  HPDS2: bit(43, 44, 45, 46, 47, 48, 49, 50),
  PAuth: bit(51, 52),
  E0PD: bit(55, 56),
  LPA2: bit(59),
});
/** All but CnP. */
const translationBase = withFeatures(0xffff_ffff_ffff_fffen, { TTCNP: bit(0) });

export const control: readonly SystemRegister[] = [
  stored('SCTLR_EL1', [3, 0, 1, 0, 0], {
    mask: SCTLR_mask,
    reset: cpu => cpu.model.SCTLR,
    changed: cpu => cpu.controlsChanged(),
  }),
  stored('ACTLR_EL1', [3, 0, 1, 0, 1], { mask: 0n }),
  stored('CPACR_EL1', [3, 0, 1, 0, 2], { mask: withFeatures(0n, { FP: CPACR_FPEN, SVE: CPACR_ZEN }), changed: cpu => cpu.modeChanged() }),
  // LEN is read as it was written; vectors have 128 bits whatever it asks for.
  stored('ZCR_EL1', [3, 0, 1, 2, 0], { feature: 'SVE', SVE: true, mask: 0xfn }),

  stored('TTBR0_EL1', [3, 0, 2, 0, 0], { mask: translationBase, changed: cpu => cpu.modeChanged() }),
  stored('TTBR1_EL1', [3, 0, 2, 0, 1], { mask: translationBase, changed: cpu => cpu.modeChanged() }),
  stored('TCR_EL1', [3, 0, 2, 0, 2], { mask: TCR_mask, changed: cpu => cpu.controlsChanged() }),
  stored('MAIR_EL1', [3, 0, 10, 2, 0], { changed: cpu => cpu.controlsChanged() }),
  stored('AMAIR_EL1', [3, 0, 10, 3, 0], { mask: 0n }),
  stored('CONTEXTIDR_EL1', [3, 0, 13, 0, 1], { mask: 0xffff_ffffn }),
  stored('PAR_EL1', [3, 0, 7, 4, 0]),

  stored('AFSR0_EL1', [3, 0, 5, 1, 0], { mask: 0n }),
  stored('AFSR1_EL1', [3, 0, 5, 1, 1], { mask: 0n }),
  stored('ESR_EL1', [3, 0, 5, 2, 0], { mask: 0xffff_ffffn }),
  stored('FAR_EL1', [3, 0, 6, 0, 0]),
  stored('VBAR_EL1', [3, 0, 12, 0, 0], { mask: ~0x7ffn }),
  constant('RVBAR_EL1', [3, 0, 12, 0, 1], 0n),
  constant(
    'ISR_EL1',
    [3, 0, 12, 1, 0],
    cpu => {
      const lines = cpu.lines();
      return BigInt((lines & 1 ? PSTATE_I : 0) | (lines & 2 ? PSTATE_F : 0) | (lines & 4 ? PSTATE_A : 0));
    },
    { saved: false },
  ),
  stored('ELR_EL1', [3, 0, 4, 0, 1]),
  stored('SPSR_EL1', [3, 0, 4, 0, 0], { mask: 0xffff_ffffn }),

  stored('TPIDR_EL0', [3, 3, 13, 0, 2], { EL0: 'RW' }),
  stored('TPIDRRO_EL0', [3, 3, 13, 0, 3], { EL0: 'R' }),
  stored('TPIDR_EL1', [3, 0, 13, 0, 4]),

  register('RNDR', [3, 3, 2, 4, 0], { feature: 'RNG', EL0: 'R', saved: false, read: cpu => randomNumber(cpu) }),
  register('RNDRRS', [3, 3, 2, 4, 1], { feature: 'RNG', EL0: 'R', saved: false, read: cpu => randomNumber(cpu) }),

  // LORID_EL1 says that there are no LORegions: the others do nothing.
  RAZ_WI('LORSA_EL1', [3, 0, 10, 4, 0], { feature: 'LOR' }),
  RAZ_WI('LOREA_EL1', [3, 0, 10, 4, 1], { feature: 'LOR' }),
  RAZ_WI('LORN_EL1', [3, 0, 10, 4, 2], { feature: 'LOR' }),
  RAZ_WI('LORC_EL1', [3, 0, 10, 4, 3], { feature: 'LOR' }),
  constant('LORID_EL1', [3, 0, 10, 4, 7], 0n, { feature: 'LOR' }),

  stored('SCXTNUM_EL1', [3, 0, 13, 0, 7], { feature: 'CSV2_2' }),
  stored('SCXTNUM_EL0', [3, 3, 13, 0, 7], {
    feature: 'CSV2_2',
    EL0: 'RW',
    trapsEL0: cpu => (cpu.state.SCTLR_EL1 & SCTLR_TSCXT) !== 0n,
  }),
];

/** There always is entropy: NZCV says success (0b0000). */
function randomNumber(cpu: { platform: { random(): bigint }; state: { nzcv: number } }): bigint {
  cpu.state.nzcv = 0;
  return cpu.platform.random();
}
