/** Finds what there is to back up. */
export { ExcludedPlaces } from './excluded-places.ts'
export { joinSources } from './source-set.ts'
export type { SourceNode, SourceSet } from './source-set.ts'
export { Walk } from './walk-sources.ts'
export type { WalkStep } from './walk-sources.ts'
