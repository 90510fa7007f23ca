import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describeObjectStore } from '../testing/object-store-contract.ts'
import type { StoreUnderTest } from '../testing/object-store-contract.ts'
import { openDirectoryStore } from './directory-store.ts'
import type { DirectoryStoreOptions } from './directory-store.ts'

const open = (options: DirectoryStoreOptions) => async (): Promise<StoreUnderTest> => {
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

// Fewer files kept open than the suite reads at once.
describeObjectStore('directory with hard links', open({ openFileLimit: 4 }))
describeObjectStore('directory without hard links', open({ openFileLimit: 4, hardLinks: 'never' }))
