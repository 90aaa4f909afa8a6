/** The Power ISA's instructions by primary opcode, bits 0 to 5 (3.0 B, appendix of opcode maps), and the larger ones by form. */
import type { Group } from './aarch64-index.ts';

const opcode = (n: number, more = ''): string => n.toString(2).padStart(6, '0') + more;
const section = 'Primary opcode';
const simple: Readonly<Record<number, string>> = {
  2: 'tdi', 3: 'twi', 7: 'mulli', 8: 'subfic', 10: 'cmpli', 11: 'cmpi', 12: 'addic', 13: 'addic.', 14: 'addi', 15: 'addis', 16: 'bc', 17: 'sc, scv', 18: 'b',
  20: 'rlwimi', 21: 'rlwinm', 23: 'rlwnm', 24: 'ori', 25: 'oris', 26: 'xori', 27: 'xoris', 28: 'andi.', 29: 'andis.', 30: 'rotates of doublewords',
  32: 'lwz', 33: 'lwzu', 34: 'lbz', 35: 'lbzu', 36: 'stw', 37: 'stwu', 38: 'stb', 39: 'stbu', 40: 'lhz', 41: 'lhzu', 42: 'lha', 43: 'lhau', 44: 'sth', 45: 'sthu',
  46: 'lmw', 47: 'stmw', 48: 'lfs', 49: 'lfsu', 50: 'lfd', 51: 'lfdu', 52: 'stfs', 53: 'stfsu', 54: 'stfd', 55: 'stfdu', 56: 'lq', 57: 'lfdp, lxsd, lxssp',
  58: 'ld, ldu, lwa', 59: 'floating point, single precision', 60: 'VSX', 61: 'stfdp, lxv, stxv, stxsd, stxssp', 62: 'std, stdu, stq', 63: 'floating point, double precision',
};

export const powerpcIndex: readonly Group[] = [
  { section, name: '4: vectors, VA-form', bits: opcode(4, `${'x'.repeat(20)}1`) },
  { section, name: '4: vectors, VC-form (comparisons)', bits: opcode(4, `${'x'.repeat(22)}0110`.replace('0110', '011x')) },
  { section, name: '4: vectors, VX-form', bits: opcode(4, `${'x'.repeat(20)}0`) },
  { section, name: '19: CR, branches to LR, CTR and TAR, addpcis', bits: opcode(19) },
  { section, name: '31: fixed point, XO-form (arithmetic)', bits: opcode(31, `${'x'.repeat(16)}01x1x`) },
  { section, name: '31: loads and stores, indexed', bits: opcode(31, `${'x'.repeat(16)}1x1xx`) },
  { section, name: '31: the rest (comparisons, logic, shifts, SPRs, traps, synchronization)', bits: opcode(31) },
  ...Object.entries(simple).map(([n, name]) => ({ section, name: `${n}: ${name}`, bits: opcode(Number(n)) })),
  { section, name: 'others (reserved, prefixes)', bits: '' },
];
