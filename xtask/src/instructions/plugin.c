/* A plugin of QEMU that counts the instructions which a program executes and prints the sum when it ends.
 *
 * Debian's QEMU 7.2 takes plugins but ships no header, so what is used of its interface is declared here in our own words.
 * The interface is that of QEMU 7.2, include/qemu/qemu-plugin.h, GPL-2.0-or-later, API version 1.
 *
 * The trap: the counter is plain memory that the translated code adds to, so the program must have one thread. */

#include <inttypes.h>
#include <stdio.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb; /* A run of instructions that are translated together. */
enum { ADD_U64 = 0 };

extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*translated)(plugin_id, struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int operation, void *counter, uint64_t);
extern void qemu_plugin_register_atexit_cb(plugin_id, void (*ended)(plugin_id, void *), void *);

int qemu_plugin_version = 1;
static uint64_t executed;

static void translated(plugin_id id, struct qemu_plugin_tb *run)
{
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_inline(run, ADD_U64, &executed, qemu_plugin_tb_n_insns(run));
}

static void ended(plugin_id id, void *data)
{
    (void)id, (void)data;
    printf("instructions %" PRIu64 "\n", executed);
    fflush(stdout);
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    (void)info, (void)argc, (void)argv;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
