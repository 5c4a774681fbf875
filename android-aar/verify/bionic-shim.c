// libc.so for running an Android library on glibc: what bionic has and glibc has not, or has otherwise. Everything else
// is glibc's. It stands in for bionic's functions, not for its loader.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

int *__errno(void) { return __errno_location(); }

// There are no properties: what is asked for is empty.
int __system_property_get(const char *name, char *value) {
    (void)name;
    *value = 0;
    return 0;
}

static void *glibc(const char *name) { return dlsym(dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD), name); }

// bionic numbers the names of sysconf differently: libc/include/bits/sysconf.h of the Android Open Source Project's
// platform/bionic.
long sysconf(int bionic_name) {
    int name;
    switch (bionic_name) {
        case 0x0b: name = _SC_OPEN_MAX; break;
        case 0x27:
        case 0x28: name = _SC_PAGESIZE; break;
        case 0x47: name = _SC_GETGR_R_SIZE_MAX; break;
        case 0x48: name = _SC_GETPW_R_SIZE_MAX; break;
        case 0x4c: name = _SC_THREAD_STACK_MIN; break;
        case 0x60: name = _SC_NPROCESSORS_CONF; break;
        case 0x61: name = _SC_NPROCESSORS_ONLN; break;
        case 0x62: name = _SC_PHYS_PAGES; break;
        case 0x63: name = _SC_AVPHYS_PAGES; break;
        default: errno = EINVAL; return -1;
    }
    return ((long (*)(int))glibc("sysconf"))(name);
}

// bionic's pthread_attr_t has 56 bytes; glibc's is larger on arm64, but uses no more than 56.
int pthread_attr_init(pthread_attr_t *attributes) {
    pthread_attr_t own;
    int result = ((int (*)(pthread_attr_t *))glibc("pthread_attr_init"))(&own);
    memcpy(attributes, &own, 56);
    return result;
}
