import { readFileSync } from 'node:fs'
import type { KeySecret } from '../../src/unlock/index.ts'
import type { Plain } from '../../test/browser/testing/plain.ts'
import type { ReadEntry } from '../../test/browser/testing/read-vault.ts'

/** A whole private vault with two slots of a person and one of a hub, a device, a snapshot, a journal and a revocation; and what it has to open to. */
export interface PrivateGolden {
  readonly passphrase: string
  readonly words: string
  /** Hex, as all keys and ids here. */
  readonly hubSecret: string
  readonly hubKey: string
  readonly vaultId: string
  readonly domainId: string
  readonly agentId: string
  readonly revokedAgentId: string
  readonly fingerprint: string
  readonly deviceFingerprint: string
  readonly boxPrivateKey: string
  readonly selection: { readonly nonce: string; readonly sealed: string; readonly plain: string }
  /** What each object says, by key. */
  readonly says: Readonly<Record<string, Plain>>
  /** What is in the snapshot, by its key. */
  readonly trees: Readonly<Record<string, readonly ReadEntry[]>>
  /** By key, base64url. */
  readonly objects: Readonly<Record<string, string>>
}

export const privateGoldenFile = new URL('private-vault.json', import.meta.url)

export const readPrivateGolden = (): PrivateGolden => JSON.parse(readFileSync(privateGoldenFile, 'utf8')) as PrivateGolden

export const goldenSecrets = ({ passphrase, words }: PrivateGolden): readonly KeySecret[] => [
  { kind: 'passphrase', passphrase },
  { kind: 'recovery-words', words },
]
