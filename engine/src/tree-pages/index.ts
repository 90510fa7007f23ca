/** Tree pages read from a vault by whole segments. */
export { keyOf, segmentKey, TreePages } from './tree-pages.ts'
