/** Random breakpoints, watchpoints and steps (debug/fuzz.ts): node tools/kvm/debug.ts [STOPS] [SEED]. */
import { DebugFuzz } from './debug/fuzz.ts';

const [stops = '1e5', seed = '1'] = process.argv.slice(2);
const start = performance.now();
const { report } = ((fuzz: DebugFuzz) => { fuzz.run(Number(stops)); return fuzz; })(new DebugFuzz(Number(seed)));
console.log(JSON.stringify(report), `${((performance.now() - start) / 1000).toFixed(1)} s`);
