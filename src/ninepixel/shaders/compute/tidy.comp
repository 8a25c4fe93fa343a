// Now and then: rows are laid out in cell order again, so that neighbours in space are neighbours in memory. No law depends on it.
// Uses the cell-sorted lists of the tick before.

#define RECORD_ACCESS readonly
#define GRID_ACCESS readonly
#define SORTED_ACCESS readonly
#include "dispatch.glsl"
#include "record.glsl"
#include "grid.glsl"
#include "sorted.glsl"

layout(std430, binding = 2) writeonly buffer Tidied { uvec4 tidied[]; };
layout(std430, binding = 3) writeonly buffer Rows { int row_of_index[]; };

uniform uint threads;

void main() {
    uint id = invocation_number();
    if (id >= threads) return;
    uint world = WORLDS == 1 ? 0u : id / span;
    uint row = row_of_invocation(id, world);
    uint rank = row - world * capacity;
    uint first = grid[world << (2u * HASH_SIDE_LOG2)];
    if (rank >= grid[(world + 1u) << (2u * HASH_SIDE_LOG2)] - first) {
        tidied[3u * row] = uvec4(0u);  // not alive
        return;
    }
    uint old = arrival[first + rank].x;
    uvec4 name = record[3u * old + 2u];
    tidied[3u * row] = record[3u * old];
    tidied[3u * row + 1u] = record[3u * old + 1u];
    tidied[3u * row + 2u] = name;
    row_of_index[world * capacity + name.x] = int(rank);
}
