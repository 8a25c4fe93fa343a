// The cell-sorted lists. A sight is what others see of a body: its spot and its tint. Software GL reads images several times
// faster than buffers (one gather instead of a loop over lanes), so there the sights are the texels of an image.

layout(std430, binding = 5) SORTED_ACCESS buffer Arrivals { uvec4 arrival[]; };

#ifdef SIGHT_IMAGE
layout(rg32ui, binding = 0) SORTED_ACCESS uniform uimage2D sights;
ivec2 texel(uint slot) { return ivec2(int(slot & (SIGHT_IMAGE - 1u)), int(slot / SIGHT_IMAGE)); }
#define put_sight(slot, value) imageStore(sights, texel(slot), uvec4(value, 0u, 0u))
#define sight(slot) imageLoad(sights, texel(slot)).xy
#else
layout(std430, binding = 6) SORTED_ACCESS buffer Sights { uvec2 sights[]; };
#define put_sight(slot, value) sights[slot] = value
#define sight(slot) sights[slot]
#endif
