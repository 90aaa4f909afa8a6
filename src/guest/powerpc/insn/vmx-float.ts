/** Vector floating point: Power ISA 2.07B Book I, 6.10. vexptefp and vlogefp are not here yet. */
import { insn, type Insn } from '../../../isa/insn.ts';
import { v } from '../names.ts';
import { fixed } from '../pseudocode.ts';
import { vectorFloat, type VectorOperation } from '../vmx/float.ts';
import { binary, comparison, setCR6, unary } from '../vmx/form.ts';
import { setVR, VR } from '../vmx/registers.ts';

const two = (name: VectorOperation, XO: number): Insn => binary(name, XO, (b, x, y) => vectorFloat(b, name, x, y));
const one = (name: VectorOperation, XO: number): Insn => unary(name, XO, (b, x) => vectorFloat(b, name, x));
const compare = (name: VectorOperation, XO: number): Insn => comparison(name, XO, (b, x, y) => vectorFloat(b, name, x, y));

/** The multiplier is VRC, which is written before the addend. */
const multiplyAdd = (name: 'vmaddfp' | 'vnmsubfp', XO: number): Insn =>
  insn(name, `000100 VRT:5 VRA:5 VRB:5 VRC:5 ${fixed(XO, 6)}`, {
    feature: 'VMX',
    asm: f => `${name}\t${v(f.VRT)},${v(f.VRA)},${v(f.VRC)},${v(f.VRB)}`,
    exec: (b, f) => setVR(b, f.VRT, vectorFloat(b, name, VR(b, f.VRA), VR(b, f.VRB), VR(b, f.VRC))),
  });

/** Integers are scaled by 2 ** UIM. */
const conversion = (name: VectorOperation, XO: number): Insn =>
  insn(name, `000100 VRT:5 UIM:5 VRB:5 ${fixed(XO, 11)}`, {
    feature: 'VMX',
    asm: f => `${name}\t${v(f.VRT)},${v(f.VRB)},${f.UIM}`,
    exec: (b, f) => setVR(b, f.VRT, vectorFloat(b, name, VR(b, f.VRB), b.vsplat(32, b.extU(b.operand(f.UIM))))),
  });

/** No element is out of bounds: CR6 has only this. */
const bounds = insn('vcmpbfp', '000100 VRT:5 VRA:5 VRB:5 Rc!1 1111000110', {
  feature: 'VMX',
  asm: f => `vcmpbfp${f.Rc ? '.' : ''}\t${v(f.VRT)},${v(f.VRA)},${v(f.VRB)}`,
  exec(b, f) {
    const result = vectorFloat(b, 'vcmpbfp', VR(b, f.VRA), VR(b, f.VRB));
    setVR(b, f.VRT, result);
    if (f.Rc) setCR6(b, b.i32(0), b.eqz(b.vany(result)));
  },
});

export const vmxFloat: readonly Insn[] = [
  two('vaddfp', 10),
  two('vsubfp', 74),
  multiplyAdd('vmaddfp', 46),
  multiplyAdd('vnmsubfp', 47),
  two('vmaxfp', 1034),
  two('vminfp', 1098),
  one('vrefp', 266),
  one('vrsqrtefp', 330),
  one('vrfin', 522),
  one('vrfiz', 586),
  one('vrfip', 650),
  one('vrfim', 714),
  conversion('vcfux', 778),
  conversion('vcfsx', 842),
  conversion('vctuxs', 906),
  conversion('vctsxs', 970),
  compare('vcmpeqfp', 198),
  compare('vcmpgefp', 454),
  compare('vcmpgtfp', 710),
  bounds,
];
