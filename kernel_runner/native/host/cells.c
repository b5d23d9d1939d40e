/* The shared objects that are loaded, and what code belongs to which. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static struct cell {
    char *path;
    uintptr_t base, start, end;
} *cells;
static int loaded, room;
static const char *coming = ""; /* the one that is next */

static struct cell *add(const char *path)
{
    if (loaded == room) {
        int more = room ? 2 * room : 64;
        struct cell *larger = realloc(cells, more * sizeof *cells);
        if (!larger)
            return NULL;
        cells = larger;
        room = more;
    }
    struct cell *cell = &cells[loaded];
    *cell = (struct cell){.path = strdup(path)};
    return cell;
}

static void find_code(struct cell *cell, const struct link_map *map)
{
    /* The headers are at the beginning of the file, and so of what is mapped first. */
    const ElfW(Ehdr) *header = (const void *)map->l_addr;
    const ElfW(Phdr) *program = (const void *)(map->l_addr + header->e_phoff);
    cell->base = map->l_addr;
    for (int i = 0; i < header->e_phnum; i++) {
        if (program[i].p_type != PT_LOAD || !(program[i].p_flags & PF_X))
            continue;
        cell->start = map->l_addr + program[i].p_vaddr;
        cell->end = cell->start + program[i].p_memsz;
    }
}

void cells_expect(const char *path)
{
    coming = path;
}

cell_function *cells_load(const char *path)
{
    /* Lazily: a function may be declared in one cell and defined in a later one. */
    void *handle = dlopen(path, RTLD_LAZY | RTLD_GLOBAL);
    if (!handle)
        return NULL;
    cell_function *function = (cell_function *)dlsym(handle, "kernel_runner_cell");
    struct link_map *map;
    if (function && dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0) {
        struct cell *cell = add(path);
        if (cell) {
            find_code(cell, map);
            loaded++; /* last: a handler may look at any moment */
        }
    }
    return function;
}

int cells_find(uintptr_t address, uintptr_t *offset)
{
    for (int i = loaded - 1; i >= 0; i--) {
        if (cells[i].start <= address && address < cells[i].end) {
            *offset = address - cells[i].base;
            return i;
        }
    }
    return -1;
}

const char *cells_path(int cell)
{
    /* A snapshot was taken before the cell that it answers for was loaded. */
    return cell < loaded ? cells[cell].path : coming;
}
