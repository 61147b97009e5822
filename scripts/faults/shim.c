// Makes the n-th system call of one kind fail, as SQLite's tests do: preloaded into a program that knows nothing of it.
//
//   FAULT_KIND   open read write fsync rename ftruncate mmap accept recv send allocate
//   FAULT_AT     which call of that kind fails, from 1; 0 for none, to count them
//   FAULT_ERRNO  what it fails with; 0: the call is cut short instead (read, write, recv and send move half of what they could)
//   FAULT_LASTS  1: every later call of the kind fails too, as on a disk that stays full
//   FAULT_UNDER  a folder: calls on other files are not counted. Sockets have no path.
//   FAULT_COUNT  a file that holds, at the end, how many calls there were
//
// `allocate` is an allocation of a mebibyte or more. What glibc calls within itself is not seen: stdio, the dynamic linker.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum outcome { PASS, FAIL, SHORT };

static char kind[16], under[1024], count_file[1024];
static size_t under_length;
static long at, lasts;
static int error_number;
static atomic_long calls;

static void copy(char *to, size_t size, const char *name) {
    const char *value = getenv(name);
    snprintf(to, size, "%s", value ? value : "");
}

__attribute__((constructor)) static void begin(void) {
    copy(kind, sizeof kind, "FAULT_KIND");
    copy(under, sizeof under, "FAULT_UNDER");
    copy(count_file, sizeof count_file, "FAULT_COUNT");
    under_length = strlen(under);
    at = atol(getenv("FAULT_AT") ? getenv("FAULT_AT") : "0");
    lasts = getenv("FAULT_LASTS") != NULL;
    error_number = atoi(getenv("FAULT_ERRNO") ? getenv("FAULT_ERRNO") : "0");
}

// _exit and signals pass this by: the count is then missing, and the sweep says so.
__attribute__((destructor)) static void end(void) {
    if (!count_file[0]) return;
    char text[32];
    int length = snprintf(text, sizeof text, "%ld\n", atomic_load(&calls));
    int file = (int)syscall(SYS_openat, AT_FDCWD, count_file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0) return;
    (void)!syscall(SYS_write, file, text, length);
    syscall(SYS_close, file);
}

static enum outcome counted(void) {
    long number = atomic_fetch_add(&calls, 1) + 1;
    if (at == 0 || number < at || (number > at && !lasts)) return PASS;
    if (error_number == 0) return SHORT;
    errno = error_number;
    return FAIL;
}

static int is_kind(const char *name) { return kind[0] == name[0] && strcmp(kind, name) == 0; }

static enum outcome on_path(const char *name, const char *path) {
    if (!is_kind(name) || path == NULL || strncmp(path, under, under_length) != 0) return PASS;
    return counted();
}

static enum outcome on_file(const char *name, int file) {
    if (!is_kind(name)) return PASS;
    int saved = errno;
    char link[64], path[1024];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = syscall(SYS_readlink, link, path, sizeof path - 1);
    errno = saved;
    if (length < 0) return PASS;
    path[length] = 0;
    return on_path(name, path);
}

static enum outcome on_socket(const char *name) { return is_kind(name) ? counted() : PASS; }

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
// The real function is looked up once; a race looks it up twice.
#define CALL(name, ...) ({ static __typeof__(&name) real; if (!real) real = REAL(name); real(__VA_ARGS__); })
#define SHORTENED(n) ((n) > 1 ? (n) / 2 : (n))

#define OPEN(name)                                                                  \
    int name(const char *path, int flags, ...) {                                    \
        va_list list; va_start(list, flags); mode_t mode = va_arg(list, mode_t); va_end(list); \
        return on_path("open", path) == FAIL ? -1 : CALL(name, path, flags, mode);  \
    }
OPEN(open)
OPEN(open64)
#define OPENAT(name)                                                                \
    int name(int folder, const char *path, int flags, ...) {                        \
        va_list list; va_start(list, flags); mode_t mode = va_arg(list, mode_t); va_end(list); \
        return on_path("open", path) == FAIL ? -1 : CALL(name, folder, path, flags, mode);     \
    }
OPENAT(openat)
OPENAT(openat64)

// Reads and writes at a place or not: (file, bytes, count, place...).
#define TRANSFER(name, what, parameters, arguments_whole, arguments_short) \
    ssize_t name parameters {                                                         \
        switch (on_file(what, file)) {                                                \
        case FAIL: return -1;                                                         \
        case SHORT: return CALL(name, arguments_short);                               \
        default: return CALL(name, arguments_whole);                                  \
        }                                                                             \
    }
