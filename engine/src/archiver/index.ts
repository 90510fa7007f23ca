/** Backs up: from files on a disk to blobs in a sink. */
export { chunkerProfiles } from '../chunker/index.ts'
export type { ChunkerProfile, ChunkLimits } from '../chunker/index.ts'
export { archive } from './archive.ts'
export type { ArchiveOptions, ArchiveOutcome, ArchiveProgress, CatalogueToWrite } from './archive-options.ts'
export type { Exclusions, LeftOut } from '../walker/index.ts'
export type { Clock, ItemErrorHandler, ItemWarning } from '../run-control/index.ts'
export { Catalogue, commitCatalogue, openCatalogue } from './catalogue/index.ts'
export type { CatalogueIdentity } from './catalogue/index.ts'
