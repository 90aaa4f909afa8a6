/** The stages of an instruction's fields, as the compiler sees them: `tsc -p .` fails where an expected error is missing. */
import { expect, expectTypeOf, test } from 'vitest';
import type { I64, Operand } from '../../src/isa/builder.ts';
import { insn } from '../../src/isa/insn.ts';

test('modes are numbers; operands and what is derived are opaque', () => {
  const made = insn('staged', 'sf!1 op:2 00000000 Rm:5 imm6:6 Rn:5 Rd:5', {
    derive: f => {
      expectTypeOf(f.Rm).toEqualTypeOf<number>();
      return { narrow: f.imm6 + 1, wide: 1n };
    },
    valid: f => f.Rm === 3 || f.sf === 1,
    asm: f => `x${f.Rm}`,
    exec(_b, f) {
      expectTypeOf(f.sf).toEqualTypeOf<number>();
      expectTypeOf(f.Rm).toEqualTypeOf<Operand>();
      expectTypeOf(f.narrow).toEqualTypeOf<Operand>();
      expectTypeOf(f.wide).toEqualTypeOf<I64>();
    },
  });
  expect(made.fields.filter(f => f.mode).map(f => f.name)).toEqual(['sf']);
});

/** Never run: it is here to be compiled. */
export const refused = insn('refused', 'sf!1 op:2 00000000 Rm:5 imm6:6 Rn:5 Rd:5', {
  asm: () => '',
  // @ts-expect-error: a field that the pattern doesn't have
  valid: f => f.Ra === 1,
  exec(b, f) {
    // @ts-expect-error: an operand has no value to compare with
    if (f.Rm === 31) b.i32(1);
    // @ts-expect-error: nor an order
    if (f.Rm > 30) b.i32(1);
    // @ts-expect-error: nor arithmetic
    b.i32(f.imm6 + 1);
    // @ts-expect-error: nor does it select a case
    switch (f.op) { case 1: b.i32(1); }
    // @ts-expect-error: nor an element
    b.i32([1, 2, 3][f.op] ?? 0);
    // @ts-expect-error: an operand is no value of the builder before b.operand
    b.add(f.Rm, b.i32(1));
    // @ts-expect-error: a computed value has no truth that could be compared
    if (b.eqz(b.operand(f.Rm)) === 1) b.i32(1);
    // @ts-expect-error: widths differ
    b.add(b.i32(1), b.i64(1));
    // @ts-expect-error: a field that the pattern doesn't have
    b.operand(f.Ra);
  },
});
