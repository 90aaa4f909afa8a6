/** SYS and SYSL: cache and TLB maintenance, address translation, DC ZVA. ARM DDI 0487, C6.2.385 (SYS), C5.3. */
import { defineHelper } from '../../../isa/call.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import type { Arm64Cpu } from '../cpu.ts';
import { reg } from '../names.ts';
import { sysregKey } from '../platform.ts';
import { X } from '../pseudocode.ts';
import { findOperation, systemOperation } from '../sysreg/operations.ts';
import { raiseUndefined } from './system-exception.ts';

const execute = defineHelper('SYS', ['i32', 'i64'], 'void', { raises: true }, (cpu: Arm64Cpu, packed, value) =>
  systemOperation(cpu, Number(packed & 0xffffn), Number(packed >> 16n), value),
);

function spelling(op1: number, CRn: number, CRm: number, op2: number, Rt: number): string {
  const known = findOperation(sysregKey(1, op1, CRn, CRm, op2));
  if (known && (known.operand || Rt === 31)) return known.operand ? `${known.name}, ${reg(1, Rt)}` : known.name;
  const operand = Rt === 31 ? '' : `, ${reg(1, Rt)}`;
  return `sys\t#${op1}, C${CRn}, C${CRm}, #${op2}${operand}`;
}

const SYS = insn('SYS', '1101010100 0 01 op1:3 CRn:4 CRm:4 op2:3 Rt:5', {
  derive: f => ({ packed: sysregKey(1, f.op1, f.CRn, f.CRm, f.op2) | (f.Rt << 16) }),
  asm: f => spelling(f.op1, f.CRn, f.CRm, f.op2, f.Rt),
  exec(b, f) {
    b.call(execute, b.operand(f.packed), X(b, f.Rt, 64));
    b.synchronize();
  },
});

/** No system instruction with a result is implemented. */
const SYSL = insn('SYSL', '1101010100 1 01 op1:3 CRn:4 CRm:4 op2:3 Rt:5', {
  asm: f => `sysl\t${reg(1, f.Rt)}, #${f.op1}, C${f.CRn}, C${f.CRm}, #${f.op2}`,
  exec: b => b.call(raiseUndefined),
});

const BLOCK = 64;

/**
 * Zeroes the aligned 64 bytes around the address: as many as DCZID_EL0 says. To Device memory "can give an Alignment fault"
 * (C6.2.83): we choose that it does.
 */
const DC_ZVA = insn('DC ZVA', '1101010100 0 01 011 0111 0100 001 Rt:5', {
  overrides: ['SYS'],
  requires: 'ZVA',
  restartable: true,
  asm: f => `dc\tzva, ${reg(1, f.Rt)}`,
  exec(b, f) {
    const address = X(b, f.Rt, 64);
    const zero = b.v128(0n);
    // First, so that a fault reports the address that was given. The rest is in the same page.
    b.store(address, b.i32(0), 1, { notDevice: true });
    const block = b.and(address, b.i64(-BLOCK));
    for (let offset = 0; offset < BLOCK; offset += 16) b.storeV(b.add(block, b.i64(offset)), zero, 16);
  },
});

export const operationInsns: readonly Insn[] = [SYS, SYSL, DC_ZVA];
