import { mkdir, rm } from 'node:fs/promises'
import { createBlobHasher, type BlobHasher } from '@holdfast/engine/blob-id'
import { isEngineError } from '@holdfast/engine/errors'
import { TreeReader } from '@holdfast/engine/reader'
import { restore } from '@holdfast/engine/restorer'
import type { DrillSample, VerifyRequest, VerifyResult } from '@holdfast/shared-types'
import { AppError } from '@holdfast/shared-types/errors'
import { chooseSample, type Sample, type SampledFile } from './choose-sample.ts'
import { isSameAsSource, requireRestored } from './compare-restored.ts'
import { drillFolder } from './drill-folder.ts'
import { isDamage } from './is-damage.ts'
import { openSnapshot, type OpenedSnapshot } from './open-snapshot.ts'
import type { RunContext } from './run-context.ts'
import type { RunEnd } from './worker-messages.ts'

/**
 * Really restores a random sample of a snapshot to a place of the agent's own, compares what came out with the snapshot and, where it has not changed, with the
 * files of this device, and removes it again. Where it is ended hard, whoever ended it does that (`../service/left-drills.ts`).
 */
export async function carryOutDrill(context: RunContext, request: VerifyRequest, sample: DrillSample): Promise<RunEnd> {
  const snapshot = await openSnapshot(context, request.snapshotId)
  const scratch = drillFolder(context.order)
  await remove(scratch)
  await mkdir(scratch, { mode: 0o700 })
  try {
    return await new Drill(context, snapshot, Buffer.from(scratch)).run(request, sample)
  } finally {
    await snapshot.source.close()
    await remove(scratch)
  }
}

const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 3 })

class Drill {
  readonly #context: RunContext
  readonly #snapshot: OpenedSnapshot
  readonly #scratch: Buffer
  readonly #reader: TreeReader
  readonly #hasher: BlobHasher
  #blobs = 0
  #problems = 0
  #different = 0
  #compared = 0
  #files = 0
  #bytes = 0

  constructor(context: RunContext, snapshot: OpenedSnapshot, scratch: Buffer) {
    this.#context = context
    this.#snapshot = snapshot
    this.#scratch = scratch
    this.#reader = new TreeReader((type, id) => snapshot.source.read(type, id))
    this.#hasher = createBlobHasher(snapshot.keys.idKey)
  }

  async run({ snapshotId }: VerifyRequest, wanted: DrillSample): Promise<RunEnd> {
    const { root, files, bytes } = this.#snapshot.body
    this.#context.log('drill.started', 'Restoring a random sample to a place of the agent\u2019s own, to see that it can be.')
    const sample = await chooseSample(this.#reader, { page: root, files, bytes }, wanted)
    const all = await this.#withFolder(sample)
    this.#context.progress({
      phase: 'transferring',
      filesTotal: all.length,
      bytesTotal: all.reduce((sum, { entry }) => sum + entry.size, 0),
    })
    if (all.length > 0) await this.#restore(sample)
    for (const file of all) await this.#compare(file)
    const result: VerifyResult = {
      kind: 'verify',
      snapshotId,
      files: this.#files,
      bytes: this.#bytes,
      blobsChecked: this.#blobs,
      problems: this.#problems,
      drill: { folderEntries: all.length - sample.files.length, compared: this.#compared, different: this.#different },
    }
    if (this.#problems === 0) return this.#context.ended(this.#different > 0 ? 'warning' : 'succeeded', result)
    const what = this.#problems === 1 ? 'problem was' : 'problems were'
    return this.#context.failed(
      new AppError('vault.corrupt', {
        message: `A sample of the snapshot could not be restored as it was: ${this.#problems} ${what} found.`,
      }),
      result,
    )
  }

  /** The files of the sample and those of its folder, none twice. */
  async #withFolder({ files, folder }: Sample): Promise<SampledFile[]> {
    const all = new Map(files.map((file) => [file.path.toString('latin1'), file]))
    const folders = folder === null ? [] : [folder]
    for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
      for await (const entry of this.#reader.entries(next.page)) {
        // A folder brings what it held, and not what is deleted and only kept.
        if (entry.deletedAtMs !== null) continue
        const path = Buffer.concat([next.path, slash, entry.name])
        if (entry.type === 'folder') folders.push({ path, page: entry.page })
        else if (entry.type === 'file') all.set(path.toString('latin1'), { path, entry })
      }
    }
    return [...all.values()]
  }

  async #restore({ files, folder }: Sample): Promise<void> {
    const { source, keys, body } = this.#snapshot
    const { signal, gate } = this.#context
    await restore({
      source,
      idKey: keys.idKey,
      rootPage: body.root,
      roots: body.roots,
      selected: [...files.map(({ path }) => path), ...(folder === null ? [] : [folder.path])],
      target: this.#scratch,
      flat: false,
      onItemError: (path, error) => {
        // What this device may not do (owners, attributes of the system) says nothing of the backup.
        if (isDamage(error.code)) this.#tell(path, error.message)
        return 'skip'
      },
      onProgress: ({ filesDone, bytesDone, currentPath }) => this.#context.progress({ filesDone, bytesDone, currentPath }),
      signal,
      gate,
      clock: { nowMs: Date.now, monotonicMs: () => performance.now() },
    })
  }

  async #compare(file: SampledFile): Promise<void> {
    const { gate, signal } = this.#context
    if (gate.isClosed) await gate.whenOpen(signal)
    signal.throwIfAborted()
    const restored = Buffer.concat([this.#scratch, file.path])
    try {
      this.#blobs += await requireRestored(this.#reader, this.#hasher, file, restored)
    } catch (error) {
      const isOfVault = (isEngineError(error) && isDamage(error.code)) || (error instanceof AppError && error.code === 'vault.corrupt')
      if (!isOfVault) throw error
      this.#tell(file.path, error.message)
      return
    }
    this.#files++
    this.#bytes += file.entry.size
    const isSame = await isSameAsSource(file, restored)
    if (isSame === null) return
    this.#compared++
    if (isSame) return
    this.#different++
    this.#context.warn(
      file.path,
      'source.differs',
      'This file has other bytes than its backup, though it is as old and as large as then. The disk may be damaged, or something wrote to it and set its time back.',
    )
  }

  #tell(path: Uint8Array, message: string): void {
    this.#problems++
    this.#context.warn(path, 'vault.corrupt', message)
  }
}

const slash = Buffer.from('/')
