export { DirectoryStore, openDirectoryStore } from './directory/directory-store.ts'
export type { DirectoryStoreOptions } from './directory/directory-store.ts'
export { MemoryStore } from './memory/memory-store.ts'
export type { ByteRange, ListedObject, ObjectHead, ObjectStore, StagedObject, StoreOptions } from './object-store.ts'
