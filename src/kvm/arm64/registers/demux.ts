/** Registers that the guest selects by another one: CCSIDR_EL1, by CSSELR_EL1. DDI 0487, D17.2.22. */
import { KVM_REG_ARM_DEMUX_CCSIDR } from '../numbers.ts';
import type { Arm64Vcpu } from '../vcpu.ts';
import { invalid, unknown, type OneReg, type RegisterClass } from './register.ts';

/** Seven levels, each with a data or unified cache and an instruction cache (CSSELR_EL1.InD). */
const CACHES = 14;
const CSSELR_InD = 1;

/** CTR_EL0.IminLine or DminLine: log2 of the words of the shortest line. */
function shortestLine(vcpu: Arm64Vcpu, csselr: number): number {
  const { CTR_EL0 } = vcpu.cpu.guest.state;
  return Number((csselr & CSSELR_InD ? CTR_EL0 : CTR_EL0 >> 16n) & 15n);
}

const cacheSize = (csselr: number): OneReg => ({
  get: vcpu => BigInt(vcpu.cpu.guest.state.CCSIDR[csselr]!),
  set: (vcpu, value) => {
    if (value === BigInt(vcpu.cpu.guest.state.CCSIDR[csselr]!)) return;
    // CCSIDR_EL1.LineSize counts quadruples of words: cache maintenance by the shortest line must reach all of a cache's.
    if (Number(value & 7n) + 2 < shortestLine(vcpu, csselr)) throw invalid(value, 'CCSIDR_EL1, whose lines are at least as long as in CTR_EL0,');
    vcpu.cpu.guest.state.CCSIDR[csselr] = Number(value);
  },
});

const registers: ReadonlyMap<bigint, OneReg> = new Map(
  Array.from({ length: CACHES }, (_, csselr) => [KVM_REG_ARM_DEMUX_CCSIDR(csselr), cacheSize(csselr)]));
const ids = [...registers.keys()];

export const demuxRegisters: RegisterClass = {
  find(_vcpu, id) {
    const found = registers.get(id);
    if (!found) throw unknown(id);
    return found;
  },
  ids: () => ids,
};
