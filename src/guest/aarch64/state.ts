/**
 * State of an AArch64 processing element. Names are the manual's (ARM DDI 0487).
 * PSTATE is kept field by field; `nzcv` is packed in bits 31..28 and `daif` in bits 9..6, as SPSR has them.
 */
import { array, defineLayout, u32, u64, v128 } from '../../base/layout.ts';
import { engineState, TALLIES } from '../../isa/arch.ts';

/** Slots of `x` beyond X0..X30. */
export const ZR = 31;
/** The current stack pointer; those of the other exception levels and SPSel are in `spBank`. */
export const SP = 32;
/** Where writes to XZR go. */
export const SINK = 33;

/** Slot of `p` beyond P0..P15. */
export const FFR = 16;

/** Pointers that authentication remembers, of those signed and of those authenticated. */
export const REMEMBERED = 1024;

export const layout = defineLayout({
  ...engineState,
  x: array(u64, 34),
  v: array(v128, 32),
  /** Predicate registers P0..P15, a bit for each byte of a vector, and FFR. */
  p: array(u32, 17),
  nzcv: u32,
  daif: u32,
  currentEL: u32,
  SPSel: u32,
  PAN: u32,
  UAO: u32,
  DIT: u32,
  SSBS: u32,
  SS: u32,
  IL: u32,
  BTYPE: u32,
  // AArch32: PSTATE.nRW, and what else of PSTATE it has. Q and GE are 0 or 1, and 0..15; ITSTATE has 8 bits.
  nRW: u32,
  T: u32,
  ITSTATE: u32,
  E: u32,
  Q: u32,
  GE: u32,
  /** The branch that BTYPE is about led here; anywhere else it is 0. */
  branchTarget: u64,
  /** An interrupt line was up but masked when the CPU last looked: whoever unmasks asks to look again. */
  interruptHeld: u32,
  /** A virtual SError waits for PSTATE.A; its syndrome (ISS) is in `serrorSyndrome`. */
  serrorPending: u32,
  serrorSyndrome: u32,
  /** The event register of WFE and SEV. */
  eventRegister: u32,
  /** The virtual counter when the event stream was last looked at (event-stream.ts). */
  eventsSeen: u64,
  FPCR: u32,
  FPSR: u32,
  /** As `fpFast`, where FPCR.FZ is set (fp/status.ts). */
  fpFastFlushing: u32,
  /** SP_ELn at index n, but for the one in use, which lies in x[SP]. */
  spBank: array(u64, 4),
  // Exclusive monitor: address (-1 when open), bytes, and the value that was read.
  monitorAddress: u64,
  monitorBytes: u32,
  monitorValue: array(u64, 2),
  SCTLR_EL1: u64,
  ACTLR_EL1: u64,
  CPACR_EL1: u64,
  ZCR_EL1: u64,
  TTBR0_EL1: u64,
  TTBR1_EL1: u64,
  TCR_EL1: u64,
  ESR_EL1: u64,
  AFSR0_EL1: u64,
  AFSR1_EL1: u64,
  FAR_EL1: u64,
  PAR_EL1: u64,
  MAIR_EL1: u64,
  AMAIR_EL1: u64,
  VBAR_EL1: u64,
  CONTEXTIDR_EL1: u64,
  TPIDR_EL0: u64,
  TPIDRRO_EL0: u64,
  TPIDR_EL1: u64,
  ELR_EL1: u64,
  SPSR_EL1: u64,
  CSSELR_EL1: u64,
  /** What identifies the CPU: the registers of op0 3, op1 0, CRn 0 by CRm and op2, and the caches by CSSELR_EL1. No reset changes it. */
  ID: array(u64, 64),
  CTR_EL0: u64,
  CLIDR_EL1: u64,
  MPIDR_EL1: u64,
  CCSIDR: array(u32, 16),
  MDSCR_EL1: u64,
  MDCCINT_EL1: u64,
  OSDLR_EL1: u64,
  OSLSR_EL1: u64,
  CNTKCTL_EL1: u64,
  DISR_EL1: u64,
  SCXTNUM_EL0: u64,
  SCXTNUM_EL1: u64,
  DBGBVR: array(u64, 16),
  DBGBCR: array(u64, 16),
  DBGWVR: array(u64, 16),
  DBGWCR: array(u64, 16),
  DBGCLAIM: u32,
  DTRRX: u32,
  DTRTX: u32,
  PMCR_EL0: u32,
  PMCNTEN: u32,
  PMOVS: u32,
  PMINTEN: u32,
  PMSELR_EL0: u32,
  PMUSERENR_EL0: u32,
  PMCCFILTR_EL0: u32,
  PMCCNTR_EL0: u64,
  PMEVCNTR: array(u64, 6),
  PMEVTYPER: array(u32, 6),
  /** Where the counters were brought up to: of the tally (its low words), in nanoseconds, and cycles of PMCR_EL0.D that are left over. */
  pmuSeen: array(u32, TALLIES),
  pmuClock: u64,
  pmuCycleRest: u32,
  /** APIAKey, APIBKey, APDAKey, APDBKey, APGAKey. */
  APKeyHigh: array(u64, 5),
  APKeyLow: array(u64, 5),
  /** What pointer authentication computed lately (pauth/pauth.ts): the context of each key, and entries by pointer and modifier. */
  pacContext: array(u32, 4),
  pacEntry: array(u32, 2 * REMEMBERED),
  pacPointer: array(u64, 2 * REMEMBERED),
  pacModifier: array(u64, 2 * REMEMBERED),
  pacResult: array(u64, 2 * REMEMBERED),
});

export type CpuState = ReturnType<typeof layout.view>;
export const fields = layout.fields;
