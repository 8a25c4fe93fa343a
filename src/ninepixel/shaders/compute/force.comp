// Phase 5, one invocation a body in cell order: the forces of everybody in the 3x3 hash cells around it, motion, and the exchange
// of energy. Others are seen where they were before anybody moved; gifts go to the field by integer atomics.

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

void feel_run(inout ivec3 sum, uint from, uint to, uint mine_x, uint mine_y, ivec3 pull) {
    for (uint slot = from; slot < to; slot++) {
        uvec2 other = sight(slot);
        feel(sum, mine_x, mine_y, pull, other.x, other.y);
    }
}

// Three rows of three hash cells; the three of a row lie side by side, except where the torus closes.
ivec3 feel_neighbours(uint world, uvec2 at, ivec3 pull) {
    uint mine = spot(at);
    uint mine_x = mine << 16;
    uint mine_y = mine & 0xFFFF0000u;
    uvec2 cell = at >> HASH_SHIFT;
    uint left = max(cell.x, 1u) - 1u;
    uint right = min(cell.x + 2u, HASH_SIDE);
    ivec3 sum = ivec3(0);
    for (uint dy = 0u; dy < 3u; dy++) {
        uint line = ((world << HASH_SIDE_LOG2) + ((cell.y + dy - 1u) & (HASH_SIDE - 1u))) << HASH_SIDE_LOG2;
        feel_run(sum, grid[line + left], grid[line + right], mine_x, mine_y, pull);
        if (right - left == 2u) {
            uint far = line + (left == 0u ? HASH_SIDE - 1u : 0u);
            feel_run(sum, grid[far], grid[far + 1u], mine_x, mine_y, pull);
        }
    }
    return sum;
}

void give(uint cell, ivec3 amount) {
    if (amount.x != 0) atomicAdd(red[cell], amount.x);
    if (amount.y != 0) atomicAdd(blue[cell], amount.y);
    if (amount.z != 0) atomicAdd(yellow[cell], amount.z);
}

void main() {
    uint id = invocation_number();
    uint world = 0u;
    int source = 0;
    if (id < bodies) {
        uvec4 came = arrival[id];
        uint row = came.x;
        world = WORLDS == 1u ? 0u : row / capacity;
        uvec4 here = record[3u * row];
        uvec4 self = record[3u * row + 1u];
        uvec4 fixed_part = record[3u * row + 2u];
        int amplitude = int(came.y >> 24);
        ivec3 taken = ivec3(came.yzw & uvec3(0xFFFFFFu));
        ivec3 own = weights(self.z);
        int mass = int(self.w & MASS);
        bool anchored = (self.w & ANCHORED) != 0u;

        int energy = int(self.x) + taken.x + taken.y + taken.z;
        if (anchored) {
            source = radiated(energy, mass);
            energy += source;
        }
        ivec3 given = excreted(energy, own);
        energy -= given.x + given.y + given.z;
        give(field_cell(world, here.xy >> CELL_SHIFT), given - taken);

        if (anchored) {
            record[3u * row + 1u].x = uint(energy);
        } else {
            ivec3 felt = feel_neighbours(world, here.xy, unpack_pull(fixed_part.zw));
            ivec2 noise = jitter(world, fixed_part.x, amplitude);
            ivec2 velocity = accelerated(ivec2(here.zw), felt.xy, noise, mass, friction(felt.z, int(self.y)));
            record[3u * row] = uvec4(moved(here.xy, velocity), uvec2(velocity));
            record[3u * row + 1u].x = uint(energy);
            record[3u * row + 1u].y = uint(felt.z);
        }
    }
    book(ENTRIES * world + RADIANCE, source & 0xFFFF, source >> 16);
}
