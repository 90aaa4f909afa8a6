/* The guest's side of the benchmark: `bench NAME` does one row's work and prints a sum that must not depend on the emulator. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

uint64_t integer(void), stream(void), chase(void), calls(void), fp(void), sha256(void);
int data(unsigned megabytes);

int main(int argc, char **argv) {
  static const struct { const char *name; uint64_t (*run)(void); } rows[] = {
    { "integer", integer }, { "stream", stream }, { "chase", chase }, { "calls", calls }, { "fp", fp }, { "sha256", sha256 },
  };
  if (argc > 1 && strcmp(argv[1], "nothing") == 0) return 0;
  if (argc > 1 && strcmp(argv[1], "data") == 0) return data(64);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (argc < 2 || strcmp(argv[1], rows[i].name) != 0) continue;
    printf("sum %016llx\n", (unsigned long long)rows[i].run());
    return 0;
  }
  return 1;
}
