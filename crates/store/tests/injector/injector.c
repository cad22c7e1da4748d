/* Makes the n-th write, sync or truncation of a database's files go wrong.
 *
 * Loaded with LD_PRELOAD. A process tells it what to do by writing to the file that INJECT_CONTROL
 * names: "arm KIND N" counts from there on, "disarm" leaves the count in that file. Kinds: eio,
 * enospc, lasting (eio from then on), short (half is written), torn (half is written, and what comes
 * next fails), kill (the process dies before it), tornkill (it dies when half is written). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum kind { NONE, EIO_ONCE, ENOSPC_ONCE, LASTING, SHORT, TORN, KILL, TORNKILL };
static const char *names[] = {"none", "eio", "enospc", "lasting", "short", "torn", "kill", "tornkill"};

static volatile enum kind armed = NONE;
static volatile long at;
static volatile long count;

static int path_of(int fd, char *path, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, size - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return 1;
}

static int is_control(int fd) {
    char path[4096];
    const char *control = getenv("INJECT_CONTROL");
    return control && path_of(fd, path, sizeof path) && strcmp(path, control) == 0;
}

static int is_database(int fd) {
    char path[4096];
    return path_of(fd, path, sizeof path) && strstr(path, "/keystile.sqlite") != NULL;
}

static ssize_t obey(int fd, const char *text, size_t length) {
    char command[64] = "", kind[16] = "", number[32];
    long n = 0;
    memcpy(command, text, length < sizeof command - 1 ? length : sizeof command - 1);
    enum kind next = NONE;
    if (sscanf(command, "arm %15s %ld", kind, &n) == 2)
        for (int each = 0; each < 8; each++)
            if (strcmp(names[each], kind) == 0) next = each;
    if (next == NONE) {
        armed = NONE;
        int digits = snprintf(number, sizeof number, "%ld", count);
        syscall(SYS_pwrite64, fd, number, digits, 0);
    } else {
        count = 0;
        at = n;
        armed = next;
    }
    return (ssize_t)length;
}

/* What shall become of this call. */
static enum kind decide(int fd) {
    int before = errno;
    if (armed == NONE || !is_database(fd)) {
        errno = before;
        return NONE;
    }
    long now = __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
    errno = before;
    if (armed == LASTING) return now >= at ? EIO_ONCE : NONE;
    if (armed == TORN && now == at + 1) return EIO_ONCE;
    return now == at ? armed : NONE;
}

static int refuse(int why) {
    errno = why;
    return -1;
}

static void die(void) { syscall(SYS_kill, getpid(), SIGKILL); }

static ssize_t put(int fd, const void *bytes, size_t length, off_t offset, int seeks) {
    if (seeks) return syscall(SYS_pwrite64, fd, bytes, length, offset);
    return syscall(SYS_write, fd, bytes, length);
}

static ssize_t write_with(int fd, const void *bytes, size_t length, off_t offset, int seeks) {
    switch (decide(fd)) {
    case EIO_ONCE: return refuse(EIO);
    case ENOSPC_ONCE: return refuse(ENOSPC);
    case KILL: die(); break;
    case TORNKILL: put(fd, bytes, length / 2, offset, seeks); die(); break;
    case SHORT:
    case TORN: return put(fd, bytes, length > 1 ? length / 2 : length, offset, seeks);
    default: break;
    }
    return put(fd, bytes, length, offset, seeks);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    if (is_control(fd)) return obey(fd, bytes, length);
    return write_with(fd, bytes, length, 0, 0);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return write_with(fd, bytes, length, offset, 1);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
    return write_with(fd, bytes, length, offset, 1);
}

/* Whether a call without bytes fails. */
static int fails(int fd) {
    switch (decide(fd)) {
    case EIO_ONCE:
    case TORN: return refuse(EIO);
    case ENOSPC_ONCE: return refuse(ENOSPC);
    case KILL:
    case TORNKILL: die(); break;
    default: break;
    }
    return 0;
}

int fsync(int fd) { return fails(fd) ? -1 : (int)syscall(SYS_fsync, fd); }

int fdatasync(int fd) { return fails(fd) ? -1 : (int)syscall(SYS_fdatasync, fd); }

int ftruncate(int fd, off_t length) {
    return fails(fd) ? -1 : (int)syscall(SYS_ftruncate, fd, length);
}

int ftruncate64(int fd, off_t length) {
    return fails(fd) ? -1 : (int)syscall(SYS_ftruncate, fd, length);
}
