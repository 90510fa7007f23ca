/** Decides what a backup leaves out of its sources. */
export { cacheTagName, isCacheTag, startsAsCacheTag } from './cache-tag.ts'
export { patternText } from './pattern-text.ts'
export type { Verdict } from './exclusion-rules.ts'
export { SourceScope } from './source-scope.ts'
export type { Exclusions } from './source-scope.ts'
