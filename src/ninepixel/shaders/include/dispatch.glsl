// Who am I: one-dimensional invocation and group numbers, folded into two dimensions because each is capped at 65,535 groups.
// PERMUTE sends them through a bijection of a power of two: results must not depend on the order of threads.

layout(local_size_x = WORKGROUP) in;

#ifdef PERMUTE
uint shuffled(uint id, uint total) { return (id * 0x9E3779B1u + 0x7F4A7C15u) & (total - 1u); }
#else
uint shuffled(uint id, uint total) { return id; }
#endif

uint group_number() {
    return shuffled(gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x, gl_NumWorkGroups.x * gl_NumWorkGroups.y);
}

uint invocation_number() {
    uint group = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
    return shuffled(group * WORKGROUP + gl_LocalInvocationID.x, gl_NumWorkGroups.x * gl_NumWorkGroups.y * WORKGROUP);
}
