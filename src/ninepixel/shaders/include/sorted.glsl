// The cell-sorted lists: who arrived where, and the sights, which are what others see of a body: its spot and its tint.

layout(std430, binding = 5) SORTED_ACCESS buffer Arrivals { uvec4 arrival[]; };
