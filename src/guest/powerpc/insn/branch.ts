/** Branches: Power ISA Book I, 2.4. */
import { signExtend } from '../../../base/bits.ts';
import type { Builder, I32, I64, Operand } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { crBit, crf, target } from '../names.ts';
import { address, CRBit, fixed, inMode } from '../pseudocode.ts';
import { fields } from '../state.ts';

// What the bits of BO say; the rest is hints.
const ALWAYS = 0b10100;
const WITHOUT_CONDITION = 0b10000;
const WHERE_TRUE = 0b01000;
const WITHOUT_CTR = 0b00100;
const WHERE_CTR_ZERO = 0b00010;

const link = (b: Builder): void => b.set(fields.LR, next(b));
const next = (b: Builder): I64 => address(b, b.add(b.pc(), b.i64(4)));

/** Counts CTR down where BO asks for it; whether the branch is taken, undefined for always. */
function taken(b: Builder, BO: number, BI: Operand): I32 | undefined {
  if ((BO & ALWAYS) === ALWAYS) return undefined;
  const bit = CRBit(b, b.operand(BI));
  const condition = BO & WITHOUT_CONDITION ? undefined : BO & WHERE_TRUE ? bit : b.eqz(bit);
  if (BO & WITHOUT_CTR) return condition;
  const count = b.sub(b.get(fields.CTR), b.i64(1));
  b.set(fields.CTR, count);
  const isZero = b.eqz(inMode(b, count));
  const counted = BO & WHERE_CTR_ZERO ? isZero : b.eqz(isZero);
  return condition ? b.and(condition, counted) : counted;
}

const branch = insn('b', '010010 LI:24 AA!1 LK!1', {
  derive: f => ({ offset: signExtend(f.LI, 24) * 4 }),
  asm: (f, pc) => `b${f.LK ? 'l' : ''}${f.AA ? 'a' : ''}\t${target(f, pc, signExtend(f.LI, 24) * 4)}`,
  exec(b, f) {
    if (f.LK) link(b);
    if (f.AA) b.branchTo(address(b, b.extS(b.operand(f.offset))), 'jump');
    else b.branch(b.operand(f.offset), { link: f.LK === 1 });
  },
});

const conditions = [['ge', 'le', 'ne', 'ns'], ['lt', 'gt', 'eq', 'so']] as const;

/** Mnemonic and operands, by BO's kinds; `suffix` is the target's ('lr', 'ctr', 'tar') and 'l' and 'a'. */
function text(suffix: string, BO: number, BI: number, operands: string): string {
  const list = (...items: string[]): string => items.filter(Boolean).join(',');
  const hinted = (BO & ALWAYS) === WITHOUT_CONDITION ? (BO & 8) !== 0 : (BO & ALWAYS) === WITHOUT_CTR && (BO & 2) !== 0;
  const hint = hinted ? (BO & 1 ? '+' : '-') : '';
  const raw = `b${suffix === '' || /^l?a?$/.test(suffix) ? 'c' : `c${suffix}`}`;
  const plain = `${raw === 'bc' ? `bc${suffix}` : raw}${hint}\t${list(String(BO), crBit(BI), operands)}`;
  const z = BO & WHERE_CTR_ZERO ? 'z' : 'nz';
  const usesCTR = suffix.startsWith('ctr');
  switch (BO & ALWAYS) {
    case 0: return usesCTR ? plain : `bd${z}${BO & WHERE_TRUE ? 't' : 'f'}${suffix}\t${list(crBit(BI), operands)}`;
    case WITHOUT_CTR: {
      // cr0 is left out where nothing or an address follows.
      const field = BI > 3 || /^\d$/.test(operands) ? crf(BI >> 2) : '';
      return `b${conditions[BO & WHERE_TRUE ? 1 : 0][BI & 3]}${suffix}${hint}\t${list(field, operands)}`.trimEnd();
    }
    case WITHOUT_CONDITION: return BI !== 0 || usesCTR ? plain : `bd${z}${suffix}${hint}\t${operands}`.trimEnd();
    default: return BI !== 0 || raw === 'bc' ? plain : `b${suffix}\t${operands}`.trimEnd();
  }
}

const bc = insn('bc', '010000 BO!5 BI:5 BD:14 AA!1 LK!1', {
  derive: f => ({ offset: signExtend(f.BD, 14) * 4 }),
  asm: (f, pc) => text(`${f.LK ? 'l' : ''}${f.AA ? 'a' : ''}`, f.BO, f.BI, target(f, pc, signExtend(f.BD, 14) * 4)),
  exec(b, f) {
    const condition = taken(b, f.BO, f.BI);
    if (f.LK) link(b);
    if (f.AA) goto(b, condition, address(b, b.extS(b.operand(f.offset))), f.LK);
    else if (condition) b.branchIf(condition, b.operand(f.offset));
    else b.branch(b.operand(f.offset), { link: f.LK === 1 });
  },
});

function goto(b: Builder, condition: I32 | undefined, to: I64, LK: number, kind: 'jump' | 'return' = 'jump'): void {
  b.branchTo(condition ? b.select(condition, to, next(b)) : to, LK ? 'call' : kind);
}

function toRegister(name: string, XO: number, suffix: string, register: typeof fields.LR, feature?: string): Insn {
  return insn(name, `010011 BO!5 BI:5 000 BH:2 ${fixed(XO, 10)} LK!1`, {
    ...(feature && { feature }),
    // Counting in the register that holds the target is an invalid form.
    valid: f => register !== fields.CTR || (f.BO & WITHOUT_CTR) !== 0,
    asm: f => text(`${suffix}${f.LK ? 'l' : ''}`, f.BO, f.BI, f.BH ? String(f.BH) : ''),
    exec(b, f) {
      const to = address(b, b.and(b.get(register), b.i64(-4)));
      const condition = taken(b, f.BO, f.BI);
      if (f.LK) link(b);
      goto(b, condition, to, f.LK, register === fields.LR ? 'return' : 'jump');
    },
  });
}

export const branches: readonly Insn[] = [
  branch, bc,
  toRegister('bclr', 16, 'lr', fields.LR),
  toRegister('bcctr', 528, 'ctr', fields.CTR),
  toRegister('bctar', 560, 'tar', fields.TAR, '2.07'),
];
