/**
 * The events that are counted: ARM DDI 0487, D13.11. What retires comes from the engine's tally, which instructions' own
 * descriptions fill; exceptions and writes of registers are told by those who do them.
 *
 * There is no speculation, no cache and no branch predictor here, so events of those don't exist, and nothing ever stalls.
 */
import { TALLY } from '../../../isa/arch.ts';

export const EVENT = {
  SW_INCR: 0x00,
  LD_RETIRED: 0x06,
  ST_RETIRED: 0x07,
  INST_RETIRED: 0x08,
  EXC_TAKEN: 0x09,
  EXC_RETURN: 0x0a,
  CID_WRITE_RETIRED: 0x0b,
  BR_IMMED_RETIRED: 0x0d,
  BR_RETURN_RETIRED: 0x0e,
  CPU_CYCLES: 0x11,
  MEM_ACCESS: 0x13,
  TTBR_WRITE_RETIRED: 0x1c,
  CHAIN: 0x1e,
  BR_RETIRED: 0x21,
  STALL_FRONTEND: 0x23,
  STALL_BACKEND: 0x24,
  STALL: 0x3c,
} as const;

const PMUv3 = [
  EVENT.SW_INCR, EVENT.LD_RETIRED, EVENT.ST_RETIRED, EVENT.INST_RETIRED, EVENT.EXC_TAKEN, EVENT.EXC_RETURN, EVENT.CID_WRITE_RETIRED,
  EVENT.BR_IMMED_RETIRED, EVENT.BR_RETURN_RETIRED, EVENT.CPU_CYCLES, EVENT.MEM_ACCESS, EVENT.TTBR_WRITE_RETIRED, EVENT.CHAIN, EVENT.BR_RETIRED,
];

/** PMCEID0_EL0 (`which` 0) and PMCEID1_EL0: the common events that there are, those of 0x4000 and up in the upper half. */
export function commonEvents(features: ReadonlySet<string>, allowed: (event: number) => boolean, which: 0 | 1): bigint {
  const events: number[] = [...PMUv3];
  // Later versions want these, although what they count never happens.
  if (features.has('PMUv3p1')) events.push(EVENT.STALL_FRONTEND, EVENT.STALL_BACKEND);
  if (features.has('PMUv3p4')) events.push(EVENT.STALL);
  let bits = 0n;
  for (const event of events) if (event >>> 5 === which && allowed(event)) bits |= 1n << BigInt(event & 31);
  return bits;
}

/** What of the tally an event is: a sum of these. Those that are missing don't come from there. */
export const tallied: ReadonlyMap<number, readonly number[]> = new Map([
  [EVENT.LD_RETIRED, [TALLY.loads]],
  [EVENT.ST_RETIRED, [TALLY.stores]],
  [EVENT.INST_RETIRED, [TALLY.instructions]],
  [EVENT.BR_IMMED_RETIRED, [TALLY.branches]],
  [EVENT.BR_RETURN_RETIRED, [TALLY.returns]],
  [EVENT.MEM_ACCESS, [TALLY.accesses]],
  [EVENT.BR_RETIRED, [TALLY.branches, TALLY.jumps]],
]);

/** What one instruction adds to an event at most. LD4 of 16-byte registers reads 64 elements, atomics read and write. */
export const mostAtOnce = (event: number): number => (event === EVENT.MEM_ACCESS ? 128 : 1);
