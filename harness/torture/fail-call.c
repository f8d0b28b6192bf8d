// Preloaded (ld.so(8)): lets the n-th call of a kind fail, or all from the n-th on, as a full disk or a broken one does.
// Counting begins when the process looks for BEGIN, so that the start of the program is whole.
// FAIL_CALL="KIND ERRNO N LAST BELOW": KIND is disk, read or descriptors; calls N to LAST fail; of files below BELOW only.
// FAIL_CALL_COUNT: a file that is told how many calls there were so far, 8 bytes.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define BEGIN "/fail-call/begin"
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static char kind[16], below[PATH_MAX];
static int code;
static long first, last;
static atomic_int counting;
static atomic_long own, *count = &own;

__attribute__((constructor)) static void setup(void) {
  const char *given = getenv("FAIL_CALL");
  if (!given || sscanf(given, "%15s %d %ld %ld %4095s", kind, &code, &first, &last, below) != 5) return;
  const char *file = getenv("FAIL_CALL_COUNT");
  int fd = file ? REAL(open)(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
  if (fd < 0 || ftruncate(fd, sizeof(atomic_long)) != 0) return;
  void *page = mmap(NULL, sizeof(atomic_long), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (page != MAP_FAILED) count = page;
  close(fd);
}

static int fails(const char *of) {
  if (!atomic_load(&counting) || strcmp(kind, of) != 0) return 0;
  long number = atomic_fetch_add(count, 1) + 1;
  if (number < first || number > last) return 0;
  errno = code;
  return 1;
}

static int path_below(const char *path) { return path && strncmp(path, below, strlen(below)) == 0; }

static int file_below(int fd) {
  char link[64], path[PATH_MAX];
  if (!atomic_load(&counting)) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return path_below(path);
}

static int opens(const char *path, int flags) {
  if (path && strcmp(path, BEGIN) == 0) {
    atomic_store(&counting, 1);
    return 1;
  }
  if (fails("descriptors")) return 0;
  if (path_below(path) && (flags & O_CREAT) && fails("disk")) return 0;
  return !(path_below(path) && !(flags & O_CREAT) && fails("read"));
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest); \
    return opens(path, flags) ? REAL(name)(path, flags, mode) : -1; \
  }
OPEN(open)
OPEN(open64)

#define ON_FILE(of, type, name, params, args) \
  type name params { return file_below(fd) && fails(of) ? -1 : REAL(name) args; }
ON_FILE("disk", ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size))
ON_FILE("disk", ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at))
ON_FILE("disk", ssize_t, writev, (int fd, const struct iovec *parts, int number), (fd, parts, number))
ON_FILE("disk", ssize_t, pwritev64, (int fd, const struct iovec *parts, int number, off64_t at), (fd, parts, number, at))
ON_FILE("disk", int, fsync, (int fd), (fd))
ON_FILE("disk", int, ftruncate64, (int fd, off64_t size), (fd, size))
ON_FILE("read", ssize_t, read, (int fd, void *data, size_t size), (fd, data, size))
ON_FILE("read", ssize_t, pread64, (int fd, void *data, size_t size, off64_t at), (fd, data, size, at))
ON_FILE("read", ssize_t, readv, (int fd, const struct iovec *parts, int number), (fd, parts, number))
ON_FILE("read", ssize_t, preadv64, (int fd, const struct iovec *parts, int number, off64_t at), (fd, parts, number, at))

#define ON_PATH(name, params, args) \
  int name params { return path_below(path) && fails("disk") ? -1 : REAL(name) args; }
ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
ON_PATH(rename, (const char *path, const char *to), (path, to))

#define DESCRIPTORS(name, params, args) \
  int name params { return fails("descriptors") ? -1 : REAL(name) args; }
DESCRIPTORS(socket, (int family, int type, int protocol), (family, type, protocol))
DESCRIPTORS(socketpair, (int family, int type, int protocol, int pair[2]), (family, type, protocol, pair))
DESCRIPTORS(pipe2, (int pair[2], int flags), (pair, flags))
DESCRIPTORS(accept4, (int fd, __SOCKADDR_ARG address, socklen_t *size, int flags), (fd, address, size, flags))
