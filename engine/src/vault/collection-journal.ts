import { concatBytes, equalBytes } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import { decodeJournal, encodeJournal, journalKey, journalPrefix, type CollectionJournal } from '../format/index.ts'
import type { ObjectStore } from '../store/index.ts'
import { hmacSha256 } from './crypto/node-primitives.ts'
import type { StoredVault } from './stored-vault.ts'

type JournalVault = Pick<StoredVault, 'hubKey' | 'vaultId' | 'store'>

/**
 * Writes down what is deleted from now on; durable when it resolves. The journal of an epoch is written once: one that lies there already, after a crash,
 * stays as it is, and it is what was decided.
 * @returns the journal that holds
 */
export async function writeJournal(vault: JournalVault, journal: CollectionJournal): Promise<CollectionJournal> {
  const key = journalKey(journal.epoch)
  if ((await vault.store.head(key)) !== null) return readJournal(vault, key)
  const body = encodeJournal(journal)
  await vault.store.put(key, concatBytes([body, hmacSha256(vault.hubKey, body)]))
  return journal
}

/** @throws EngineError `journal.invalid` where it is not of this vault and hub, or lies under another name; `store.*` */
export async function readJournal({ store, hubKey, vaultId }: JournalVault, key: string): Promise<CollectionJournal> {
  const { journal, macedBytes, mac } = decodeJournal(await store.get(key))
  const isOurs = equalBytes(journal.vaultId, vaultId) && journalKey(journal.epoch) === key
  if (!isOurs || !equalBytes(hmacSha256(hubKey, macedBytes), mac))
    throw new EngineError('journal.invalid', 'A journal of a collection is of another vault, or was not written by this hub.')
  return journal
}

/** Keys of all journals, oldest first. */
export async function listJournals(store: ObjectStore): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list(journalPrefix)) keys.push(key)
  return keys
}
