// Phase 6, in cell order: the forces of everybody in the 3x3 hash cells around a body, its motion, and its exchange of energy.
// Others are seen where they were before anybody moved; gifts go to the field by integer atomics.
//
// An invocation cares for two bodies in succession. They mostly live in the same hash cell or in two near ones of a row, and then
// look at the same others together, which halves the reading.

#define RECORD_ACCESS
#define GRID_ACCESS readonly
#define FIELD_ACCESS
#define SORTED_ACCESS readonly
#define LEDGER_BINDING 7
#include "dispatch.glsl"
#include "fixed.glsl"
#include "record.glsl"
#include "grid.glsl"
#include "field.glsl"
#include "chance.glsl"
#include "force.glsl"
#include "motion.glsl"
#include "exchange.glsl"
#include "sorted.glsl"
#include "ledger.glsl"

uniform uint bodies;

const uint NEAR = 4u;  // cells between two bodies that still look together
const uint ONE = 1u;
const uint TWO = 2u;

struct Body {
    uint slot;
    uint row;
    uint world;
    uvec4 here;  // the first part of its record
};

Body body_at(uint slot) {
    uint row = arrival[slot].x;
    return Body(slot, row, WORLDS == 1 ? 0u : row / capacity, record[3u * row]);
}

bool anchored(Body body) { return (body.here.w & ANCHORED) != 0u; }

// Two sights that lie side by side. Software GL reads an image much faster than a buffer (one gather instead of a loop over
// lanes) and a wide texel as fast as a narrow one.
#ifdef SIGHT_IMAGE
layout(rgba32ui, binding = 0) readonly uniform uimage2D sights;
uvec4 two_sights(uint pair) { return imageLoad(sights, ivec2(int(pair % SIGHT_IMAGE), int(pair / SIGHT_IMAGE))); }
#else
layout(std430, binding = 6) readonly buffer Sights { uvec4 sights[]; };
uvec4 two_sights(uint pair) { return sights[pair]; }
#endif

// What two feelers feel of everybody in three runs of slots. The pairs of slots that cover the runs are taken as one list; who is
// in a pair but not in its run, or past the end, is put out of reach.
void look(inout ivec3 felt, inout ivec3 felt_two, Feeler one, Feeler two, uint nowhere, uvec3 from, uvec3 count) {
    uvec3 pair = from >> 1u;
    uvec3 pairs = ((from + count + 1u) >> 1u) - pair;
    uint second = pairs.x;
    uint third = pairs.x + pairs.y;
    uint listed = third + pairs.z;
    pair -= uvec3(0u, second, third);
    for (uint k = 0u; k < listed; k += UNROLL) {
        for (uint i = k; i < k + UNROLL; i++) {
            uint run = i + (i < second ? pair.x : i < third ? pair.y : pair.z);
            uint begin = i < second ? from.x : i < third ? from.y : from.z;
            uint room = i < second ? count.x : i < third ? count.y : i < listed ? count.z : 0u;
            uvec4 others = two_sights(run);
            others.x = 2u * run - begin < room ? others.x : nowhere;
            others.z = 2u * run + 1u - begin < room ? others.z : nowhere;
            feel(felt, one, others.xy);
            feel(felt_two, two, others.xy);
            feel(felt, one, others.zw);
            feel(felt_two, two, others.zw);
        }
    }
}

// Rows of three and more hash cells around those from *first* to *last* of a row; the cells of a row lie side by side, except
// where the torus closes: there *edge* looks at the cells on the other side.
void runs(uint world, uint y, uint first, uint last, bool edge, out uvec3 from, out uvec3 count) {
    uint left = edge ? (first == 0u ? HASH_SIDE - 1u : 0u) : max(first, 1u) - 1u;
    uint right = edge ? left + 1u : min(last + 2u, HASH_SIDE);
    for (uint dy = 0u; dy < 3u; dy++) {
        uint line = ((world << HASH_SIDE_LOG2) + ((y + dy - 1u) & (HASH_SIDE - 1u))) << HASH_SIDE_LOG2;
        from[dy] = grid[line + left];
        count[dy] = grid[line + right] - from[dy];
    }
}

