/** How long a kick takes to end a run in another thread: `node tools/kvm/kick.ts`; microseconds. */
import { kickLatencies } from '../../bench/kicks.ts';

for (const [guest, { median, p99 }] of Object.entries(await kickLatencies())) {
  console.log(`${guest}: ${median.toFixed(1)} µs typical, ${p99.toFixed(1)} µs in 99 of 100`);
}
