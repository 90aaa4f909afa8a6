/* Fixed-point arithmetic, strings, sorting and memory, printed as numbers that every machine must agree on. */
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 88172645463325252ull;

static uint64_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

static uint32_t crc(const unsigned char *p, size_t n) {
  uint32_t c = ~0u;
  while (n--) {
    c ^= *p++;
    for (int k = 0; k < 8; k++) c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
  }
  return ~c;
}

static int compare(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

static jmp_buf back;

int main(int argc, char **argv) {
  static uint64_t numbers[5000];
  uint64_t sum = 0;
  for (int i = 0; i < 5000; i++) numbers[i] = next();
  qsort(numbers, 5000, sizeof *numbers, compare);
  for (int i = 0; i < 5000; i++) sum = sum * 31 + numbers[i];
  printf("%d %s sorted %016llx\n", argc, argv[1], (unsigned long long)sum);
  for (int i = 0; i < 8; i++) {
    int64_t a = (int64_t)next(), b = (int64_t)(next() >> (next() & 63)) | 1;
    printf("%lld / %lld = %lld, %lld\n", (long long)a, (long long)b, (long long)(a / b), (long long)(a % b));
    printf("%u %u %d\n", (uint32_t)a / ((uint32_t)b | 1), (uint32_t)a % ((uint32_t)b | 1), (int32_t)a / ((int32_t)b | 1));
  }
  static unsigned char text[70000];
  for (size_t i = 0; i < sizeof text; i++) text[i] = next() >> 24;
  printf("crc %08x\n", crc(text, sizeof text));
  unsigned char *copy = malloc(sizeof text);
  memcpy(copy, text, sizeof text);
  memmove(copy + 3, copy, 60000);
  memset(copy + 100, 7, 4000);
  printf("crc %08x %d\n", crc(copy, sizeof text), memcmp(copy, text, sizeof text) < 0);
  free(copy);
  char line[256];
  snprintf(line, sizeof line, "%-10s|%+08d|%#x|%5.3s|%c|%lu", "left", -1234, 0xbeef, "truncated", 'z', strtoul("0x1234", 0, 0));
  printf("%s %zu %s\n", line, strlen(line), strchr(line, '|'));
  int again = setjmp(back);
  if (again < 3) longjmp(back, again + 1);
  printf("jumped %d\n", again);
  return 42;
}
