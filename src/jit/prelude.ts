/**
 * Functions that every module begins with, so that units call them directly: the jump-cache lookup, the ways out, the
 * slow path of memory, packing of flags. What they do would otherwise be written out at each of thousands of places,
 * where it is rarely run.
 */
import type { Bytes } from '../wasm/bytes.ts';
import { Code } from '../wasm/code.ts';
import { ModuleBuilder, unitSignature, type MemoryImport, type Signature } from '../wasm/module.ts';
import { I32, I64, op, VOID } from '../wasm/opcodes.ts';
import { coldHeader, coldRecord, exit, importIndex, imports, JUMP_ENTRIES, JUMP_ENTRY_BYTES, jumpEntry, staticSlots, type StateOffsets } from './abi.ts';

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
  /** (cpu, address of a cold block): runs it. */
  block: first + 10,
  /** (cpu, pc, address of a link): `lookup`, which also makes the link where it finds a cold block of the running page. */
  lookupLink: first + 11,
} as const;

/** Function number of what a module adds first. */
export const FIRST_UNIT: number = first + Object.keys(prelude).length;

const returnsI32 = (...params: number[]): Signature => ({ params, results: [I32] });

/** A function body that is written by hand. */
export class Body extends Code {
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

/** The bodies of the shared functions, in order. */
export type Prelude = readonly (readonly [signature: Signature, body: Code])[];

/** Function types that every module has first. */
const UNIT_TYPE = 0;
const HANDLER_TYPE = 1;
export const handlerSignature: Signature = { params: [I32, I32], results: [I32] };

export function createPrelude(at: StateOffsets): Prelude {
  return [
    [returnsI32(I32, I64), lookupBody(at, false)],
    [returnsI32(I32, I32), goBody(at)],
    [returnsI32(I32, I32, I32), leaveBody(at)],
    ...(['load', 'store', 'atomic'] as const).map(which => [returnsI32(I32, I64, I32), slowBody(importIndex[which])] as const),
    ...[false, true].flatMap(subtract => [[returnsI32(I32, I32), packBody(false, subtract)], [returnsI32(I64, I64), packBody(true, subtract)]] as const),
    [returnsI32(I32, I32), blockBody(at)],
    [returnsI32(I32, I64, I32), lookupBody(at, true)],
  ];
}

/** A module that has the imports and the shared functions, and the indices of two types. */
export function startModule(memory: MemoryImport, functions: Prelude, code?: Bytes, out?: Bytes): { module: ModuleBuilder; unitType: number; handlerType: number } {
  const module = new ModuleBuilder(memory, code, out);
  module.type(unitSignature);
  module.type(handlerSignature);
  for (const [name, signature] of imports) module.importFunction(name, signature);
  for (const [signature, body] of functions) module.addFunction(signature, body);
  return { module, unitType: UNIT_TYPE, handlerType: HANDLER_TYPE };
}

/** cpu.pc = pcPage + the offset that is at `base` + `offset`, and out. */
export function leaveAt(b: Body, at: StateOffsets, base: number, offset: number, code: number): void {
  b.get(0);
  pcAt(b, at, base, offset);
  b.mem(op.i64Store, at.pc);
  b.i32(code); b.op(op.return);
}

export function pcAt(b: Body, at: StateOffsets, base: number, offset: number): void {
  pcInPage(b, at, () => { b.get(base); b.mem(op.i64Load32U, offset); });
}

/** Goes to the handler of the record that lies `size` bytes behind local `record`. */
export function nextRecord(b: Bytes, record: number, size: number, handlerType: number): void {
  for (const byte of [op.localGet, 0, op.localGet, record, op.i32Const]) b.u8(byte);
  b.sleb(size);
  for (const byte of [op.i32Add, op.localGet, record, op.i32Load, 0]) b.u8(byte);
  b.uleb(size + coldRecord.handler);
  b.u8(op.returnCallIndirect); b.uleb(handlerType); b.u8(0);
}

/** Runs the block at local `block`, unless there is a request; its heat is counted down through local `left`. */
export function runBlock(b: Body, at: StateOffsets, handlerType: number, block: number, left: number | undefined): void {
  b.get(0); b.mem(op.i32Load, at.request);
  b.hint(false); b.op(op.if, VOID); leaveAt(b, at, block, coldHeader.pcOffset, exit.request); b.op(op.end);
  if (left !== undefined) {
    b.get(block); b.get(block); b.mem(op.i32Load, coldHeader.heat); b.i32(1); b.op(op.i32Sub); b.tee(left); b.mem(op.i32Store, coldHeader.heat);
    b.get(left); b.op(op.i32Eqz); b.hint(false); b.op(op.if, VOID); leaveAt(b, at, block, coldHeader.pcOffset, exit.hot); b.op(op.end);
  }
  nextRecord(b, block, coldHeader.size, handlerType);
}

function blockBody(at: StateOffsets): Body {
  const b = new Body();
  const [cpu, block, left] = [0, 1, 2];
  b.op(1, 1, I32);
  b.get(cpu); b.get(block); b.mem(op.i32Store, at.coldRecord);
  runBlock(b, at, HANDLER_TYPE, block, left);
  return b.end();
}

/** `links`: the third parameter is a link. */
function lookupBody(at: StateOffsets, links: boolean): Body {
  const b = new Body();
  const [cpu, pc, link] = [0, 1, 2];
  const entry = links ? 3 : 2;
  b.op(1, 1, I32);
  b.get(cpu); b.get(pc); b.mem(op.i64Store, at.pc);
  b.get(pc); b.op(op.i32WrapI64);
  b.i32(Math.log2(JUMP_ENTRY_BYTES) - 2); b.op(op.i32Shl);
  b.i32((JUMP_ENTRIES - 1) * JUMP_ENTRY_BYTES); b.op(op.i32And);
  b.get(cpu); b.mem(op.i32Load, at.jumpCache); b.op(op.i32Add); b.tee(entry);
  b.mem(op.i64Load, jumpEntry.pc); b.get(pc); b.op(op.i64Eq);
  b.get(entry); b.mem(op.i32Load, jumpEntry.key); b.get(cpu); b.mem(op.i32Load, at.unitKey); b.op(op.i32Eq, op.i32And);
  b.hint(true);
  b.op(op.if, VOID);
  if (links) {
    b.get(entry); b.mem(op.i32Load, jumpEntry.unit); b.i32(staticSlots.cold); b.op(op.i32Eq);
    b.get(pc); b.i64(-4096); b.op(op.i64And); b.get(cpu); b.mem(op.i64Load, at.pcPage); b.op(op.i64Eq, op.i32And, op.if, VOID);
    b.get(link); b.get(entry); b.mem(op.i32Load, jumpEntry.record); b.mem(op.i32Store, 0);
    b.op(op.end);
  }
  b.get(cpu); b.get(pc); b.i64(-4096); b.op(op.i64And); b.mem(op.i64Store, at.pcPage);
  b.get(cpu); b.get(entry); b.mem(op.i32Load, jumpEntry.record); b.mem(op.i32Store, at.coldRecord);
  b.get(cpu); b.get(entry); b.mem(op.i32Load, jumpEntry.unit);
  b.op(op.returnCallIndirect); b.uleb(UNIT_TYPE); b.u8(0);
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
