import { isEngineError } from '@holdfast/engine/errors'
import { blobTypes, isSumOf, sumOfBytes, type FileEntry, type FolderEntry, type TreeEntry } from '@holdfast/engine/format'
import { TreeReader } from '@holdfast/engine/reader'
import type { VerifyRequest, VerifyResult } from '@holdfast/shared-types'
import { AppError } from '@holdfast/shared-types/errors'
import { CheckedBlobs, judgedTag } from './checked-blobs.ts'
import { DataCheck } from './data-check.ts'
import { isDamage } from './is-damage.ts'
import { openSnapshot, type OpenedSnapshot } from './open-snapshot.ts'
import type { RunContext } from './run-context.ts'
import type { RunVoice } from './run-voice.ts'
import type { RunEnd } from './worker-messages.ts'

/** Reads back all that a snapshot needs and checks every piece. */
export async function carryOutVerify(context: RunContext, request: VerifyRequest): Promise<RunEnd> {
  const snapshot = await openSnapshot(context, request.snapshotId)
  try {
    return await verifySnapshot(context, request, snapshot)
  } finally {
    await snapshot.source.close()
  }
}

/** The same of a snapshot that is open, wherever it comes from. The source is closed as soon as it is not needed any more. */
export async function verifySnapshot(voice: RunVoice, request: VerifyRequest, snapshot: OpenedSnapshot): Promise<RunEnd> {
  const { files, bytes, root } = snapshot.body
  voice.log('verify.started', 'Reading back the whole snapshot.')
  voice.progress({ phase: 'transferring', filesTotal: files, bytesTotal: bytes })
  const check = new SnapshotCheck(voice, snapshot)
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
    problems: voice.warningCount,
  }
  if (result.problems === 0) return voice.ended('succeeded', result)
  return voice.failed(
    new AppError('vault.corrupt', {
      message: `The snapshot is not whole: ${result.problems} ${result.problems === 1 ? 'problem was' : 'problems were'} found.`,
    }),
    result,
  )
}

class SnapshotCheck {
  readonly #voice: RunVoice
  readonly #snapshot: OpenedSnapshot
  readonly #reader: TreeReader
  readonly #data: DataCheck
  /** By their first page, as compactly as blobs. */
  readonly #wholeFolders = new CheckedBlobs()
  #metadataChecked = 0
  files = 0
  bytes = 0

  constructor(voice: RunVoice, snapshot: OpenedSnapshot) {
    this.#voice = voice
    this.#snapshot = snapshot
    this.#reader = new TreeReader(async (type, id) => {
      const blob = await snapshot.source.read(type, id)
      this.#metadataChecked += 1
      return blob
    })
    this.#data = new DataCheck({
      source: snapshot.source,
      keys: snapshot.keys,
      signal: voice.signal,
      onProblem: (path, message) => voice.warn(path, 'vault.corrupt', message),
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
    if (this.#voice.warningCount > 0 || (this.files === body.files && isSumOf(body.bytes, this.bytes))) return
    this.#voice.warn(
      null,
      'vault.corrupt',
      `The snapshot says ${body.files} files of ${body.bytes} bytes, its folders hold ${this.files} of ${this.bytes}.`,
    )
  }

  async #entry(entry: TreeEntry, path: Buffer): Promise<void> {
    const { gate, signal } = this.#voice
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
      this.bytes = sumOfBytes(this.bytes, entry.subtree.bytes)
      return
    }
    const problemsBefore = this.#voice.warningCount
    await this.folder(entry.page, path)
    if (this.#voice.warningCount === problemsBefore) this.#wholeFolders.add(entry.page, judgedTag)
  }

  async #file(entry: FileEntry, path: Buffer): Promise<void> {
    if (entry.deletedAtMs === null) {
      this.files += 1
      this.bytes = sumOfBytes(this.bytes, entry.size)
    }
    this.#voice.progress({
      filesDone: this.files,
      bytesDone: this.bytes,
      filesRead: this.files,
      bytesRead: this.bytes,
      currentPath: path,
    })
    for await (const { item } of this.#reader.items(entry)) {
      if (this.#voice.gate.isClosed) await this.#voice.gate.whenOpen(this.#voice.signal)
      if (item.kind === 'data') await this.#data.want(item.id, item.length, path)
    }
  }

  /** Damage is what is looked for: it is told, and the check goes on. What is not damage ends it. */
  async #guarded(path: Buffer, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#voice.signal.throwIfAborted()
      if (isEngineError(error) && isDamage(error.code)) this.#voice.warnOf(path, error.code, error.message)
      else if (error instanceof AppError && error.code === 'vault.corrupt') this.#voice.warn(path, error.code, error.message)
      else throw error
    }
  }
}

const slash = Buffer.from('/')
