/**
 * Register states for tests of AArch32, from a seed. Golden vectors record only the seed: a change here means that they must be
 * recorded anew (`node tools/oracle/aarch32/record.ts`).
 */
import { Random } from '../../../src/base/random.ts';
import { address, integer, laneSizes, lanes, pointer, target } from '../../engines/inputs.ts';
import { CPSR, type State, withITSTATE } from './engine.ts';

const SP = 13;
const FPSCR_IXC = 0x10;

const word = (value: bigint): number => Number(BigInt.asUintN(32, value));

/** None, or a condition of the last instruction of an IT block, or now and then of an earlier one. */
function ITSTATE(random: Random): number {
  if (random.chance(0.6)) return 0;
  const cond = random.below(15);
  return (cond << 4) | (random.chance(0.7) ? 8 : 1 + random.below(15));
}

/** Even seeds give integers, odd ones mostly addresses in the general registers. */
export function stateOf(seed: number, thumb: boolean): State {
  const random = new Random(seed);
  const general = seed % 2 === 0
    ? () => (random.chance(1 / 16) ? word(target(random)) | random.below(2) : word(random.chance(0.8) ? integer(random) : random.u64()))
    : () => word(address(random));
  const lane = random.pick(laneSizes);
  const r = Array.from({ length: 15 }, general);
  r[SP] = word(random.chance(0.9) ? pointer(random) & ~7n : pointer(random));
  const flags = ((random.below(16) << 28) | (random.below(16) << CPSR.GE) | (random.chance(0.2) ? CPSR.Q : 0)) >>> 0;
  return {
    r,
    cpsr: thumb ? withITSTATE(flags | CPSR.T, ITSTATE(random)) : flags,
    // RMode, FZ, DN, and AHP with FZ16 now and then; N Z C V; QC and the cumulative flags.
    fpscr: ((random.chance(0.6) ? 0 : (random.below(16) << 22) | (random.chance(0.2) ? (random.below(2) << 26) | (random.below(2) << 19) : 0))
      | (random.below(16) << 28) | random.pick([0, 0, FPSCR_IXC, FPSCR_IXC, random.u32() & 0x0800_009f])) >>> 0,
    q: Array.from({ length: 16 }, () => lanes(random, random.chance(0.8) ? lane : random.pick(laneSizes))),
  };
}
