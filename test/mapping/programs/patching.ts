/** Programs that write over their own code: issue 3, item 6. */
import type { Assembler } from '../../vcpu/assembler.ts';
import { NE, word } from '../../vcpu/assembler.ts';
import { Builder, CODE, DATA, type Program, WINDOW } from '../program.ts';

const addX0 = (imm12: number): number => word('ADD/SUB (immediate)', { sf: 1, op: 0, S: 0, imm12, Rn: 0, Rd: 0 });
const RET = word('BR/BLR/RET', { opc: 2, Rn: 30 });
const FAR_AWAY = CODE + 0x5000;
const ROUNDS = 30;

/** DC CVAU, DSB ISH, IC IVAU, DSB ISH, ISB for the address in Xt: what the architecture asks for (B2.4.4). */
const publish = (a: Assembler, Rt: number): Assembler =>
  a.raw(0xd50b_7b20 | Rt, 0xd503_3b9f, 0xd50b_7520 | Rt, 0xd503_3b9f).isb();
const dsb = 0xd503_3b9f;

/** The word in X2 grows by 1 in its immediate each round; `store` puts it at X1. */
function rounds(name: string, patchedFirst: boolean, store: (a: Assembler) => void): Program {
  const b = new Builder();
  const a = b.main.mov(0, 0).mov(2, addX0(0)).adr(1, 'patched').mov(3, ROUNDS).label('loop');
  if (patchedFirst) a.label('patched').nop();
  store(a);
  if (!patchedFirst) a.label('patched').nop();
  a.add(2, 2, 1 << 10).subs(3, 3, 1).bCond(NE, 'loop').strIndexed('post', 0, 28, 8);
  // Ahead: rounds 0 to 29 add their number. Behind: each round runs what the one before wrote.
  b.expect(patchedFirst ? ((ROUNDS - 1) * (ROUNDS - 2)) / 2 : (ROUNDS * (ROUNDS - 1)) / 2);
  return b.build(name);
}

const storeAndPublish = (a: Assembler): Assembler => publish(a.str(2, 1, 0, 2), 1);

function everyDistance(): Program {
  const b = new Builder();
  const a = b.main;
  let sum = 0;
  // The word that is written stands n words behind the ISB.
  for (let n = 0; n < 12; n++) {
    a.mov(0, 0).mov(2, addX0(100 + n)).adr(1, `at${n}`);
    publish(a.str(2, 1, 0, 2), 1);
    for (let k = 0; k < n; k++) a.add(5, 5, 1);
    a.label(`at${n}`).add(0, 0, 1).strIndexed('post', 0, 28, 8);
    b.expect(100 + n);
    sum += n;
  }
  a.strIndexed('post', 5, 28, 8);
  b.expect(sum);
  return b.build('a word at any distance ahead');
}

function intoBranch(): Program {
  const b = new Builder();
  const a = b.main.mov(0, 0).mov(3, ROUNDS).adr(1, 'switch').mov(2, word('B/BL', { imm26: 3 })).mov(4, word('HINT')).label('loop');
  a.label('switch').nop().add(0, 0, 1).b('joined').add(0, 0, 100).label('joined');
  // Each round: the branch in, or the NOP back.
  a.eor(5, 2, 4).eor(2, 2, 5).eor(4, 4, 5);
  publish(a.str(4, 1, 0, 2), 1);
  a.subs(3, 3, 1).bCond(NE, 'loop').strIndexed('post', 0, 28, 8);
  b.expect((ROUNDS / 2) * 101);
  return b.build('an instruction becomes a branch and back');
}

function functionInAnotherPage(name: string, alias: number): Program {
  const b = new Builder();
  b.map(WINDOW, FAR_AWAY);
  b.code(FAR_AWAY, f => f.add(0, 0, 1).raw(RET));
  const a = b.main.mov(0, 0).mov(1, alias).mov(6, FAR_AWAY).mov(7, WINDOW).mov(2, addX0(0)).mov(3, ROUNDS).label('loop');
  a.blr(6).blr(7);
  publish(a.str(2, 1, 0, 2), 1);
  a.blr(6).blr(7).add(2, 2, 1 << 10).subs(3, 3, 1).bCond(NE, 'loop').strIndexed('post', 0, 28, 8);
  let expected = 0;
  for (let n = 0; n < ROUNDS; n++) expected += 2 * (n === 0 ? 1 : n - 1) + 2 * n;
  b.expect(expected);
  return b.build(name);
}

/** IC IVAU by another address of the page, and without any IC by address (IC IALLU). */
function otherMaintenance(name: string, maintain: (a: Assembler) => void): Program {
  const b = new Builder();
  b.map(WINDOW, FAR_AWAY);
  b.code(FAR_AWAY, f => f.add(0, 0, 1).raw(RET));
  const a = b.main.mov(0, 0).mov(1, FAR_AWAY).mov(7, WINDOW).mov(2, addX0(7)).mov(3, 5).label('warm').blr(1).blr(7).subs(3, 3, 1).bCond(NE, 'warm');
  a.str(2, 1, 0, 2);
  maintain(a);
  a.raw(dsb).isb().blr(1).blr(7).strIndexed('post', 0, 28, 8);
  b.expect(10 + 14);
  return b.build(name);
}

function copying(): Program {
  const b = new Builder();
  b.code(FAR_AWAY, f => f.add(0, 0, 3).raw(RET));
  // Code is copied word by word to fresh places, and each copy is run.
  const a = b.main.mov(0, 0).mov(3, 20).mov(1, DATA).mov(6, FAR_AWAY).label('loop');
  a.ldr(2, 6).str(2, 1);
  publish(a, 1).blr(1).add(1, 1, 0x88).subs(3, 3, 1).bCond(NE, 'loop').strIndexed('post', 0, 28, 8);
  b.expect(60);
  return b.build('code is copied to fresh places and run there');
}

const stores: readonly (readonly [string, (a: Assembler) => void])[] = [
  ['STR', a => storeAndPublish(a)],
  ['STP', a => publish(a.ldr(9, 1, 4, 2).raw(0x2900_2422), 1)],
  ['CAS', a => publish(a.ldr(9, 1, 0, 2).raw(0x88a9_7c22), 1)],
  ['SWP', a => publish(a.raw(0xb822_8029), 1)],
  ['STLXR', a => publish(a.raw(0x885f_fc29, 0x8809_fc22), 1)],
  ['ST1', a => publish(a.raw(0x4e04_1c40, 0x0d00_8020), 1)],
  ['STNP', a => publish(a.ldr(9, 1, 4, 2).raw(0x2800_2422), 1)],
];

export const patching: readonly Program[] = [
  ...stores.flatMap(([name, store]) => [
    rounds(`a word ahead in the same unit, by ${name}`, false, store),
    rounds(`a word behind in the same loop, by ${name}`, true, store),
  ]),
  everyDistance(),
  intoBranch(),
  functionInAnotherPage('a function with two addresses, written through the first', FAR_AWAY),
  functionInAnotherPage('a function with two addresses, written through the second', WINDOW),
  otherMaintenance('IC IVAU by the other address', a => a.raw(0xd50b_7b27, dsb, 0xd50b_7527)),
  otherMaintenance('IC IALLU', a => a.raw(0xd50b_7b21, dsb, 0xd508_751f)),
  otherMaintenance('IC IALLUIS, DC CVAP', a => a.raw(0xd50b_7c21, dsb, 0xd508_711f)),
  otherMaintenance('DC CIVAC', a => a.raw(0xd50b_7e21, dsb, 0xd508_751f)),
  copying(),
];
