/**
 * The event stream: events for WFE at each change of one bit of the virtual counter, as CNTKCTL_EL1 chooses it. ARM DDI 0487, D11.2.4.
 * Nothing happens when they come: WFE asks how many there were since it was last asked.
 */
import { sysregKey, type Arm64Platform } from './platform.ts';
import type { CpuState } from './state.ts';

const EVNTEN = 1n << 2n;
const EVNTDIR = 1n << 3n;
const CNTVCT_EL0 = sysregKey(3, 3, 14, 0, 2);

/** Of the bit that EVNTI names: how often it has become 1 (or with EVNTDIR 0) when the counter stands at `count`. */
export function transitions(count: bigint, control: bigint): bigint {
  const EVNTI = (control >> 4n) & 15n;
  const rising = control & EVNTDIR ? 0n : 1n << EVNTI;
  return (count + rising) >> (EVNTI + 1n);
}

const counter = (platform: Arm64Platform): bigint => platform.readSystem(CNTVCT_EL0) ?? 0n;

/** CNTKCTL_EL1 was written: events come from now on. */
export function startEventStream(state: CpuState, platform: Arm64Platform): void {
  if (state.CNTKCTL_EL1 & EVNTEN) state.eventsSeen = counter(platform);
}

/** Whether there were any since the last time. */
export function takeStreamEvents(state: CpuState, platform: Arm64Platform): boolean {
  const control = state.CNTKCTL_EL1;
  if (!(control & EVNTEN)) return false;
  const now = counter(platform);
  const came = transitions(now, control) > transitions(state.eventsSeen, control);
  state.eventsSeen = now;
  return came;
}
