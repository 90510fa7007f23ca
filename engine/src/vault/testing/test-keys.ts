import { randomBytes } from 'node:crypto'
import type { DomainKeys } from '../../reader/primitives.ts'
import { deriveDomainKeys } from '../crypto/domain-keys.ts'

/** Fresh keys of a domain of its own. */
export const aDomain = (): DomainKeys =>
  deriveDomainKeys(randomBytes(32), { vaultId: randomBytes(16), domainId: randomBytes(16), keyEpoch: 1 })
