/** SVE predicate logical operations and partition breaks (DDI 0487, C4.1 "SVE Predicate Logical Operations" and "SVE Propagate Break", C8.2). */
import type { Builder, I32 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { setNZCV } from '../pseudocode.ts';
import { merging, p, zeroing } from '../sve/names.ts';
import { ALL, LastActive, lowest, P, PredTest, setP } from '../sve/predicate.ts';
import { fixed } from './fixed.ts';
import { sveInsn } from './sve-access.ts';

type Operation = (b: Builder, n: I32, m: I32) => I32;
interface Registers { readonly Pd: number; readonly Pg: number; readonly Pn: number; readonly Pm: number }

/** The operands of what is written as MOV or NOT. */
type Alias = (f: Registers) => string | undefined;
const none: Alias = () => undefined;

function logical(mnemonic: string, op: string, o2: string, o3: string, operation: Operation, alias: Alias = none): Insn {
  const name = mnemonic.toUpperCase();
  return sveInsn(`${name}, ${name}S (predicates)`, `00100101 ${fixed(op)} S!1 00 Pm:4 01 Pg:4 ${fixed(o2)} Pn:4 ${fixed(o3)} Pd:4`, {
    asm(f) {
      const s = f.S ? 's' : '';
      const [moved, operands] = alias(f)?.split('\t') ?? [];
      if (moved !== undefined) return `${moved}${s}\t${operands}`;
      return `${mnemonic}${s}\t${p(0, f.Pd)}, ${zeroing(f.Pg)}, ${p(0, f.Pn)}, ${p(0, f.Pm)}`;
    },
    exec(b, f) {
      const governing = P(b, f.Pg);
      const result = b.and(operation(b, P(b, f.Pn), P(b, f.Pm)), governing);
      setP(b, f.Pd, result);
      if (f.S) setNZCV(b, PredTest(b, 8, governing, result));
    },
  });
}

const moved: Alias = f => (f.Pn === f.Pm ? `mov\t${p(0, f.Pd)}, ${zeroing(f.Pg)}, ${p(0, f.Pn)}` : undefined);
const movedWhole: Alias = f => (f.Pn === f.Pm && f.Pg === f.Pn ? `mov\t${p(0, f.Pd)}, ${p(0, f.Pn)}` : undefined);
const inverted: Alias = f => (f.Pm === f.Pg ? `not\t${p(0, f.Pd)}, ${zeroing(f.Pg)}, ${p(0, f.Pn)}` : undefined);

const operations: readonly Insn[] = [
  logical('and', '0', '0', '0', (b, n, m) => b.and(n, m), moved),
  logical('bic', '0', '0', '1', (b, n, m) => b.and(n, b.not(m))),
  logical('eor', '0', '1', '0', (b, n, m) => b.xor(n, m), inverted),
  logical('orr', '1', '0', '0', (b, n, m) => b.or(n, m), movedWhole),
  logical('orn', '1', '0', '1', (b, n, m) => b.or(n, b.not(m))),
  logical('nor', '1', '1', '0', (b, n, m) => b.not(b.or(n, m))),
  logical('nand', '1', '1', '1', (b, n, m) => b.not(b.and(n, m))),
  sveInsn('SEL (predicates)', '00100101 00 00 Pm:4 01 Pg:4 1 Pn:4 1 Pd:4', {
    asm: f => (f.Pd === f.Pm
      ? `mov\t${p(0, f.Pd)}, ${merging(f.Pg)}, ${p(0, f.Pn)}`
      : `sel\t${p(0, f.Pd)}, p${f.Pg}, ${p(0, f.Pn)}, ${p(0, f.Pm)}`),
    exec(b, f) {
      const governing = P(b, f.Pg);
      setP(b, f.Pd, b.or(b.and(P(b, f.Pn), governing), b.and(P(b, f.Pm), b.not(governing))));
    },
  }),
];

/** Elements up to the first one where `p` is true: with it (A), or before it (B); all where it never is. */
function upToFirst(b: Builder, before: number, p: I32): I32 {
  const first = lowest(b, p);
  const below = b.sub(first, b.i32(1));
  return before ? below : b.or(below, first);
}

const breakNames = ['a', 'b'] as const;

const breaks: readonly Insn[] = [
  sveInsn('BRKA, BRKAS, BRKB, BRKBS', '00100101 B!1 S!1 010000 01 Pg:4 0 Pn:4 M!1 Pd:4', {
    valid: f => !(f.S && f.M),
    asm: f => `brk${breakNames[f.B]}${f.S ? 's' : ''}\t${p(0, f.Pd)}, ${f.M ? merging(f.Pg) : zeroing(f.Pg)}, ${p(0, f.Pn)}`,
    exec(b, f) {
      const governing = P(b, f.Pg);
      const active = b.and(upToFirst(b, f.B, b.and(P(b, f.Pn), governing)), governing);
      const result = f.M ? b.or(active, b.and(P(b, f.Pd), b.not(governing))) : active;
      setP(b, f.Pd, result);
      if (f.S) setNZCV(b, PredTest(b, 8, governing, result));
    },
  }),
  sveInsn('BRKN, BRKNS', '00100101 0 S!1 011000 01 Pg:4 0 Pn:4 0 Pdm:4', {
    asm: f => `brkn${f.S ? 's' : ''}\t${p(0, f.Pdm)}, ${zeroing(f.Pg)}, ${p(0, f.Pn)}, ${p(0, f.Pdm)}`,
    exec(b, f) {
      const result = b.select(LastActive(b, P(b, f.Pg), P(b, f.Pn)), P(b, f.Pdm), b.i32(0));
      setP(b, f.Pdm, result);
      if (f.S) setNZCV(b, PredTest(b, 8, ALL(b), result));
    },
  }),
  sveInsn('BRKPA, BRKPAS, BRKPB, BRKPBS', '00100101 0 S!1 00 Pm:4 11 Pg:4 0 Pn:4 B!1 Pd:4', {
    asm: f => `brkp${breakNames[f.B]}${f.S ? 's' : ''}\t${p(0, f.Pd)}, ${zeroing(f.Pg)}, ${p(0, f.Pn)}, ${p(0, f.Pm)}`,
    exec(b, f) {
      const governing = P(b, f.Pg);
      const active = b.and(upToFirst(b, f.B, b.and(P(b, f.Pm), governing)), governing);
      const result = b.select(LastActive(b, governing, P(b, f.Pn)), active, b.i32(0));
      setP(b, f.Pd, result);
      if (f.S) setNZCV(b, PredTest(b, 8, governing, result));
    },
  }),
];

export const svePredicateLogical: readonly Insn[] = [...operations, ...breaks];
