/**
 * Load-acquire and store-release: ARM DDI 0487, C4.1, "Load/store ordered" and "LDAPR/STLR (unscaled immediate)".
 * Generated code keeps the guest's order of accesses, so that acquire and release need nothing more.
 */
import { signExtend } from '../../../base/bits.ts';
import type { Bytes } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { memory, reg } from '../names.ts';
import { setX, X, XorSP } from '../pseudocode.ts';
import { baseOffset, isTransfer, transfer, transferName, transferReg } from './transfer.ts';

const suffix = (size: number): string => ['b', 'h', '', ''][size] as string;

const LDAR = insn('LDAR/LDLAR', 'size!2 001000 110 Rs:5 o0:1 Rt2:5 Rn:5 Rt:5', {
  asm: f => `ld${f.o0 ? '' : 'l'}ar${suffix(f.size)}\t${reg(f.size === 3 ? 1 : 0, f.Rt)}, ${memory(f.Rn)}`,
  exec(b, f) {
    const bytes = (1 << f.size) as Bytes;
    setX(b, f.Rt, b.load(XorSP(b, f.Rn), bytes, { align: bytes }));
  },
});

const STLR = insn('STLR/STLLR', 'size!2 001000 100 Rs:5 o0:1 Rt2:5 Rn:5 Rt:5', {
  asm: f => `st${f.o0 ? '' : 'l'}lr${suffix(f.size)}\t${reg(f.size === 3 ? 1 : 0, f.Rt)}, ${memory(f.Rn)}`,
  exec(b, f) {
    const bytes = (1 << f.size) as Bytes;
    b.store(XorSP(b, f.Rn), X(b, f.Rt, 64), bytes, { align: bytes });
  },
});

const LDAPR = insn('LDAPR', 'size!2 111000 101 11111 1 100 00 Rn:5 Rt:5', {
  feature: 'LRCPC',
  asm: f => `ldapr${suffix(f.size)}\t${reg(f.size === 3 ? 1 : 0, f.Rt)}, ${memory(f.Rn)}`,
  exec(b, f) {
    const bytes = (1 << f.size) as Bytes;
    setX(b, f.Rt, b.load(XorSP(b, f.Rn), bytes, { align: bytes }));
  },
});

const LDAPUR = insn('LDAPUR/STLUR', 'size!2 011001 opc!2 0 imm9:9 00 Rn:5 Rt:5', {
  feature: 'LRCPC2',
  valid: f => isTransfer(f.size, f.opc),
  derive: f => ({ offset: signExtend(f.imm9, 9) }),
  asm: f => `${transferName(f.opc ? 'apur' : 'lur', f.size, f.opc)}\t${transferReg(f.size, f.opc, f.Rt)}, ` +
    memory(f.Rn, signExtend(f.imm9, 9)),
  exec: (b, f) => transfer(b, f.size, f.opc, f.Rt, baseOffset(b, f.Rn, f.offset), { align: 1 << f.size }),
});

export const loadStoreOrdered: readonly Insn[] = [LDAR, STLR, LDAPR, LDAPUR];
