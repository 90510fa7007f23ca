import { nodePrimitives } from '../crypto/node-primitives.ts'
import type { DomainKeys } from '../../reader/primitives.ts'

const randomBytes = (length: number): Uint8Array => nodePrimitives.randomBytes(length)

/** Fresh keys of a domain of its own. */
export const aDomain = (): DomainKeys => ({
  vaultId: randomBytes(16),
  domainId: randomBytes(16),
  keyEpoch: 1,
  idKey: randomBytes(32),
  cdcKey: randomBytes(32),
  dataKey: randomBytes(32),
  metadataKey: randomBytes(32),
})
