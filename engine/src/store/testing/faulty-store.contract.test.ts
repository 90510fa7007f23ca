import { MemoryStore } from '../memory/memory-store.ts'
import { FaultyStore } from './faulty-store.ts'
import { describeObjectStore } from './object-store-contract.ts'

describeObjectStore('faulty store without faults', async () => ({ store: new FaultyStore(new MemoryStore()), dispose: async () => {} }))
