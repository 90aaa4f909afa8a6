#!/usr/bin/env node
// The command `tessera`, in JavaScript that Node 20 understands: runs the program under the Node that this package pins
// (an optional dependency, one package a platform), because the speed of generated code depends on its V8.
import { spawn, spawnSync } from 'node:child_process';
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { compileCache, isNewEnough, pinnedNode, pinnedVersion } from './node.mjs';

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

if (isNewEnough()) {
  module.enableCompileCache(compileCache);
  await import('../src/cli/main.ts');
} else {
  const node = pinnedNode();
  if (node) runUnder(node);
  else {
    console.error(`tessera: Node ${pinnedVersion} is needed, and its package isn't installed here (npm ci does it); this is Node ${process.versions.node}`);
    process.exitCode = 1;
  }
}

function runUnder(node) {
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit', env: { ...process.env, NODE_COMPILE_CACHE: compileCache } });
  const pass = signal => child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, pass);
  child.on('error', error => {
    console.error(`tessera: ${node} can't be started: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    for (const name of signals) process.off(name, pass);
    if (!signal) process.exit(code ?? 1);
    // Killed: it had no chance to give the terminal back.
    if (process.stdin.isTTY && process.platform !== 'win32') spawnSync('stty', ['sane'], { stdio: 'inherit' });
    process.kill(process.pid, signal);
  });
}
