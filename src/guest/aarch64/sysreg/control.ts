/** System control, translation, exception and thread registers of EL1 and EL0: ARM DDI 0487, D17.2. */
import { PSTATE_A, PSTATE_F, PSTATE_I } from '../pstate.ts';
import { constant, RAZ_WI, register, stored, type SystemRegister } from './register.ts';

const CPACR_FPEN = 3n << 20n;
/** Up to TBI1; no hardware update of flags (HA, HD), no disabling of hierarchical attributes. */
const TCR_mask = 0x77_ffff_ffbfn;
/** CnP, which is there with TTCNP. */
const TTBR_CnP = 1n;

const translationBase = (cpu: { model: { features: ReadonlySet<string> } }): bigint =>
  (cpu.model.features.has('TTCNP') ? -1n : ~TTBR_CnP) & 0xffff_ffff_ffff_ffffn;

export const control: readonly SystemRegister[] = [
  stored('SCTLR_EL1', [3, 0, 1, 0, 0], {
    mask: cpu => cpu.model.SCTLR.writable,
    reset: cpu => cpu.model.SCTLR.reset,
    changed: cpu => cpu.controlsChanged(),
  }),
  stored('ACTLR_EL1', [3, 0, 1, 0, 1], { mask: 0n }),
  stored('CPACR_EL1', [3, 0, 1, 0, 2], { mask: CPACR_FPEN, changed: cpu => cpu.modeChanged() }),

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

  // IMPLEMENTATION DEFINED registers of Cortex-A57 (ARM DDI 0488, 4.3) that firmware sets and kernels may read.
  ...(
    [
      ['CPUACTLR_EL1', 1, 15, 2, 0],
      ['CPUECTLR_EL1', 1, 15, 2, 1],
      ['CPUMERRSR_EL1', 1, 15, 2, 2],
      ['L2MERRSR_EL1', 1, 15, 2, 3],
      ['L2ACTLR_EL1', 1, 15, 0, 0],
      ['L2CTLR_EL1', 1, 11, 0, 2],
      ['L2ECTLR_EL1', 1, 11, 0, 3],
    ] as const
  ).map(([name, op1, CRn, CRm, op2]) => RAZ_WI(name, [3, op1, CRn, CRm, op2], { feature: 'CortexA57' })),
];

/** There always is entropy: NZCV says success (0b0000). */
function randomNumber(cpu: { platform: { random(): bigint }; state: { nzcv: number } }): bigint {
  cpu.state.nzcv = 0;
  return cpu.platform.random();
}
