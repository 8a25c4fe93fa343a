// 64-bit sums, exact in any order: a workgroup adds up in shared memory, then books once with a two-word atomic add.
//   ledger[2 entry], ledger[2 entry + 1]: low and high word; entry = ENTRIES * world + what

layout(std430, binding = LEDGER_BINDING) buffer Ledger { uint ledger[]; };

const uint ENTRIES = 3u;
const uint RADIANCE = 0u;
const uint DECAY = 1u;
const uint HELD = 2u;

void book_words(uint entry, uint low, uint high) {
    if ((low | high) == 0u) return;
    uint before = atomicAdd(ledger[2u * entry], low);
    atomicAdd(ledger[2u * entry + 1u], high + (before + low < before ? 1u : 0u));
}

// low: a sum of low halves (v & 0xFFFF), high: of high halves (v >> 16), of signed 32-bit amounts v.
void book_halves(uint entry, int low, int high) {
    uint word = uint(low) + (uint(high) << 16);
    book_words(entry, word, uint(high >> 16) + (word < uint(low) ? 1u : 0u));
}

shared uint booked_entry;
shared ivec2 halves[WORKGROUP];
const uint BOOKKEEPERS = 16u;

// Every invocation of the workgroup must come here, those without an amount with zeros.
void book(uint entry, int low, int high) {
    uint me = gl_LocalInvocationID.x;
    if (me == 0u) booked_entry = entry;
    barrier();
    bool same = entry == booked_entry;
    halves[me] = same ? ivec2(low, high) : ivec2(0);
    if (!same) book_halves(entry, low, high);
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
        book_halves(booked_entry, sum.x, sum.y);
    }
}
