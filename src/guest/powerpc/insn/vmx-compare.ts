/** Vector integer comparisons: Power ISA 2.07B Book I, 6.9.3; those for inequality of 3.0B. */
import type { Lane } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { constant, greater } from '../../../isa/vector/lanes.ts';
import { comparison, sizes, type Binary, type Size } from '../vmx/form.ts';

function each(name: string, XO: number, ofDoublewords: number, operation: (lane: Lane) => Binary): Insn[] {
  return (['b', 'h', 'w', 'd'] as const).map((letter: Size, i) =>
    comparison(`${name}${letter}`, letter === 'd' ? ofDoublewords : XO + 64 * i, operation(sizes[letter]), letter === 'd' ? '2.07' : 'VMX'));
}

/** Elements that differ and, with `orZero`, those where either is zero. */
const notEqual = (name: string, XO: number, lane: Lane, orZero: boolean): Insn =>
  comparison(name, XO, (b, x, y) => {
    const equal = b.veq(lane, x, y);
    if (!orZero) return b.vnot(equal);
    const zero = constant(b, lane, 0n);
    return b.vnot(b.vandNot(equal, b.vor(b.veq(lane, x, zero), b.veq(lane, y, zero))));
  }, '3.0');

export const vmxCompare: readonly Insn[] = [
  ...each('vcmpequ', 6, 199, lane => (b, x, y) => b.veq(lane, x, y)),
  ...each('vcmpgtu', 518, 711, lane => (b, x, y) => greater(b, lane, true, x, y)),
  ...each('vcmpgts', 774, 967, lane => (b, x, y) => greater(b, lane, false, x, y)),
  notEqual('vcmpneb', 7, 8, false),
  notEqual('vcmpneh', 71, 16, false),
  notEqual('vcmpnew', 135, 32, false),
  notEqual('vcmpnezb', 263, 8, true),
  notEqual('vcmpnezh', 327, 16, true),
  notEqual('vcmpnezw', 391, 32, true),
];
