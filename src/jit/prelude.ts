/**
 * Functions that every module begins with, so that units call them directly: the jump-cache lookup, the ways out, the
 * slow path of memory, packing of flags. What they do would otherwise be written out at each of thousands of places,
 * where it is rarely run.
 */
import { Bytes } from '../wasm/bytes.ts';
import { ModuleBuilder, unitSignature, type MemoryImport, type Signature } from '../wasm/module.ts';
import { I32, I64, op, VOID } from '../wasm/opcodes.ts';
import { exit, importIndex, imports, JUMP_ENTRIES, JUMP_ENTRY_BYTES, jumpEntry, type StateOffsets } from './abi.ts';

const first = imports.length;
/** Their function numbers. */
export const prelude = {
  /** (cpu, pc): goes to the unit that the jump cache knows for pc and the current key, or leaves with `lookup`. */
  lookup: first,
  /** (cpu, offset in the page): the same for a PC in the page of the running unit. */
  go: first + 1,
  /** (cpu, offset in the page, code): leaves with PC there. */
  leave: first + 2,
  /** (cpu, address, descriptor) → not 0: leave. The imports, with the address whole. */
  load: first + 3,
  store: first + 4,
  atomic: first + 5,
  /** (x, y) → NZCV of x + y or x - y. */
  packAdd32: first + 6,
  packAdd64: first + 7,
  packSub32: first + 8,
  packSub64: first + 9,
} as const;

/** Function number of what a module adds first. */
export const FIRST_UNIT: number = first + Object.keys(prelude).length;

const returnsI32 = (...params: number[]): Signature => ({ params, results: [I32] });

/** A function body that is written by hand. */
export class Body extends Bytes {
  op(...bytes: number[]): void { for (const b of bytes) this.u8(b); }
  get(l: number): void { this.withUleb(op.localGet, l); }
  set(l: number): void { this.withUleb(op.localSet, l); }
  tee(l: number): void { this.withUleb(op.localTee, l); }
  i32(v: number): void { this.u8(op.i32Const); this.sleb(v); }
  i64(v: number): void { this.u8(op.i64Const); this.sleb64(v, v >> 31); }
  mem(opcode: number, offset: number): void { this.u8(opcode); this.withUleb(0, offset); }
  end(): this {
    this.u8(op.end);
    return this;
  }
}

/** A module that has the imports and the shared functions. `unitType`: index of the type of units. */
export function startModule(memory: MemoryImport, at: StateOffsets): { module: ModuleBuilder; unitType: number } {
  const module = new ModuleBuilder(memory);
  for (const [name, signature] of imports) module.importFunction(name, signature);
  const unitType = module.type(unitSignature);
  module.addFunction(returnsI32(I32, I64), lookupBody(at, unitType));
  module.addFunction(returnsI32(I32, I32), goBody(at));
  module.addFunction(returnsI32(I32, I32, I32), leaveBody(at));
  for (const which of ['load', 'store', 'atomic'] as const) module.addFunction(returnsI32(I32, I64, I32), slowBody(importIndex[which]));
  for (const subtract of [false, true]) {
    module.addFunction(returnsI32(I32, I32), packBody(false, subtract));
    module.addFunction(returnsI32(I64, I64), packBody(true, subtract));
  }
  return { module, unitType };
}

function lookupBody(at: StateOffsets, unitType: number): Body {
  const b = new Body();
  const [cpu, pc, entry] = [0, 1, 2];
  b.op(1, 1, I32);
  b.get(cpu); b.get(pc); b.mem(op.i64Store, at.pc);
  b.get(pc); b.op(op.i32WrapI64);
  b.i32(Math.log2(JUMP_ENTRY_BYTES) - 2); b.op(op.i32Shl);
  b.i32((JUMP_ENTRIES - 1) * JUMP_ENTRY_BYTES); b.op(op.i32And);
  b.get(cpu); b.mem(op.i32Load, at.jumpCache); b.op(op.i32Add); b.tee(entry);
  b.mem(op.i64Load, jumpEntry.pc); b.get(pc); b.op(op.i64Eq);
  b.get(entry); b.mem(op.i32Load, jumpEntry.key); b.get(cpu); b.mem(op.i32Load, at.unitKey); b.op(op.i32Eq, op.i32And);
  b.op(op.if, VOID);
  b.get(cpu); b.get(pc); b.i64(-4096); b.op(op.i64And); b.mem(op.i64Store, at.pcPage);
  b.get(cpu); b.get(entry); b.mem(op.i32Load, jumpEntry.record); b.mem(op.i32Store, at.coldRecord);
  b.get(cpu); b.get(entry); b.mem(op.i32Load, jumpEntry.unit);
  b.op(op.returnCallIndirect); b.uleb(unitType); b.u8(0);
  b.op(op.end);
  b.i32(exit.lookup);
  return b.end();
}

/** Pushes the PC that is the page's address and what `offset` pushes. */
export function pcInPage(b: Body, at: StateOffsets, offset: () => void): void {
  b.get(0); b.mem(op.i64Load, at.pcPage); offset(); b.op(op.i64Add);
}

function goBody(at: StateOffsets): Body {
  const b = new Body();
  b.op(0);
  b.get(0);
  pcInPage(b, at, () => { b.get(1); b.op(op.i64ExtendI32U); });
  b.withUleb(op.returnCall, prelude.lookup);
  return b.end();
}

function leaveBody(at: StateOffsets): Body {
  const b = new Body();
  b.op(0);
  b.get(0);
  pcInPage(b, at, () => { b.get(1); b.op(op.i64ExtendI32U); });
  b.mem(op.i64Store, at.pc);
  b.get(2);
  return b.end();
}

function slowBody(imported: number): Body {
  const b = new Body();
  const [cpu, address, descriptor] = [0, 1, 2];
  b.op(0);
  b.get(cpu);
  b.get(address); b.op(op.i32WrapI64);
  b.get(address); b.i64(32); b.op(op.i64ShrU, op.i32WrapI64);
  b.get(descriptor);
  b.withUleb(op.call, imported);
  return b.end();
}

/** N Z C V in bits 31..28; ir/flags.ts has the same as IR, for where it is folded or must be inline. */
function packBody(wide: boolean, subtract: boolean): Body {
  const b = new Body();
  const [x, y, r] = [0, 1, 2];
  const o = wide
    ? { add: op.i64Add, sub: op.i64Sub, eqz: op.i64Eqz, leU: op.i64LeU, ltU: op.i64LtU, xor: op.i64Xor, and: op.i64And }
    : { add: op.i32Add, sub: op.i32Sub, eqz: op.i32Eqz, leU: op.i32LeU, ltU: op.i32LtU, xor: op.i32Xor, and: op.i32And };
  const high = (): void => { if (wide) { b.i64(32); b.op(op.i64ShrU, op.i32WrapI64); } };
  const place = (bit: number): void => { b.i32(bit); b.op(op.i32Shl, op.i32Or); };
  b.op(1, 1, wide ? I64 : I32);
  b.get(x); b.get(y); b.op(subtract ? o.sub : o.add); b.tee(r);
  high(); b.i32(0x80000000); b.op(op.i32And);
  b.get(r); b.op(o.eqz); place(30);
  if (subtract) { b.get(y); b.get(x); b.op(o.leU); } else { b.get(r); b.get(x); b.op(o.ltU); }
  place(29);
  b.get(x); b.get(subtract ? y : r); b.op(o.xor);
  b.get(subtract ? x : y); b.get(r); b.op(o.xor, o.and);
  high(); b.i32(31); b.op(op.i32ShrU); place(28);
  return b.end();
}
