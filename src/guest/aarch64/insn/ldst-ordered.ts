/**
 * Load-acquire and store-release: ARM DDI 0487, C4.1, "Load/store ordered" and "LDAPR/STLR (unscaled immediate)".
 * CONSTRAINED UNPREDICTABLE where Rs and Rt2, bits that should be one, are not: we choose to ignore them, as cores and
 * QEMU do; but for LDAPR UNDEFINED.
 */
import { signExtend } from '../../../base/bits.ts';
import type { Builder, Bytes, Operand } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { memory, reg } from '../names.ts';
import { setX, X } from '../pseudocode.ts';
import { orderedAccess } from './aligned.ts';
import { baseAddress } from './base-address.ts';
import { baseOffset, isTransfer, transfer, transferName, transferReg } from './transfer.ts';

function loadAcquire(b: Builder, size: number, Rn: Operand, Rt: Operand): void {
  const bytes = (1 << size) as Bytes;
  setX(b, Rt, b.load(baseAddress(b, Rn), bytes, orderedAccess(b, bytes)));
}

function storeRelease(b: Builder, size: number, Rn: Operand, Rt: Operand): void {
  const bytes = (1 << size) as Bytes;
  b.store(baseAddress(b, Rn), X(b, Rt, 64), bytes, orderedAccess(b, bytes));
}

const spelling = (name: string, f: { readonly size: number; readonly Rn: number; readonly Rt: number }): string =>
  `${name}${['b', 'h', '', ''][f.size]}\t${reg(f.size === 3 ? 1 : 0, f.Rt)}, ${memory(f.Rn)}`;

const LDAR = insn('LDAR', 'size!2 001000 110 Rs:5 1 Rt2:5 Rn:5 Rt:5', {
  asm: f => spelling('ldar', f),
  exec: (b, f) => loadAcquire(b, f.size, f.Rn, f.Rt),
});

const STLR = insn('STLR', 'size!2 001000 100 Rs:5 1 Rt2:5 Rn:5 Rt:5', {
  asm: f => spelling('stlr', f),
  exec: (b, f) => storeRelease(b, f.size, f.Rn, f.Rt),
});

const LDLAR = insn('LDLAR', 'size!2 001000 110 Rs:5 0 Rt2:5 Rn:5 Rt:5', {
  feature: 'LOR',
  asm: f => spelling('ldlar', f),
  exec: (b, f) => loadAcquire(b, f.size, f.Rn, f.Rt),
});

const STLLR = insn('STLLR', 'size!2 001000 100 Rs:5 0 Rt2:5 Rn:5 Rt:5', {
  feature: 'LOR',
  asm: f => spelling('stllr', f),
  exec: (b, f) => storeRelease(b, f.size, f.Rn, f.Rt),
});

const LDAPR = insn('LDAPR', 'size!2 111000 101 11111 1 100 00 Rn:5 Rt:5', {
  feature: 'LRCPC',
  asm: f => spelling('ldapr', f),
  exec: (b, f) => loadAcquire(b, f.size, f.Rn, f.Rt),
});

const LDAPUR = insn('LDAPUR/STLUR', 'size!2 011001 opc!2 0 imm9:9 00 Rn:5 Rt:5', {
  feature: 'LRCPC2',
  valid: f => isTransfer(f.size, f.opc),
  derive: f => ({ offset: signExtend(f.imm9, 9) }),
  asm: f => `${transferName(f.opc ? 'apur' : 'lur', f.size, f.opc)}\t${transferReg(f.size, f.opc, f.Rt)}, ` +
    memory(f.Rn, signExtend(f.imm9, 9)),
  exec: (b, f) => transfer(b, f.size, f.opc, f.Rt, baseOffset(b, f.Rn, f.offset), orderedAccess(b, 1 << f.size)),
});

export const loadStoreOrdered: readonly Insn[] = [LDAR, STLR, LDLAR, STLLR, LDAPR, LDAPUR];
