/**
 * Where the block fuzzer finds QEMU 7.2 other than us, and why that isn't our mistake: bugs of QEMU with what the manual
 * (ARM DDI 0487) says, and choices that it leaves to the implementation. `skips.ts` has the same for single cases.
 */
import type { Insn } from '../../../src/isa/insn.ts';
import { extract } from '../../../src/isa/insn.ts';
import { RECORD } from '../blocks/target.ts';
import { slot } from './block-program.ts';
import { firstFaultDeviation } from './first-fault.ts';

interface Named {
  readonly insn: Insn | undefined;
  readonly word: number;
}

const faulting: readonly (readonly [RegExp, string])[] = [
  [/^STL?X[RP]/, 'with the monitor open it is IMPLEMENTATION DEFINED whether a store-exclusive checks its address (B2.12.5); QEMU never does'],
  [/^LDAP/, 'QEMU 7.2 lacks the alignment fault of LDAPR and LDAPUR (B2.8.2)'],
  [/^SVE LD2-LD4/, 'QEMU 7.2 fails an assertion of its own (in sve_ldN_r) where structures reach over the end of what is mapped'],
  [/^SVE ST/, 'of several elements some may have been stored when another one faults (D1.3.8); QEMU does none of SVE\'s'],
  [/SIMD&FP\)|^LDP\/STP|^(LD|ST)1/, 'of several elements some may have been loaded when another one faults (D1.3.8); QEMU does, we don\'t'],
];

/** Why a block's record may be different, where its instructions with a bit in `faulted` faulted. */
export function blockDeviation(words: readonly Named[], faulted: bigint): string | undefined {
  let monitored: string | undefined;
  for (const [i, { insn, word }] of words.entries()) {
    if (!insn) continue;
    if ((faulted >> BigInt(i)) & 1n) {
      const reason = faulting.find(([names]) => names.test(insn.name))?.[1];
      if (reason !== undefined) return reason;
    }
    if (insn.name.startsWith('LDX')) monitored = exclusiveSize(insn, word);
    if (insn.name.startsWith('STX') && monitored !== undefined && monitored !== exclusiveSize(insn, word)) {
      return 'a store-exclusive of another size than the load-exclusive: CONSTRAINED UNPREDICTABLE (B2.12.5); we fail, QEMU compares what it can';
    }
  }
  return undefined;
}

function exclusiveSize(insn: Insn, word: number): string {
  const { size, sz } = extract(insn, word);
  return size === undefined ? `pair ${sz}` : String(size);
}

const FZ = 1n << 24n;
const Z = 0x4000_0000n;

/** Why an instruction by itself may leave `theirs`. */
export function instructionDeviation(insn: Insn, word: number, before: BigUint64Array, ours: BigUint64Array, theirs: BigUint64Array): string | undefined {
  const at = RECORD.slots;
  if (insn.name === 'FCVTZS fixed-point (SIMD scalar, 16)') {
    const upper = theirs.some((value, i) => i >= at + slot.v && value >> 16n === 0xffffn && ours[i] === (value & 0xffffn));
    if (upper) return 'QEMU 7.2 leaves bits 31..16 of a negative FCVTZS to 16 bits set, where a write of a scalar clears them (C1.2.5)';
  }
  if (insn.name === 'FJCVTZS' && before[slot.fpcr]! & FZ && ours[at + slot.nzcv] === 0n && theirs[at + slot.nzcv] === Z) {
    return 'FPToFixedJS (J1.3) gives Z = 0 for a subnormal that was flushed to zero; QEMU 7.2 gives 1';
  }
  if (insn.name === 'SYS' && cleansToPersistence(word)) return 'DC CVAP and DC CVADP (C5.3) are not in the user mode of QEMU 7.2';
  if (['MRS', 'MSR (register)'].includes(insn.name) && namesSCXTNUM_EL0(word) && ours[RECORD.other] === 0n && theirs[RECORD.other] === 1n) {
    return 'HCR_EL2.EnSCXT has no effect without EL2, so SCXTNUM_EL0 is not trapped; QEMU 7.2 takes it for 0 in user mode';
  }
  const firstFault = firstFaultDeviation(insn, word, n => before[n === 31 ? slot.sp : slot.x + n]!, n => (n === 31 ? 0n : before[slot.x + n]!),
    n => Number(before[slot.p + n]));
  if (firstFault !== undefined) return firstFault;
  const signed = signedRegister(insn, word);
  if (signed !== undefined && ours.every((value, i) => value === theirs[i] || i === at + slot.x + signed) && halvesDisagree(before[slot.x + signed]!)) {
    return 'AddPAC (J1.1) takes bit 55 for the half of the address space if either half has tags; QEMU 7.2 asks the half that bit 55 names';
  }
  return undefined;
}

/** op1 3, CRn 7, CRm 12 or 13, op2 1. */
const cleansToPersistence = (word: number): boolean => ((word & ~0x11f) >>> 0) === 0xd50b_7c20;

const namesSCXTNUM_EL0 = (word: number): boolean => (word & 0xf_ffe0) === 0xb_d0e0;

/** The register that a PAC* writes; what authenticates (a bit of the opcode) doesn't choose a half. */
const signedRegister = (insn: Insn, word: number): number | undefined => {
  if (insn.name === 'PAC*/AUT*') return word & 0x1000 ? undefined : word & 31;
  return word & 0x80 ? undefined : { 'PACIx1716/AUTIx1716': 17, 'PACIxZ/PACIxSP/AUTIxZ/AUTIxSP': 30 }[insn.name];
};
/** User mode has TBI0 = 1 and TBI1 = 0: QEMU takes bit 63 of an address whose bit 55 is set. */
const halvesDisagree = (va: bigint): boolean => ((va >> 55n) & 1n) === 1n && va >> 63n === 0n;