#define LIST(...) __VA_ARGS__
TRANSFER(read, "read", (int file, void *bytes, size_t count), LIST(file, bytes, count), LIST(file, bytes, SHORTENED(count)))
TRANSFER(write, "write", (int file, const void *bytes, size_t count), LIST(file, bytes, count),
         LIST(file, bytes, SHORTENED(count)))
TRANSFER(pread, "read", (int file, void *bytes, size_t count, off_t place), LIST(file, bytes, count, place),
         LIST(file, bytes, SHORTENED(count), place))
TRANSFER(pread64, "read", (int file, void *bytes, size_t count, off64_t place), LIST(file, bytes, count, place),
         LIST(file, bytes, SHORTENED(count), place))
TRANSFER(pwrite, "write", (int file, const void *bytes, size_t count, off_t place), LIST(file, bytes, count, place),
         LIST(file, bytes, SHORTENED(count), place))
TRANSFER(pwrite64, "write", (int file, const void *bytes, size_t count, off64_t place),
         LIST(file, bytes, count, place), LIST(file, bytes, SHORTENED(count), place))
TRANSFER(writev, "write", (int file, const struct iovec *parts, int count), LIST(file, parts, count),
         LIST(file, parts, SHORTENED(count)))
TRANSFER(readv, "read", (int file, const struct iovec *parts, int count), LIST(file, parts, count),
         LIST(file, parts, SHORTENED(count)))

ssize_t recv(int file, void *bytes, size_t count, int flags) {
    enum outcome outcome = on_socket("recv");
    if (outcome == FAIL) return -1;
    return CALL(recv, file, bytes, outcome == SHORT ? SHORTENED(count) : count, flags);
}
ssize_t send(int file, const void *bytes, size_t count, int flags) {
    enum outcome outcome = on_socket("send");
    if (outcome == FAIL) return -1;
    return CALL(send, file, bytes, outcome == SHORT ? SHORTENED(count) : count, flags);
}
ssize_t sendmsg(int file, const struct msghdr *message, int flags) {
    return on_socket("send") == FAIL ? -1 : CALL(sendmsg, file, message, flags);
}
int accept(int file, struct sockaddr *restrict address, socklen_t *restrict size) {
    return on_socket("accept") == FAIL ? -1 : CALL(accept, file, address, size);
}
int accept4(int file, struct sockaddr *restrict address, socklen_t *restrict size, int flags) {
    return on_socket("accept") == FAIL ? -1 : CALL(accept4, file, address, size, flags);
}

int fsync(int file) { return on_file("fsync", file) == FAIL ? -1 : CALL(fsync, file); }
int fdatasync(int file) { return on_file("fsync", file) == FAIL ? -1 : CALL(fdatasync, file); }
int ftruncate(int file, off_t size) { return on_file("ftruncate", file) == FAIL ? -1 : CALL(ftruncate, file, size); }
int ftruncate64(int file, off64_t size) { return on_file("ftruncate", file) == FAIL ? -1 : CALL(ftruncate64, file, size); }
int rename(const char *from, const char *to) { return on_path("rename", to) == FAIL ? -1 : CALL(rename, from, to); }
int renameat(int a, const char *from, int b, const char *to) {
    return on_path("rename", to) == FAIL ? -1 : CALL(renameat, a, from, b, to);
}
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
    return on_path("rename", to) == FAIL ? -1 : CALL(renameat2, a, from, b, to, flags);
}

void *mmap(void *address, size_t length, int protection, int flags, int file, off_t place) {
    return file >= 0 && on_file("mmap", file) == FAIL ? MAP_FAILED : CALL(mmap, address, length, protection, flags, file, place);
}
void *mmap64(void *address, size_t length, int protection, int flags, int file, off64_t place) {
    return file >= 0 && on_file("mmap", file) == FAIL ? MAP_FAILED : CALL(mmap64, address, length, protection, flags, file, place);
}

// dlsym may allocate: small ones never ask it, since glibc's own names for these are at hand.
void *__libc_malloc(size_t size);
void *__libc_memalign(size_t alignment, size_t size);
#define LARGE (1u << 20)
void *malloc(size_t size) { return size >= LARGE && on_socket("allocate") == FAIL ? NULL : __libc_malloc(size); }
int posix_memalign(void **result, size_t alignment, size_t size) {
    if (size >= LARGE && on_socket("allocate") == FAIL) return ENOMEM;
    void *bytes = __libc_memalign(alignment, size);
    if (bytes == NULL) return ENOMEM;
    *result = bytes;
    return 0;
}
void *aligned_alloc(size_t alignment, size_t size) {
    return size >= LARGE && on_socket("allocate") == FAIL ? NULL : __libc_memalign(alignment, size);
}
