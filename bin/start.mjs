// `npm start` on a fresh clone: installs what running needs (the pinned Node and little else), then `tessera start`.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isNewEnough, pinnedNode } from './node.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

if (!isNewEnough() && !pinnedNode()) await install();
process.argv.splice(2, 0, 'start');
await import('./tessera.mjs');

/** A developer's node_modules keeps its development tools; a fresh clone doesn't wait for them. */
function install() {
  const omit = existsSync(`${root}/node_modules`) ? [] : ['--omit=dev'];
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...omit];
  const stopBar = bar('Installing Node for Tessera');
  return new Promise((resolve, reject) => {
    // Under `npm start` the npm that runs us is known; it is a script, not a program.
    const npm = process.env.npm_execpath;
    const child = npm?.endsWith('.js') ? spawn(process.execPath, [npm, ...args], options()) : spawn('npm', args, { ...options(), shell: process.platform === 'win32' });
    child.on('error', reject);
    child.on('exit', code => (code === 0 ? resolve() : reject(new Error(`npm ci ended with status ${code}`))));
  }).catch(error => {
    stopBar();
    console.error(`tessera: the installation failed: ${error.message}`);
    process.exit(1);
  }).finally(stopBar);
}

/** npm is told not to draw, because the bar is ours. */
function options() {
  return { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, npm_config_progress: 'false' } };
}

/** A block that wanders on standard error from the first second on, if that is a terminal. */
function bar(what) {
  if (!process.stderr.isTTY) return () => {};
  const started = Date.now();
  const timer = setInterval(() => {
    const seconds = Math.floor((Date.now() - started) / 1000);
    const step = Math.floor((Date.now() - started) / 100) % 40;
    const at = step < 20 ? step : 40 - step;
    if (seconds >= 1) process.stderr.write(`\r\x1b[K${what} [${'.'.repeat(at)}####${'.'.repeat(20 - at)}] ${seconds} s`);
  }, 100);
  return () => {
    clearInterval(timer);
    process.stderr.write('\r\x1b[K');
  };
}
