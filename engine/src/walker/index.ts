/** Finds what there is to back up. */
export { excludedSources } from './excluded-sources.ts'
export { ExcludedPlaces } from './excluded-places.ts'
export type { Exclusions } from './exclusion/index.ts'
export { joinSources } from './source-set.ts'
export type { SourceNode, SourceSet } from './source-set.ts'
export { Walk } from './walk-sources.ts'
export type { LeftOut, WalkStep } from './walk-sources.ts'
