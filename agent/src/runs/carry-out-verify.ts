import { isEngineError } from '@holdfast/engine/errors'
import { blobTypes, type FileEntry, type FolderEntry, type TreeEntry } from '@holdfast/engine/format'
import { TreeReader } from '@holdfast/engine/reader'
import type { VerifyRequest, VerifyResult } from '@holdfast/shared-types'
import { AppError } from '@holdfast/shared-types/errors'
import { CheckedBlobs, judgedTag } from './checked-blobs.ts'
import { DataCheck } from './data-check.ts'
import { isDamage } from './is-damage.ts'
import { openSnapshot, type OpenedSnapshot } from './open-snapshot.ts'
import type { RunContext } from './run-context.ts'
import type { RunEnd } from './worker-messages.ts'

/** Reads back all that a snapshot needs and checks every piece. */
export async function carryOutVerify(context: RunContext, request: VerifyRequest): Promise<RunEnd> {
  const snapshot = await openSnapshot(context, request.snapshotId)
  try {
    return await verifyAll(context, request, snapshot)
  } finally {
    await snapshot.source.close()
  }
}

async function verifyAll(context: RunContext, request: VerifyRequest, snapshot: OpenedSnapshot): Promise<RunEnd> {
  const { files, bytes, root } = snapshot.body
  context.log('verify.started', 'Reading back the whole snapshot.')
  context.progress({ phase: 'transferring', filesTotal: files, bytesTotal: bytes })
  const check = new SnapshotCheck(context, snapshot)
  try {
    await check.folder(root, Buffer.alloc(0))
    await check.finish()
  } finally {
    await snapshot.source.close()
  }
  const result: VerifyResult = {
    kind: 'verify',
    snapshotId: request.snapshotId,
    files: check.files,
    bytes: check.bytes,
    blobsChecked: check.blobsChecked,
    problems: context.warningCount,
  }
  if (result.problems === 0) return context.ended('succeeded', result)
  return context.failed(
    new AppError('vault.corrupt', {
      message: `The snapshot is not whole: ${result.problems} ${result.problems === 1 ? 'problem was' : 'problems were'} found.`,
    }),
    result,
  )
}

class SnapshotCheck {
  readonly #context: RunContext
  readonly #snapshot: OpenedSnapshot
  readonly #reader: TreeReader
  readonly #data: DataCheck
  /** By their first page, as compactly as blobs. */
  readonly #wholeFolders = new CheckedBlobs()
  #metadataChecked = 0
  files = 0
  bytes = 0

  constructor(context: RunContext, snapshot: OpenedSnapshot) {
    this.#context = context
    this.#snapshot = snapshot
    this.#reader = new TreeReader(async (type, id) => {
      const blob = await snapshot.source.read(type, id)
      this.#metadataChecked += 1
      return blob
    })
    this.#data = new DataCheck({
      source: snapshot.source,
      keys: snapshot.keys,
      signal: context.signal,
      onProblem: (path, message) => context.warn(path, 'vault.corrupt', message),
    })
  }

  get blobsChecked(): number {
    return this.#metadataChecked + this.#data.checked
  }

  async folder(page: Uint8Array, path: Buffer): Promise<void> {
    await this.#guarded(path, async () => {
      for await (const entry of this.#reader.entries(page)) await this.#entry(entry, Buffer.concat([path, slash, entry.name]))
    })
  }

  async finish(): Promise<void> {
    await this.#data.flush()
    const { body } = this.#snapshot
    if (this.#context.warningCount > 0 || (this.files === body.files && this.bytes === body.bytes)) return
    this.#context.warn(
      null,
      'vault.corrupt',
      `The snapshot says ${body.files} files of ${body.bytes} bytes, its folders hold ${this.files} of ${this.bytes}.`,
    )
  }

  async #entry(entry: TreeEntry, path: Buffer): Promise<void> {
    const { gate, signal } = this.#context
    if (gate.isClosed) await gate.whenOpen(signal)
    signal.throwIfAborted()
    const { attributes } = entry
    if (attributes !== null)
      await this.#guarded(path, async () => {
        await this.#snapshot.source.read(blobTypes.attributes, attributes)
      })
    if (entry.type === 'folder') await this.#subfolder(entry, path)
    else if (entry.type === 'file') await this.#guarded(path, () => this.#file(entry, path))
  }

  /** A folder equal to one that was found whole is that one. */
  async #subfolder(entry: FolderEntry, path: Buffer): Promise<void> {
    if (this.#wholeFolders.has(entry.page, judgedTag)) {
      // What is deleted and kept counts for nothing; its folder says so of all that is in it.
      if (entry.deletedAtMs !== null) return
      this.files += entry.subtree.files
      this.bytes += entry.subtree.bytes
      return
    }
    const problemsBefore = this.#context.warningCount
    await this.folder(entry.page, path)
    if (this.#context.warningCount === problemsBefore) this.#wholeFolders.add(entry.page, judgedTag)
  }

  async #file(entry: FileEntry, path: Buffer): Promise<void> {
    if (entry.deletedAtMs === null) {
      this.files += 1
      this.bytes += entry.size
    }
    this.#context.progress({
      filesDone: this.files,
      bytesDone: this.bytes,
      filesRead: this.files,
      bytesRead: this.bytes,
      currentPath: path,
    })
    for await (const { item } of this.#reader.items(entry)) {
      if (this.#context.gate.isClosed) await this.#context.gate.whenOpen(this.#context.signal)
      if (item.kind === 'data') await this.#data.want(item.id, item.length, path)
    }
  }

  /** Damage is what is looked for: it is told, and the check goes on. What is not damage ends it. */
  async #guarded(path: Buffer, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#context.signal.throwIfAborted()
      if (isEngineError(error) && isDamage(error.code)) this.#context.warnOf(path, error.code, error.message)
      else if (error instanceof AppError && error.code === 'vault.corrupt') this.#context.warn(path, error.code, error.message)
      else throw error
    }
  }
}

const slash = Buffer.from('/')
