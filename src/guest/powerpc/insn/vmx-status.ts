/** Moves to and from VSCR: Power ISA 2.07B Book I, 6.14; the hints about streams of the first vector facility. */
import { insn, type Insn } from '../../../isa/insn.ts';
import { r, v } from '../names.ts';
import { fields } from '../state.ts';
import { NJ, SAT, setVR, VR } from '../vmx/registers.ts';

const mfvscr = insn('mfvscr', '000100 VRT:5 00000 00000 11000000100', {
  feature: 'VMX',
  asm: f => `mfvscr\t${v(f.VRT)}`,
  exec: (b, f) => setVR(b, f.VRT, b.vset(64, b.v128(0n), 0, b.extU(b.get(fields.VSCR)))),
});

const mtvscr = insn('mtvscr', '000100 00000 00000 VRB:5 11001000100', {
  feature: 'VMX',
  asm: f => `mtvscr\t${v(f.VRB)}`,
  exec: (b, f) => b.set(fields.VSCR, b.and(b.wrap(b.vget(64, VR(b, f.VRB), 0)), b.i32(NJ | SAT))),
});

/** Data streams are a hint, which nothing follows from. */
const stream = (name: string, bit: '0' | '1', XO: '0101010110' | '0101110110'): Insn =>
  insn(name, `011111 ${bit} 00 STRM:2 RA:5 RB:5 ${XO} 0`, {
    feature: 'AltiVec',
    valid: f => f.RA !== 0,
    asm: f => `${name}\t${r(f.RA)},${r(f.RB)},${f.STRM}`,
    exec: () => {},
  });

const stop = insn('dss', '011111 A!1 00 STRM:2 00000 00000 1100110110 0', {
  feature: 'AltiVec',
  asm: f => (f.A ? 'dssall' : `dss\t${f.STRM}`),
  exec: () => {},
});

export const vmxStatus: readonly Insn[] = [
  mfvscr,
  mtvscr,
  stream('dst', '0', '0101010110'),
  stream('dstt', '1', '0101010110'),
  stream('dstst', '0', '0101110110'),
  stream('dststt', '1', '0101110110'),
  stop,
];
