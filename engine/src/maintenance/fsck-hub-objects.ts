import { EngineError, isEngineError } from '../errors/index.ts'
import {
  decodeRevocationFile,
  decodeRewritingKeyFile,
  decodeSelfBackupHeader,
  revocationPrefix,
  rewritingKeyKey,
  selfBackupFolder,
  selfBackupKey,
  selfBackupOfKey,
  selfBackupPrefix,
} from '../format/index.ts'
import { listSelfBackups, openSelfBackupPart, Vault, type StoredSelfBackup } from '../vault/index.ts'
import type { FsckTask } from './fsck-report.ts'

/** Checks what hubs keep of themselves in a vault: who was cut off, the key they rewrite snapshots with, and their own backups. */
export async function checkHubObjects(task: FsckTask): Promise<void> {
  const { store, vault, findings, signal } = task
  for await (const { key } of store.list(revocationPrefix)) {
    await findings.check(
      key,
      async () =>
        void (vault === null ? decodeRevocationFile(await store.get(key)) : await vault.readRevocation(key.slice(revocationPrefix.length))),
    )
  }
  if ((await store.head(rewritingKeyKey)) !== null)
    await findings.check(
      rewritingKeyKey,
      async () =>
        void (vault instanceof Vault ? await vault.readRewritingKeyObject() : decodeRewritingKeyFile(await store.get(rewritingKeyKey))),
    )
  for await (const { key } of store.list(selfBackupPrefix)) await findings.check(key, () => Promise.resolve(void selfBackupOfKey(key)))
  const listed = await listSelfBackups(store)
  for (const [index, found] of listed.entries()) {
    // The newest may be in the making, and others go when newer ones have come.
    if (!found.isWhole && index < listed.length - 1 && (await isStillThere(task, found)))
      findings.add('self-backup.incomplete', selfBackupFolder(found), 'A self-backup lacks parts.')
    for (let part = 0; part < found.parts; part++) {
      if (signal?.aborted) throw new EngineError('cancelled', 'The check was stopped.')
      await findings.check(selfBackupKey(found, part), async () => {
        try {
          await checkPart(task, found, part)
        } catch (error) {
          if (!isEngineError(error, 'store.not-found') || (await isStillThere(task, found))) throw error
        }
      })
    }
  }
}

async function checkPart({ store, vault }: FsckTask, found: StoredSelfBackup, part: number): Promise<void> {
  const isLast = found.isWhole && part === found.parts - 1
  const head =
    vault === null
      ? decodeSelfBackupHeader(await store.get(selfBackupKey(found, part)))
      : { ...(await openSelfBackupPart(vault, found, part)), part }
  if (head.part !== part || head.isLast !== isLast)
    throw new EngineError('self-backup.invalid', 'A part of a self-backup lies under the name of another.')
}

/** A hub deletes old ones, while the check goes on too. */
const isStillThere = async ({ store }: FsckTask, { createdAtMs, id }: StoredSelfBackup): Promise<boolean> =>
  (await listSelfBackups(store)).some((other) => other.id === id && other.createdAtMs === createdAtMs)
