/**
 * Host floating point has no place in the reference: it always takes the exact helper of a `fallback`. An entry that
 * gets here uses the host's arithmetic outside of a fast path.
 */
import type { Builder } from '../builder.ts';

const names = ['f32', 'f64', 'vOfFloat', 'fadd', 'fsub', 'fmul', 'fdiv', 'fsqrt', 'fneg', 'fabs', 'fround', 'feq', 'flt', 'fle', 'demote', 'promote',
  'fromIntS', 'fromIntU', 'toIntS', 'toIntU', 'bitsOfFloat', 'floatOfBits', 'vfadd', 'vfsub', 'vfmul', 'vfdiv', 'vfsqrt', 'vfabs', 'vfneg', 'vfeq',
  'vflt', 'vfle', 'vfmadd'] as const satisfies readonly (keyof Builder)[];

function refuse(): never {
  throw new Error('host float outside a fast path');
}

export const floatOps = {
  ...Object.fromEntries(names.map(name => [name, refuse])) as unknown as Pick<Builder, (typeof names)[number]>,
  fused: false,
};
