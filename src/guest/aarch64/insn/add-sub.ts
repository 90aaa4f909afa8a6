/** The end that every form of ADD and SUB has (DDI 0487, C6.2). */
import type { Builder, Int, Operand } from '../../../isa/builder.ts';
import { AddOrSub, setNZCV, setX } from '../pseudocode.ts';

/** Without flags the immediate and the extended register forms write SP where others write ZR: `setPlain`. */
export function addOrSub(
  b: Builder,
  f: { readonly op: number; readonly S: number; readonly Rd: Operand },
  x: Int,
  y: Int,
  setPlain = setX,
): void {
  if (!f.S) {
    setPlain(b, f.Rd, f.op ? b.sub(x, y) : b.add(x, y));
    return;
  }
  const [result, nzcv] = AddOrSub(b, x, y, f.op === 1);
  setX(b, f.Rd, result);
  setNZCV(b, nzcv);
}