// What both bodies feel, in one look together or in one each, and in another where the torus closes. Few need more than one, and
// code that is passed but not needed costs software GL its full price: hence one loop for all cases.
void look_around(Body one, Body two, bool pair, out ivec3 felt, out ivec3 felt_two) {
    Feeler feels = feeler(one.here.xy, record[3u * one.row + 2u].zw, int(record[3u * one.row + 1u].w));
    Feeler feels_two = feeler(two.here.xy, record[3u * two.row + 2u].zw, int(record[3u * two.row + 1u].w));
    uvec2 cell = one.here.xy >> HASH_SHIFT;
    uvec2 cell_two = two.here.xy >> HASH_SHIFT;
    bool together = pair && two.world == one.world && cell_two.y == cell.y && cell_two.x - cell.x <= NEAR;
    bool two_waits = pair && !together && !anchored(two);
    uint who = together ? (anchored(one) && anchored(two) ? 0u : ONE | TWO) : (anchored(one) ? 0u : ONE);
    uint last = together ? cell_two.x : cell.x;
    uint world = one.world;
    bool edge = false;
    felt = ivec3(0);
    felt_two = ivec3(0);
    bool more;
    do {
        if (who == 0u && two_waits) {
            who = TWO;
            two_waits = false;
            cell = cell_two;
            last = cell_two.x;
            world = two.world;
        }
        uvec3 from;
        uvec3 count;
        runs(world, cell.y, cell.x, last, edge, from, count);
        ivec3 sum = ivec3(0);
        ivec3 sum_two = ivec3(0);
        uint nowhere = out_of_reach((who & ONE) != 0u ? one.here.xy : two.here.xy);
        look(sum, sum_two, feels, feels_two, nowhere, from, who == 0u ? uvec3(0u) : count);
        felt += (who & ONE) != 0u ? sum : ivec3(0);
        felt_two += (who & TWO) != 0u ? sum_two : ivec3(0);
        edge = who != 0u && !edge && (cell.x == 0u || last == HASH_SIDE - 1u);
        who = edge ? who : 0u;
        more = edge || two_waits;
    } while (more);
}

void give(uint cell, ivec3 amount) {
    if (amount.x != 0) atomicAdd(red[cell], amount.x);
    if (amount.y != 0) atomicAdd(blue[cell], amount.y);
    if (amount.z != 0) atomicAdd(yellow[cell], amount.z);
}

// Motion and the exchange of energy; returns what the source created.
int settle(Body body, ivec3 felt) {
    uvec4 came = arrival[body.slot];
    uvec4 state = record[3u * body.row + 1u];
    uint index = record[3u * body.row + 2u].x;
    ivec3 own = weights(body.here.z);
    int mass = int(body.here.w & MASS);
    bool stays = anchored(body);

    ivec3 taken = ivec3(came.yzw & uvec3(0xFFFFFFu));
    int energy = int(state.z) + taken.x + taken.y + taken.z;
    int source = stays ? radiated(energy, mass) : 0;
    energy += source;
    ivec3 given = excreted(energy, own);
    energy -= given.x + given.y + given.z;
    give(field_cell(body.world, body.here.xy >> CELL_SHIFT), given - taken);

    int density = stays ? int(state.w) : felt.z;
    ivec2 velocity = ivec2(state.xy);
    ivec2 noise = jitter(body.world, index, int(came.y >> 24));
    ivec2 faster = accelerated(velocity, felt.xy, noise, mass, friction(density, int(state.w)));
    velocity = stays ? velocity : faster;
    uvec2 at = stays ? body.here.xy : moved(body.here.xy, velocity);
    record[3u * body.row].x = at.x;
    record[3u * body.row].y = at.y;
    record[3u * body.row + 1u] = uvec4(uvec2(velocity), uint(energy), uint(density));
    return source;
}

void main() {
    uint slot = 2u * invocation_number();
    uint world = 0u;
    int source = 0;
    if (slot < bodies) {
        bool pair = slot + 1u < bodies;
        Body one = body_at(slot);
        Body two = body_at(pair ? slot + 1u : slot);
        ivec3 felt;
        ivec3 felt_two;
        look_around(one, two, pair, felt, felt_two);
        world = one.world;
        source = settle(one, felt);
        if (pair) {
            int another = settle(two, felt_two);
            if (two.world == world) {
                source += another;  // two of at most 2**18 each
            } else {
                book_halves(two.world, RADIANCE, another & 0xFFFF, another >> 16);
            }
        }
    }
    book(world, RADIANCE, source & 0xFFFF, source >> 16);
}
