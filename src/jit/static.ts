/**
 * The code that is the same for every guest: the jump-cache lookup that every module has a copy of, and the loop that
 * runs a cold block's records through their handlers.
 */
import { Bytes } from '../wasm/bytes.ts';
import { ModuleBuilder, unitSignature, type MemoryImport, type Signature } from '../wasm/module.ts';
import { I32, op, VOID } from '../wasm/opcodes.ts';
import { coldHeader, coldRecord, exit, imports, JUMP_ENTRIES, JUMP_ENTRY_BYTES, jumpEntry, lookupSignature, type StateOffsets } from './abi.ts';

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

/** Runs the block that `coldRecord` names; counts its heat where `heated`, and the instructions where `counted`. */
function coldBody(at: StateOffsets, handlerType: number, lookup: number, heated: boolean, counted: boolean): Bytes {
  const b = new Body();
  const [cpu, block, record, left, code] = [0, 1, 2, 3, 4];
  const leaveAt = (base: number, offset: number, exitCode: number): void => {
    b.get(cpu);
    b.get(cpu); b.mem(op.i64Load, at.pcPage); b.get(base); b.mem(op.i64Load32U, offset); b.op(op.i64Add);
    b.mem(op.i64Store, at.pc);
    b.i32(exitCode); b.op(op.return);
  };
  b.op(1, 4, I32);
  b.get(cpu); b.mem(op.i32Load, at.coldRecord); b.set(block);
  b.get(cpu); b.mem(op.i32Load, at.request);
  b.op(op.if, VOID); leaveAt(block, coldHeader.pcOffset, exit.request); b.op(op.end);
  if (heated) {
    b.get(block); b.get(block); b.mem(op.i32Load, coldHeader.heat); b.i32(1); b.op(op.i32Sub); b.tee(left); b.mem(op.i32Store, coldHeader.heat);
    b.get(left); b.op(op.i32Eqz, op.if, VOID); leaveAt(block, coldHeader.pcOffset, exit.hot); b.op(op.end);
  }
  b.get(block); b.mem(op.i32Load, coldHeader.count); b.set(left);
  b.get(block); b.i32(coldHeader.size); b.op(op.i32Add); b.set(record);
  b.op(op.loop, VOID);
  if (counted) {
    b.get(cpu); b.mem(op.i32Load, at.budgetLeft); b.op(op.i32Eqz, op.if, VOID); leaveAt(record, coldRecord.pcOffset, exit.budget); b.op(op.end);
    addToBudget(b, at, -1);
  }
  b.get(cpu); b.get(record); b.get(record); b.mem(op.i32Load, coldRecord.handler);
  b.op(op.callIndirect); b.uleb(handlerType); b.u8(0);
  b.tee(code); b.op(op.if, VOID);
  b.get(code); b.i32(exit.branched); b.op(op.i32Eq, op.if, VOID);
  b.get(cpu); b.get(cpu); b.mem(op.i64Load, at.pc); b.op(op.returnCall); b.uleb(lookup);
  b.op(op.end);
  if (counted) addToBudget(b, at, 1);
  b.get(code); b.op(op.return);
  b.op(op.end);
  b.get(record); b.get(record); b.mem(op.i32Load, coldRecord.size); b.op(op.i32Add); b.set(record);
  b.get(left); b.i32(1); b.op(op.i32Sub); b.tee(left); b.op(op.brIf, 0);
  b.op(op.end);
  b.get(cpu);
  b.get(cpu); b.mem(op.i64Load, at.pcPage); b.get(block); b.mem(op.i64Load32U, coldHeader.endOffset); b.op(op.i64Add);
  b.op(op.returnCall); b.uleb(lookup);
  b.op(op.end);
  return b;
}

function addToBudget(b: Body, at: StateOffsets, n: number): void {
  b.get(0);
  b.get(0); b.mem(op.i32Load, at.budgetLeft); b.i32(n); b.op(op.i32Add);
  b.mem(op.i32Store, at.budgetLeft);
}

/** The module that every CPU starts with: `enter(cpu)` at its PC, the two cold loops in table slots, and one as `step` that no heat stops. */
export function staticModule(memory: MemoryImport, at: StateOffsets, coldSlot: number, countedSlot: number): Uint8Array<ArrayBuffer> {
  const { module, lookup } = startModule(memory, at);
  const handlerType = module.type(handlerSignature);
  const cold = module.addFunction(unitSignature, coldBody(at, handlerType, lookup, true, false));
  const counted = module.addFunction(unitSignature, coldBody(at, handlerType, lookup, true, true));
  const step = module.addFunction(unitSignature, coldBody(at, handlerType, lookup, false, true));
  const enter = new Body();
  enter.op(0);
  enter.get(0); enter.get(0); enter.mem(op.i64Load, at.pc); enter.op(op.returnCall); enter.uleb(lookup);
  enter.op(op.end);
  module.exportFunction('step', step);
  module.exportFunction('enter', module.addFunction(unitSignature, enter));
  if (countedSlot !== coldSlot + 1) throw new Error('the cold loops take two slots side by side');
  module.fillTable(coldSlot, [cold, counted]);
  return module.encode();
}

