/* Call and return: the doubly recursive Fibonacci number, and calls through a table of functions. */
#include <stdint.h>

__attribute__((noinline, noclone)) static uint64_t fibonacci(uint32_t n) {
  __asm__ volatile("" : "+r"(n)); /* the compiler is not to unroll the recursion */
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

__attribute__((noinline, noclone)) static uint64_t add(uint64_t a) { return a + 3; }
__attribute__((noinline, noclone)) static uint64_t twist(uint64_t a) { return a ^ a >> 5; }
__attribute__((noinline, noclone)) static uint64_t times(uint64_t a) { return a * 5; }
__attribute__((noinline, noclone)) static uint64_t less(uint64_t a) { return a - 7; }

uint64_t calls(void) {
  static uint64_t (*volatile const table[4])(uint64_t) = { add, twist, times, less };
  uint64_t sum = fibonacci(35);
  for (uint32_t i = 0; i < 60000000; i++) sum = table[(sum >> 4 ^ i) & 3](sum);
  return sum;
}
