/** LDRD and STRD: ARM DDI 0487, F5.1. Words are transferred one by one, but a doubleword that is aligned as one (E2.2.1). */
import type { Builder, I64, Operand } from '../../../../isa/builder.ts';
import { defineHelper } from '../../../../isa/call.ts';
import type { Arm64Cpu } from '../../cpu.ts';
import { R, setR } from '../pseudocode.ts';

/** A pair that lies in 16 bytes is one access to other threads, which asks for no alignment. */
const together = { within: 16 } as const;

const alignmentFault = defineHelper('AlignmentFault', ['i64', 'i32'], 'void', { raises: true }, (cpu: Arm64Cpu, address, write) => {
  throw cpu.alignmentFault(address, write ? 'write' : 'read', false);
});

function requireWords(b: Builder, address: I64, write: number): void {
  b.when(b.wrap(b.and(address, b.i64(3))), () => b.call(alignmentFault, address, b.i32(write)));
}

export function loadDual(b: Builder, Rt: Operand, Rt2: Operand, address: I64): () => void {
  requireWords(b, address, 0);
  const [first, second] = b.loadPair(address, 4, together);
  return () => {
    setR(b, Rt, b.wrap(first));
    setR(b, Rt2, b.wrap(second));
  };
}

export function storeDual(b: Builder, Rt: Operand, Rt2: Operand, address: I64): () => void {
  requireWords(b, address, 1);
  b.storePair(address, b.extU(R(b, Rt)), b.extU(R(b, Rt2)), 4, together);
  return () => {};
}
