/** What an interrupt means for a test's outcome, as Linux makes a signal of it. */
import { InterruptEvent, type Interrupt } from '../../../src/guest/powerpc/interrupt.ts';
import type { GuestEvent } from '../../../src/isa/arch.ts';
import type { Stop } from './engine.ts';

export function stopOf(event: GuestEvent): Stop {
  return event instanceof InterruptEvent ? stopOfInterrupt(event.interrupt) : 'other';
}

export function stopOfInterrupt(interrupt: Interrupt): Stop {
  switch (interrupt.kind) {
    case 'Data Storage': case 'Alignment': return 'memory';
    case 'Program': return interrupt.cause.endsWith('Instruction') ? 'undefined' : 'other';
    default: return 'other';
  }
}
