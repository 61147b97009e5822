// What of the building system's C library is too new for the wheel, said in terms of the older one. These definitions stand in the
// executable and are taken in place of the library's, so that no newer version of it is asked for.
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

// Since glibc 2.36; libstdc++ asks for it.
uint32_t arc4random(void) {
    uint32_t number;
    if (getrandom(&number, sizeof number, 0) != sizeof number) abort();  // so few bytes are never cut short
    return number;
}

// Since glibc 2.35 without a wrapper that sets errno; Foundation asks for them. The older ones are still there.
extern double older_hypot(double, double);
extern float older_hypotf(float, float);
__asm__(".symver older_hypot, hypot@GLIBC_2.2.5");
__asm__(".symver older_hypotf, hypotf@GLIBC_2.2.5");

double hypot(double x, double y) { return older_hypot(x, y); }
float hypotf(float x, float y) { return older_hypotf(x, y); }
