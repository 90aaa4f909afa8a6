/**
 * The code that is the same for every guest: the jump-cache lookup that every module has a copy of, and what a cold
 * block's records need besides their handlers.
 */
import { Bytes } from '../wasm/bytes.ts';
import { ModuleBuilder, unitSignature, type MemoryImport, type Signature } from '../wasm/module.ts';
import { I32, op, VOID } from '../wasm/opcodes.ts';
import { coldHeader, coldRecord, exit, imports, JUMP_ENTRIES, JUMP_ENTRY_BYTES, jumpEntry, lookupSignature, staticSlots, type StateOffsets } from './abi.ts';

export const handlerSignature: Signature = { params: [I32, I32], results: [I32] };

/** A module that has the imports and, as its first function, the lookup. */
export function startModule(memory: MemoryImport, at: StateOffsets): { module: ModuleBuilder; lookup: number; unitType: number } {
  const module = new ModuleBuilder(memory);
  for (const [name, signature] of imports) module.importFunction(name, signature);
  const unitType = module.type(unitSignature);
  const lookup = module.addFunction(lookupSignature, lookupBody(at, unitType));
  return { module, lookup, unitType };
}

class Body extends Bytes {
  op(...bytes: number[]): void { for (const b of bytes) this.u8(b); }
  get(l: number): void { this.u8(op.localGet); this.uleb(l); }
  set(l: number): void { this.u8(op.localSet); this.uleb(l); }
  tee(l: number): void { this.u8(op.localTee); this.uleb(l); }
  i32(v: number): void { this.u8(op.i32Const); this.sleb(v); }
  i64(v: number): void { this.u8(op.i64Const); this.sleb64(v, v >> 31); }
  mem(opcode: number, offset: number): void { this.u8(opcode); this.u8(0); this.uleb(offset); }
}

/** (cpu, pc): goes to the unit that the jump cache knows for pc and the current key, or leaves with `lookup`. */
function lookupBody(at: StateOffsets, unitType: number): Bytes {
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
  b.op(op.end);
  return b;
}

/** cpu.pc = pcPage + the offset that is at `base` + `offset`, and out. */
function leaveAt(b: Body, at: StateOffsets, base: number, offset: number, code: number): void {
  b.get(0);
  pcAt(b, at, base, offset);
  b.mem(op.i64Store, at.pc);
  b.i32(code); b.op(op.return);
}

function pcAt(b: Body, at: StateOffsets, base: number, offset: number): void {
  b.get(0); b.mem(op.i64Load, at.pcPage); b.get(base); b.mem(op.i64Load32U, offset); b.op(op.i64Add);
}

/** Goes to the handler of the record that lies `size` bytes behind local `record`. */
export function nextRecord(b: Bytes, record: number, size: number, handlerType: number): void {
  for (const byte of [op.localGet, 0, op.localGet, record, op.i32Const]) b.u8(byte);
  b.sleb(size);
  for (const byte of [op.i32Add, op.localGet, record, op.i32Load, 0]) b.u8(byte);
  b.uleb(size + coldRecord.handler);
  b.u8(op.returnCallIndirect); b.uleb(handlerType); b.u8(0);
}

/** (cpu): runs the block that `coldRecord` names; counts its heat where `heated`. */
function coldBody(at: StateOffsets, handlerType: number, heated: boolean): Bytes {
  const b = new Body();
  const [cpu, block, left] = [0, 1, 2];
  b.op(1, 2, I32);
  b.get(cpu); b.mem(op.i32Load, at.coldRecord); b.set(block);
  b.get(cpu); b.mem(op.i32Load, at.request);
  b.op(op.if, VOID); leaveAt(b, at, block, coldHeader.pcOffset, exit.request); b.op(op.end);
  if (heated) {
    b.get(block); b.get(block); b.mem(op.i32Load, coldHeader.heat); b.i32(1); b.op(op.i32Sub); b.tee(left); b.mem(op.i32Store, coldHeader.heat);
    b.get(left); b.op(op.i32Eqz, op.if, VOID); leaveAt(b, at, block, coldHeader.pcOffset, exit.hot); b.op(op.end);
  }
  nextRecord(b, block, coldHeader.size, handlerType);
  b.op(op.end);
  return b;
}

/** (cpu, record): the next instruction costs one of the budget, which may be used up. */
function countBody(at: StateOffsets, handlerType: number): Bytes {
  const b = new Body();
  const [cpu, record] = [0, 1];
  b.op(0);
  b.get(cpu); b.mem(op.i32Load, at.budgetLeft); b.op(op.i32Eqz, op.if, VOID); leaveAt(b, at, record, coldRecord.pcOffset, exit.budget); b.op(op.end);
  b.get(cpu); b.get(cpu); b.mem(op.i32Load, at.budgetLeft); b.i32(1); b.op(op.i32Sub); b.mem(op.i32Store, at.budgetLeft);
  nextRecord(b, record, coldRecord.fields, handlerType);
  b.op(op.end);
  return b;
}

/** (cpu, record): the block is over; whatever is at the record's PC comes next. */
function endBody(at: StateOffsets, lookup: number): Bytes {
  const b = new Body();
  b.op(0);
  b.get(0); pcAt(b, at, 1, coldRecord.pcOffset); b.op(op.returnCall); b.uleb(lookup);
  b.op(op.end);
  return b;
}

/** The module that every CPU starts with: `enter(cpu)` at its PC, `step` for a cold block that no heat stops, and the static handlers. */
export function staticModule(memory: MemoryImport, at: StateOffsets): Uint8Array<ArrayBuffer> {
  const { module, lookup } = startModule(memory, at);
  const handlerType = module.type(handlerSignature);
  const cold = module.addFunction(unitSignature, coldBody(at, handlerType, true));
  const step = module.addFunction(unitSignature, coldBody(at, handlerType, false));
  const count = module.addFunction(handlerSignature, countBody(at, handlerType));
  const end = module.addFunction(handlerSignature, endBody(at, lookup));
  const enter = new Body();
  enter.op(0);
  enter.get(0); enter.get(0); enter.mem(op.i64Load, at.pc); enter.op(op.returnCall); enter.uleb(lookup);
  enter.op(op.end);
  module.exportFunction('step', step);
  module.exportFunction('enter', module.addFunction(unitSignature, enter));
  module.fillTable(staticSlots.cold, [cold, count, end]);
  return module.encode();
}
