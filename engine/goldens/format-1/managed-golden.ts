import { readFileSync } from 'node:fs'
import { fromHex } from '../../src/bytes/index.ts'
import type { KeySecret } from '../../src/unlock/index.ts'
import type { Plain } from '../../test/browser/testing/plain.ts'
import type { ReadEntry } from '../../test/browser/testing/read-vault.ts'

/**
 * A whole managed vault with three slots: a device, a snapshot that was written anew and one that keeps what was deleted, hard links, attributes, a list of content, a folder of
 * several pages, a pack of moved segments, the journal of a collection, a revocation and a self-backup; and what it has to open to.
 */
export interface ManagedGolden {
  /** Hex, as all keys and ids here. */
  readonly hubSecret: string
  readonly passphrase: string
  readonly words: string
  readonly hubKey: string
  /** Absolute path of what was backed up. */
  readonly source: string
  /** Keys: `rewritten` stands for `first`, which is no more. */
  readonly snapshots: { readonly first: string; readonly second: string; readonly rewritten: string }
  /** What each object says, by key. */
  readonly says: Readonly<Record<string, Plain>>
  /** What is in the snapshots, by their keys. */
  readonly trees: Readonly<Record<string, readonly ReadEntry[]>>
  /** By key, base64url. */
  readonly objects: Readonly<Record<string, string>>
}

export const managedGoldenFile = new URL('managed-vault.json', import.meta.url)

export const readManagedGolden = (): ManagedGolden => JSON.parse(readFileSync(managedGoldenFile, 'utf8')) as ManagedGolden

export const managedSecrets = ({ hubSecret, passphrase, words }: ManagedGolden): readonly KeySecret[] => [
  { kind: 'hub-secret', secret: fromHex(hubSecret) },
  { kind: 'passphrase', passphrase },
  { kind: 'recovery-words', words },
]

/** Of a self-backup in two parts. */
export async function* selfBackupPieces(): AsyncGenerator<Uint8Array> {
  const line = '["audit",{"what":"everything is as it was"}]\n'
  yield Buffer.from(line.repeat(Math.ceil((4 * 1024 * 1024) / line.length)))
  yield Buffer.from('["@end",{"rows":{}}]\n')
}
