/** Where QEMU 7.2 and we differ about system registers, and why. */

interface Difference {
  /** Of encodings, as S<op0>_<op1>_C<CRn>_C<CRm>_<op2>. */
  readonly encoding: RegExp;
  readonly reason: string;
}

export const differences: readonly Difference[] = [
  { encoding: /^S1_3_C7_C4_1$/, reason: 'DC ZVA to Device memory, which all is while translation is off, can fault (C6.2.83): with us it does' },
  { encoding: /^S3_0_C6_C0_0$/, reason: 'FAR_EL1: its value is from that fault' },
  { encoding: /^S2_0_C0_C\d_[457]$/, reason: 'DBGBVR, DBGBCR, DBGWCR: QEMU keeps RES0 bits' },
  { encoding: /^S2_0_C0_C2_2$/, reason: 'MDSCR_EL1: QEMU keeps RES0 bits, and those that are written under the OS lock only' },
  { encoding: /^S2_0_C0_C2_0$/, reason: 'MDCCINT_EL1: QEMU keeps nothing' },
  { encoding: /^S2_0_C0_C[036]_2$/, reason: 'OSDTRRX_EL1, OSDTRTX_EL1, OSECCR_EL1: QEMU has none' },
  { encoding: /^S2_0_C1_C4_4$/, reason: 'DBGPRCR_EL1: QEMU has none' },
  { encoding: /^S2_0_C7_C(8|9|14)_6$/, reason: 'DBGCLAIMSET_EL1, DBGCLAIMCLR_EL1, DBGAUTHSTATUS_EL1: QEMU has none' },
  { encoding: /^S2_3_C0_C[45]_0$/, reason: 'DBGDTR_EL0, DBGDTRRX_EL0: QEMU has none' },
  { encoding: /^S3_0_C1_C0_0$/, reason: 'SCTLR_EL1: QEMU keeps RES0 bits' },
  { encoding: /^S3_0_C1_C0_2$/, reason: 'CPACR_EL1: QEMU keeps RES0 bits' },
  { encoding: /^S3_0_C1_C2_[46]$/, reason: 'SMCR_EL1, SMPRI_EL1: there is no SME' },
  { encoding: /^S3_0_C2_C0_[012]$/, reason: 'TTBR0_EL1, TTBR1_EL1, TCR_EL1: QEMU keeps RES0 bits' },
  { encoding: /^S3_0_C4_C0_0$/, reason: 'SPSR_EL1: QEMU keeps RES0 bits' },
  { encoding: /^S3_0_C5_C2_0$/, reason: 'ESR_EL1: QEMU keeps RES0 bits' },
  { encoding: /^S3_0_C7_C4_0$/, reason: 'PAR_EL1: Device memory is Outer Shareable, which QEMU leaves out' },
  { encoding: /^S3_0_C12_C0_0$/, reason: 'VBAR_EL1: QEMU keeps RES0 bits' },
  { encoding: /^S3_0_C12_C1_1$/, reason: 'DISR_EL1: QEMU keeps RES0 bits' },
  { encoding: /^S3_0_C13_C0_1$/, reason: 'CONTEXTIDR_EL1: QEMU keeps RES0 bits' },
  { encoding: /^S3_0_C14_C1_0$/, reason: 'CNTKCTL_EL1: QEMU keeps RES0 bits' },
  { encoding: /^S3_1_C0_C0_[02]$/, reason: 'CCSIDR_EL1, CCSIDR2_EL1: QEMU has no FEAT_CCIDX' },
  { encoding: /^S3_1_C0_C0_6$/, reason: 'SMIDR_EL1: there is no SME' },
  { encoding: /^S3_1_C15_C3_0$/, reason: 'CBAR_EL1: where the private peripherals are is a pin of the core, and not connected' },
  { encoding: /^S3_1_C1[15]_C\d_\d$/, reason: "max is no Cortex-A57 with us, and has none of its registers" },
  { encoding: /^S3_0_C15_C\d_\d$/, reason: 'registers of Cortex-A76 and Neoverse N1, which QEMU 7.2 leaves out' },
  { encoding: /^S3_3_C4_C2_2$/, reason: 'SVCR: there is no SME' },
  { encoding: /^S3_3_C4_C2_6$/, reason: 'SSBS: with ID_AA64PFR1_EL1.SSBS 1 there is no such register' },
  { encoding: /^S3_3_C4_C4_0$/, reason: 'FPCR: QEMU keeps Len and Stride of short vectors, which Armv8 has not' },
  { encoding: /^S3_3_C9_C12_0$/, reason: 'PMCR_EL0: LP is there with FEAT_PMUv3p5 only; max has no implementer' },
  { encoding: /^S3_3_C9_C12_[67]$/, reason: 'PMCEID0_EL0, PMCEID1_EL0: QEMU counts software increments and cycles only' },
  { encoding: /^S3_3_C(9_C13_1|14_C12_\d|14_C15_7)$/, reason: 'event types: filters of EL2 and EL3, and long events of Armv8.1, QEMU always has' },
  { encoding: /^S3_3_C14_C15_7$/, reason: 'PMCCFILTR_EL0: QEMU has filters of EL2 and EL3' },
  { encoding: /^S3_3_C14_C0_0$/, reason: 'CNTFRQ_EL0 is written by the highest exception level, which a hypervisor has here' },
  { encoding: /^S3_3_C13_C0_5$/, reason: 'TPIDR2_EL0: there is no SME' },
];

/** Undefined where nobody knows why. */
export const reasonFor = (encoding: string): string | undefined => differences.find(d => d.encoding.test(encoding))?.reason;
