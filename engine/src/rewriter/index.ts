/** Writes snapshots anew with less in them (docs/adr/0020). */
export { limitVersions, type VersionGroup, type VersionLimit } from './limit-versions.ts'
export { PathFilter, type PathSelection } from './path-filter.ts'
export { reachedBlobs, type ReachedBlob } from './reached-blobs.ts'
export { rewriteTree, type EntryFilter, type EntryVerdict, type RewritePorts, type RewrittenTree } from './rewrite-tree.ts'
