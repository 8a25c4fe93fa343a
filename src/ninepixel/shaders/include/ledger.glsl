// 64-bit sums, exact in any order, of signed 32-bit amounts given in halves: low is a sum of v & 0xFFFF, high one of v >> 16.
// On a GPU a workgroup adds up in shared memory and books once. Software GL pays dearly for a barrier but little for an atomic:
// there (BOOK_DIRECTLY) every invocation books for itself. Sums are spread over COPIES, which home adds up.
//   ledger[2 entry], ledger[2 entry + 1]: low and high word; entry = ENTRIES * (copy * WORLDS + world) + what

layout(std430, binding = LEDGER_BINDING) buffer Ledger { uint ledger[]; };

const uint RADIANCE = 0u;
const uint DECAY = 1u;
const uint HELD = 2u;

void book_words(uint entry, uint low, uint high) {
    if ((low | high) == 0u) return;
    uint before = atomicAdd(ledger[2u * entry], low);
    atomicAdd(ledger[2u * entry + 1u], high + (before + low < before ? 1u : 0u));
}

void book_halves(uint world, uint what, int low, int high) {
    uint copy = (gl_WorkGroupID.x + gl_WorkGroupID.y) % COPIES;
    uint word = uint(low) + (uint(high) << 16);
    book_words(ENTRIES * (copy * WORLDS + world) + what, word, uint(high >> 16) + (word < uint(low) ? 1u : 0u));
}

#ifdef BOOK_DIRECTLY

void book(uint world, uint what, int low, int high) {
    if ((low | high) != 0) book_halves(world, what, low, high);
}

#else

shared uint booked_world;
shared ivec2 halves[WORKGROUP];
const uint BOOKKEEPERS = 16u;

// Every invocation of the workgroup must come here, once, those without an amount with zeros.
void book(uint world, uint what, int low, int high) {
    uint me = gl_LocalInvocationID.x;
    if (me == 0u) booked_world = world;
    barrier();
    bool same = world == booked_world;
    halves[me] = same ? ivec2(low, high) : ivec2(0);
    if (!same && (low | high) != 0) book_halves(world, what, low, high);
    barrier();
    if (me < BOOKKEEPERS) {
        ivec2 sum = ivec2(0);
        for (uint i = me; i < WORKGROUP; i += BOOKKEEPERS) sum += halves[i];
        halves[me] = sum;
    }
    barrier();
    if (me == 0u) {
        ivec2 sum = ivec2(0);
        for (uint i = 0u; i < BOOKKEEPERS; i++) sum += halves[i];
        book_halves(booked_world, what, sum.x, sum.y);
    }
}

#endif
