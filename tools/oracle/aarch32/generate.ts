/** Random blocks of A32 and T32 instructions: with IT blocks, branches forward, and changes of the instruction set. */
import type { Random } from '../../../src/base/random.ts';
import { randomWord } from '../../../src/isa/generate.ts';
import { encode, extract, type Insn } from '../../../src/isa/insn.ts';
import { bytesOf, CODE, CPSR, MAX_BYTES } from '../../../test/aarch32/engines/engine.ts';
import { stateOf } from '../../../test/aarch32/engines/inputs.ts';
import { isThumb } from './cases.ts';
import { type Case, harmless } from './qemu.ts';
import type { Decoders } from './report.ts';

/** They wait; QEMU has short vectors and makes them after VMSR; and no SETPAN in user mode. */
const excluded = /^\w+ (WFE|WFI|VMSR|SETPAN)\b/;
/** Those of T32 that are UNPREDICTABLE in an IT block, and those that can only be its last instruction (F1.2.1). */
const neverInITBlock = /^T\d+ (IT|CBZ|B<c>|SETEND|CPS)\b|^T\d+ B<c>/;
const lastInITBlock = /\bPC\b|^T\d+ (B|BL|BLX|BX|BXJ|TBB)\b/;

/** No operation, in so many bytes. */
export const NOP = { a32: 0xe320_f000, t16: 0xbf00_0000, t32: 0xf3af_8000 } as const;
export const nopLike = (word: number, thumb: boolean): number => (!thumb ? NOP.a32 : bytesOf(word, true) === 2 ? NOP.t16 : NOP.t32);

/** Room for what follows the last instruction. */
const ROOM = 8;

export class Blocks {
  private readonly decoders: Decoders;
  private readonly lists: Readonly<Record<'a32' | 't32', readonly Insn[]>>;
  private readonly random: Random;
  private words: number[] = [];
  private switches: number[] = [];
  private thumb = false;
  private bytes = 0;
  /** Instructions that the IT block still has. */
  private left = 0;

  constructor(decoders: Decoders, chosen: readonly Insn[], random: Random) {
    const usable = chosen.filter(i => !excluded.test(i.name));
    this.decoders = decoders;
    this.lists = { a32: usable.filter(i => !isThumb(i)), t32: usable.filter(isThumb) };
    this.random = random;
  }

  /** A block of so many instructions at most, and a state for it. */
  block(most: number): Case {
    const { random } = this;
    const hasBoth = this.lists.a32.length > 0 && this.lists.t32.length > 0;
    const thumb = this.lists.a32.length === 0 || (hasBoth && random.chance(0.5));
    [this.words, this.switches, this.bytes, this.left, this.thumb] = [[], [], 0, 0, thumb];
    const length = random.chance(0.2) ? 1 + random.below(most) : most;
    while ((this.words.length < length || this.left > 0) && this.bytes < MAX_BYTES - ROOM) {
      if (hasBoth && this.left === 0 && this.bytes < MAX_BYTES - 4 * ROOM && random.chance(0.04)) this.otherSet();
      else this.instruction();
    }
    const state = stateOf((random.u32() | (random.chance(0.9) ? 1 : 0)) >>> 0, thumb);
    return { words: Uint32Array.from(this.words), switches: this.switches, state: { ...state, cpsr: (state.cpsr & ~(CPSR.E | 0x0600_fc00)) >>> 0 } };
  }

  private emit(word: number): void {
    this.words.push(word);
    this.bytes += bytesOf(word, this.thumb);
  }

  private instruction(): void {
    const { random, thumb } = this;
    const set = thumb ? 't32' : 'a32';
    // An IT block now and then, else each of its instructions would stand by itself in most of them.
    const it = thumb && this.left === 0 && random.chance(0.08) ? this.lists.t32.find(i => i.name === 'T16 IT') : undefined;
    const insn = it ?? random.pick(this.lists[set]);
    if (this.left > 0 && (neverInITBlock.test(insn.name) || (this.left > 1 && lastInITBlock.test(insn.name)))) return;
    const always = insn.fields.some(f => f.name === 'cond' && f.width === 4) && random.chance(0.7) ? { cond: 14 } : {};
    const drawn = randomWord(insn, this.decoders[set], random, thumb ? {} : always);
    if (drawn === undefined) return;
    const word = this.shaped(insn, drawn, set);
    if (!harmless(word, thumb)) return;
    this.emit(word);
    if (this.left > 0) this.left--;
    else if (insn.name === 'T16 IT') this.left = 4 - Math.log2((word >>> 16) & -(word >>> 16) & 15);
  }

  /** Branches mostly go forward, a few instructions. */
  private shaped(insn: Insn, word: number, set: 'a32' | 't32'): number {
    const { random } = this;
    const fields = extract(insn, word);
    const name = ['imm24', 'imm11', 'low', 'imm8', 'imm5'].find(n => n in fields);
    if (name === undefined || !/^\w+ (B<c>|BL?|BLX \(immediate\)|CBZ\/CBNZ)( |$)/.test(insn.name) || random.chance(0.05)) return word;
    const forward = random.below(set === 't32' ? 12 : 6);
    for (const n of ['S', 'high', 'i']) if (n in fields) fields[n] = 0;
    // A jump of T32 has its upper bits the other way round, but for one with a condition.
    for (const n of ['J1', 'J2']) if (n in fields) fields[n] = insn.name.startsWith('T32 B<c>') ? 0 : 1;
    fields[name] = insn.name.includes('BLX') ? forward & ~1 : forward;
    const shaped = encode(insn, fields);
    return this.decoders[set].decode(shaped) === insn ? shaped : word;
  }

  /** Code of the other instruction set follows, where BX or BLX goes. */
  private otherSet(): void {
    const { random } = this;
    if (this.thumb) {
      if ((Number(CODE) + this.bytes) % 4 !== 0) this.emit(NOP.t16);
      // BLX to what follows, or BX PC.
      if (random.chance(0.5)) this.emit(0xf000_e800);
      else for (const word of [0x4778_0000, NOP.t16]) this.emit(word);
    } else if (random.chance(0.5)) {
      this.emit(0xfaff_ffff);
    } else {
      const r = random.below(13);
      // ADD r, PC, #1; BX r.
      for (const word of [0xe28f_0001 + r * 0x1000, 0xe12f_ff10 + r]) this.emit(word);
    }
    this.thumb = !this.thumb;
    this.switches.push(this.words.length);
  }
}
