/** Cases in which QEMU's user mode rightly does something else than we do. Every entry says why. */
import type { Outcome } from '../../test/engines/engine.ts';
import type { SeededCase } from './cases.ts';

interface Skip {
  readonly reason: string;
  readonly applies: (c: SeededCase, ours: Outcome, theirs: Outcome) => boolean;
}

export const skips: readonly Skip[] = [
  {
    reason: 'QEMU compares the address with the monitor before it looks at alignment; AArch64.SetExclusiveMonitors and '
      + 'ExclusiveMonitorsPass (DDI 0487, J1) fault first',
    applies: (c, ours, theirs) => /^(ST|LD)[LA]*X[RP]/.test(c.insn.name) && ours.stop === 'memory' && theirs.stop === 'left',
  },
  {
    reason: 'QEMU 7.2 does not check the alignment of LDAPR and LDAPUR',
    applies: (c, ours, theirs) => c.insn.name.startsWith('LDAP') && ours.stop === 'memory' && theirs.stop === 'left',
  },
  {
    reason: 'FPToFixedJS (DDI 0487, J1) gives Z = 0 for a subnormal that was flushed to zero; QEMU gives 1',
    applies: (c, ours, theirs) => c.insn.name === 'FJCVTZS' && (c.state.fpcr & (1 << 24)) !== 0 && ours.nzcv === 0 && theirs.nzcv === 0x4000_0000,
  },
];

export const skipped = (c: SeededCase, ours: Outcome, theirs: Outcome): boolean => skips.some(s => s.applies(c, ours, theirs));
