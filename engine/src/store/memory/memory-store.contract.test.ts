import { describeObjectStore } from '../testing/object-store-contract.ts'
import { MemoryStore } from './memory-store.ts'

describeObjectStore('memory', async () => ({ store: new MemoryStore(), dispose: async () => {} }))
