/** What a cold block's records need besides their handlers, and the way into generated code. */
import type { Bytes } from '../wasm/bytes.ts';
import { unitSignature, type MemoryImport, type Signature } from '../wasm/module.ts';
import { I32, op, VOID } from '../wasm/opcodes.ts';
import { coldHeader, coldRecord, exit, staticSlots, type StateOffsets } from './abi.ts';
import { Body, pcInPage, prelude, startModule } from './prelude.ts';

export const handlerSignature: Signature = { params: [I32, I32], results: [I32] };

/** cpu.pc = pcPage + the offset that is at `base` + `offset`, and out. */
function leaveAt(b: Body, at: StateOffsets, base: number, offset: number, code: number): void {
  b.get(0);
  pcAt(b, at, base, offset);
  b.mem(op.i64Store, at.pc);
  b.i32(code); b.op(op.return);
}

function pcAt(b: Body, at: StateOffsets, base: number, offset: number): void {
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
function endBody(at: StateOffsets): Bytes {
  const b = new Body();
  b.op(0);
  b.get(0); pcAt(b, at, 1, coldRecord.pcOffset); b.withUleb(op.returnCall, prelude.lookup);
  b.op(op.end);
  return b;
}

/** The module that every CPU starts with: `enter(cpu)` at its PC, `step` for a cold block that no heat stops, and the static handlers. */
export function staticModule(memory: MemoryImport, at: StateOffsets): Uint8Array<ArrayBuffer> {
  const { module } = startModule(memory, at);
  const handlerType = module.type(handlerSignature);
  const cold = module.addFunction(unitSignature, coldBody(at, handlerType, true));
  const step = module.addFunction(unitSignature, coldBody(at, handlerType, false));
  const count = module.addFunction(handlerSignature, countBody(at, handlerType));
  const end = module.addFunction(handlerSignature, endBody(at));
  const enter = new Body();
  enter.op(0);
  enter.get(0); enter.get(0); enter.mem(op.i64Load, at.pc); enter.withUleb(op.returnCall, prelude.lookup);
  enter.op(op.end);
  module.exportFunction('step', step);
  module.exportFunction('enter', module.addFunction(unitSignature, enter));
  module.fillTable(staticSlots.cold, [cold, count, end]);
  return module.encode();
}
