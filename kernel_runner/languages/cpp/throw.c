/* Where something was thrown: the host remembers it, in case nobody catches it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>

#include "internal.h"

typedef void throw_function(void *object, void *type, void (*destroy)(void *));

_Noreturn void __cxa_throw(void *object, void *type, void (*destroy)(void *))
{
    static throw_function *real;
    if (!real)
        real = (throw_function *)dlsym(RTLD_NEXT, "__cxa_throw");
    if (evaluates())
        trouble_record();
    real(object, type, destroy);
    abort();
}
