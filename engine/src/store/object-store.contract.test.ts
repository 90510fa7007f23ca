import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openDirectoryStore } from './directory/directory-store.ts'
import type { DirectoryStoreOptions } from './directory/directory-store.ts'
import { MemoryStore } from './memory/memory-store.ts'
import { FaultyStore } from './testing/faulty-store.ts'
import { describeObjectStore } from './testing/object-store-contract.ts'
import type { StoreUnderTest } from './testing/object-store-contract.ts'

const openDirectory = (options: DirectoryStoreOptions) => async (): Promise<StoreUnderTest> => {
  const rootPath = await mkdtemp(path.join(tmpdir(), 'holdfast-store-'))
  const store = await openDirectoryStore(rootPath, options)
  return {
    store,
    dispose: async () => {
      await store.close()
      await rm(rootPath, { recursive: true })
    },
  }
}

describeObjectStore('memory', async () => ({ store: new MemoryStore(), dispose: async () => {} }))
describeObjectStore('faulty store without faults', async () => ({ store: new FaultyStore(new MemoryStore()), dispose: async () => {} }))
// Fewer files kept open than the suite reads at once.
describeObjectStore('directory with hard links', openDirectory({ openFileLimit: 4 }))
describeObjectStore('directory without hard links', openDirectory({ openFileLimit: 4, hardLinks: 'never' }))
