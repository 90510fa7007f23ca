export type { KeepBase, OpenedBase } from './base-tree.ts'
export { DeletedKeeper } from './deleted-keeper.ts'
export type { KeptCounts } from './kept-entries.ts'
