export { createBlobHasher, type BlobHasher } from './blob-hasher.ts'
