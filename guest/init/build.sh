#!/bin/sh
# Builds init.c into init.base64 (Debian: gcc-aarch64-linux-gnu). Run it after a change of init.c and commit both.
set -e
cd "$(dirname "$0")"
binary=$(mktemp)
trap 'rm -f "$binary"' EXIT
aarch64-linux-gnu-gcc -Os -static -nostdlib -ffreestanding -fno-stack-protector -fno-pic -fno-tree-loop-distribute-patterns \
  -fno-asynchronous-unwind-tables -Wall -Wextra -Wl,--build-id=none -Wl,-z,noseparate-code -s -o "$binary" init.c
base64 -w 100 "$binary" > init.base64
