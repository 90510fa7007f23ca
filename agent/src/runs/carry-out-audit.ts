import { toHex } from '@holdfast/engine/bytes'
import { isEngineError } from '@holdfast/engine/errors'
import { blobTypes, decodeContentList, decodeTreePage, type BlobType, type TreeEntry } from '@holdfast/engine/format'
import type { BlobId, VerifyRequest, VerifyResult } from '@holdfast/shared-types'
import { AppError } from '@holdfast/shared-types/errors'
import { CheckedBlobs, judgedTag } from './checked-blobs.ts'
import { isDamage } from './is-damage.ts'
import { openSnapshot, type OpenedSnapshot } from './open-snapshot.ts'
import type { RunContext } from './run-context.ts'
import type { RunEnd } from './worker-messages.ts'

/** Pieces of content that are looked up in one question. */
const idsPerQuestion = 4096
/** All of them go into one message. More than so many are only counted: the hub has looked for each when it was asked for. */
const mostMissing = 10_000

/**
 * Walks all that a snapshot's trees need, and asks for every piece where it lies: what the hub does itself where it can read a vault. Content is not fetched. Each list is opened
 * once, however often a hostile tree repeats it. 20 to 30 bytes of memory a piece.
 */
export async function carryOutAudit(context: RunContext, request: VerifyRequest): Promise<RunEnd> {
  const snapshot = await openSnapshot(context, request.snapshotId)
  try {
    context.log('audit.started', 'Reading all lists of the snapshot, and asking for every piece that they name.')
    const audit = new Audit(context, snapshot)
    await audit.walk()
    return endOf(context, request, snapshot, audit)
  } finally {
    await snapshot.source.close()
  }
}

function endOf(context: RunContext, { snapshotId }: VerifyRequest, { body }: OpenedSnapshot, audit: Audit): RunEnd {
  const { status, files, folders, bytes, errors, filesNew, filesChanged } = body
  const result: VerifyResult = {
    kind: 'verify',
    snapshotId,
    files,
    bytes,
    blobsChecked: audit.asked,
    problems: context.warningCount,
    audit: {
      summary: { status, files, folders, bytes, errors, filesNew, filesChanged },
      missing: audit.missing,
      isWhole: audit.isWhole,
    },
  }
  if (result.problems === 0) return context.ended('succeeded', result)
  return context.failed(
    new AppError('vault.corrupt', {
      message: `The snapshot does not lead to all that it needs: ${result.problems} ${result.problems === 1 ? 'problem was' : 'problems were'} found.`,
    }),
    result,
  )
}

interface Folder {
  readonly page: Uint8Array
  /** For people: of several folders that are equal, the first that was met. */
  readonly path: Buffer
}

interface Piece {
  readonly id: Uint8Array
  readonly path: Buffer
}

class Audit {
  readonly #context: RunContext
  readonly #snapshot: OpenedSnapshot
  readonly #met = new CheckedBlobs()
  readonly missing: BlobId[] = []
  isWhole = true
  asked = 0
  #pieces: Piece[] = []
  #filesMet = 0

  constructor(context: RunContext, snapshot: OpenedSnapshot) {
    this.#context = context
    this.#snapshot = snapshot
  }

  async walk(): Promise<void> {
    const { root, files } = this.#snapshot.body
    this.#context.progress({ phase: 'transferring', filesTotal: files })
    const folders: Folder[] = this.#isNew(root) ? [{ page: root, path: Buffer.alloc(0) }] : []
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      await this.#breathe()
      const { path } = folder
      const page = await this.#read(blobTypes.treePage, folder.page, path, decodeTreePage)
      if (page === null) continue
      if ('children' in page)
        folders.push(...page.children.filter((child) => this.#isNew(child.page)).map((child) => ({ page: child.page, path })))
      else for (const entry of page.entries) await this.#entry(entry, Buffer.concat([path, slash, entry.name]), folders)
    }
    await this.#ask()
  }

  async #entry(entry: TreeEntry, path: Buffer, folders: Folder[]): Promise<void> {
    if (entry.attributes !== null) this.#want(entry.attributes, path)
    if (entry.type === 'folder' && this.#isNew(entry.page)) folders.push({ page: entry.page, path })
    if (entry.type === 'file') {
      this.#filesMet++
      if (entry.content.kind === 'list') await this.#list(entry.content.id, path)
      if (entry.content.kind === 'items') for (const item of entry.content.items) if (item.kind === 'data') this.#want(item.id, path)
      // Equal folders are opened once, so these are fewer than the snapshot has; what is deleted and kept is met besides.
      this.#context.progress({ filesDone: Math.min(this.#filesMet, this.#snapshot.body.files), currentPath: path })
    }
    if (this.#pieces.length >= idsPerQuestion) await this.#ask()
  }

  async #list(first: Uint8Array, path: Buffer): Promise<void> {
    const lists = this.#isNew(first) ? [first] : []
    for (let list = lists.pop(); list !== undefined; list = lists.pop()) {
      await this.#breathe()
      const decoded = await this.#read(blobTypes.contentList, list, path, decodeContentList)
      if (decoded === null) continue
      if ('children' in decoded) lists.push(...decoded.children.map((child) => child.list).filter((id) => this.#isNew(id)))
      else for (const item of decoded.items) if (item.kind === 'data') this.#want(item.id, path)
      if (this.#pieces.length >= idsPerQuestion) await this.#ask()
    }
  }

  /** Null where it cannot be read: what is below it is not known, and the audit goes on. */
  async #read<T>(type: BlobType, id: Uint8Array, path: Buffer, decode: (bytes: Uint8Array) => T): Promise<T | null> {
    this.asked++
    try {
      return decode(await this.#snapshot.source.read(type, id))
    } catch (error) {
      this.#context.signal.throwIfAborted()
      if (!(isEngineError(error) && isDamage(error.code)) && !(error instanceof AppError && error.code === 'vault.corrupt')) throw error
      this.isWhole = false
      if (error.code === 'blob.missing') this.#lacks({ id, path })
      else this.#context.warn(path, 'vault.corrupt', 'A list of what is in here cannot be read.')
      return null
    }
  }

  #want(id: Uint8Array, path: Buffer): void {
    if (this.#isNew(id)) this.#pieces.push({ id, path })
  }

  /** Content and attributes are leaves: only that they lie somewhere matters. */
  async #ask(): Promise<void> {
    const pieces = this.#pieces
    this.#pieces = []
    if (pieces.length === 0) return
    this.asked += pieces.length
    const places = await this.#snapshot.source.locate(pieces.map(({ id }) => id))
    for (const [index, piece] of pieces.entries()) if ((places[index] ?? null) === null) this.#lacks(piece)
  }

  #lacks({ id, path }: Piece): void {
    if (this.missing.length < mostMissing) this.missing.push(toHex(id) as BlobId)
    else this.isWhole = false
    this.#context.warn(path, 'vault.corrupt', 'The vault does not hold a piece of this.')
  }

  #isNew(id: Uint8Array): boolean {
    if (this.#met.has(id, judgedTag)) return false
    this.#met.add(id, judgedTag)
    return true
  }

  async #breathe(): Promise<void> {
    const { gate, signal } = this.#context
    if (gate.isClosed) await gate.whenOpen(signal)
    signal.throwIfAborted()
  }
}

const slash = Buffer.from('/')
