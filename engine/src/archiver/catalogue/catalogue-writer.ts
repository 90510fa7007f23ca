import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { ByteWriter } from '../../bytes/index.ts'
import { EngineError } from '../../errors/index.ts'
import type { BlobSink, PlaceField } from '../../vault/blob-sink.ts'
import { encodeHeader, encodeTrailer, hashPath } from './catalogue-layout.ts'
import { encodePart, writeFile, writeKept, writeOther } from './catalogue-part.ts'
import type { CataloguedBlob, CataloguedFile, CataloguedOther, CatalogueIdentity, KeptLine } from './catalogue-types.ts'

/** A folder's files go out in parts of this size: what is held of a folder does not grow with it, and damage costs one part. */
const partBytes = 64 * 1024
const bufferBytes = 1024 * 1024

/** What a finished sink knows. */
export type BlobPlaces = Pick<BlobSink, 'ticketCount' | 'packIds' | 'places'>

/** Where a catalogue is written until its snapshot is committed. */
export const pendingPathOf = (cataloguePath: string): string => `${cataloguePath}.new`

/**
 * Writes the catalogue of a running backup beside the last one, which stays as it is until `commitCatalogue`.
 * Needs 16 bytes of memory a part (a folder, or 64 KiB of files), nothing a file.
 *
 * A catalogue only makes the next backup faster, so nothing here throws: the first failure (a full disk) ends the writing, and
 * {@link finish} tells it.
 */
export class CatalogueWriter {
  readonly #path: string
  #fd: number | null = null
  #failure: unknown = null
  readonly #buffer = Buffer.allocUnsafe(bufferBytes)
  #buffered = 0
  #offset = 0
  readonly #hashes: number[] = []
  readonly #lengths: number[] = []
  readonly #offsets: number[] = []

  constructor(cataloguePath: string, identity: CatalogueIdentity, snapshotId: Uint8Array) {
    this.#path = pendingPathOf(cataloguePath)
    this.#attempt(() => {
      this.#fd = openSync(this.#path, 'w', 0o600)
    })
    this.#write(encodeHeader(identity, snapshotId))
  }

  folder(path: Uint8Array): FolderWriter {
    return new FolderWriter(path, (part) => this.#addPart(hashPath(path), part))
  }

  #addPart(hash: number, part: Uint8Array): void {
    this.#hashes.push(hash)
    this.#lengths.push(part.length)
    this.#offsets.push(this.#offset)
    this.#write(part)
  }

  /**
   * Adds the places of all blobs and makes the file durable.
   * @param sink a finished one.
   * @returns why there is no catalogue, or null when there is one to commit.
   */
  finish(sink: BlobPlaces): EngineError | null {
    const tablesOffset = this.#offset
    const counts = { parts: this.#hashes.length, packs: sink.packIds.length, tickets: sink.ticketCount }
    this.#attempt(() => {
      let tablesCrc = 0
      for (const table of this.#tables(sink)) {
        tablesCrc = crc32(table, tablesCrc)
        this.#write(table)
      }
      this.#write(encodeTrailer({ tablesOffset, ...counts, tablesCrc }))
    })
    this.#flush()
    this.#attempt((fd) => fsyncSync(fd))
    this.#close()
    if (this.#failure === null) return null
    this.discard()
    return new EngineError(
      'catalogue.damaged',
      'The list of known files could not be written, so the next backup reads more than it has to. Free space for the agent.',
      {
        cause: this.#failure,
      },
    )
  }

  /** Gives it up; nothing is left behind. */
  discard(): void {
    this.#close()
    rmSync(this.#path, { force: true })
  }

  #attempt(write: (fd: number) => void): void {
    if (this.#failure !== null) return
    try {
      write(this.#fd ?? -1)
    } catch (error) {
      this.#failure = error
      this.#giveUp()
    }
  }

  /** At once, and not at the end: on a full disk others wait for the room that it has taken. */
  #giveUp(): void {
    try {
      this.discard()
    } catch {
      // Why there is no catalogue is known; what cannot be taken away now is tried again at the end.
    }
  }

  /** One after the other, never all of them. @throws EngineError `scratch.unreadable` */
  *#tables(sink: BlobPlaces): Generator<Uint8Array> {
    yield* this.#partColumns()
    yield* sink.packIds
    for (const pack of columnOf(sink, 'pack')) yield bytesOf(pack)
    for (const ordinal of columnOf(sink, 'ordinal')) yield bytesOf(ordinal)
    for (const position of columnOf(sink, 'position')) yield bytesOf(Uint16Array.from(position))
  }

  #partColumns(): Uint8Array[] {
    const count = this.#hashes.length
    // Sorting 64-bit numbers natively is 20 times faster than sorting indices by a comparison: high half hash, low half part.
    const keys = new BigUint64Array(count)
    const halves = new Uint32Array(keys.buffer)
    for (let part = 0; part < count; part++) {
      halves[2 * part] = part
      halves[2 * part + 1] = this.#hashes[part]!
    }
    keys.sort()
    const order = Array.from({ length: count }, (_, rank) => halves[2 * rank]!)
    return [
      bytesOf(Uint32Array.from(order, (part) => this.#hashes[part]!)),
      bytesOf(Uint32Array.from(order, (part) => this.#lengths[part]!)),
      bytesOf(Float64Array.from(order, (part) => this.#offsets[part]!)),
    ]
  }

  #write(bytes: Uint8Array): void {
    this.#offset += bytes.length
    if (this.#buffered + bytes.length > bufferBytes) this.#flush()
    if (bytes.length > bufferBytes) this.#attempt((fd) => writeFully(fd, bytes))
    else {
      this.#buffer.set(bytes, this.#buffered)
      this.#buffered += bytes.length
    }
  }

  #flush(): void {
    this.#attempt((fd) => writeFully(fd, this.#buffer.subarray(0, this.#buffered)))
    this.#buffered = 0
  }

  #close(): void {
    const fd = this.#fd
    this.#fd = null
    if (fd !== null) closeSync(fd)
  }
}

/** What one folder holds, added in order of the names. */
export class FolderWriter {
  readonly #path: Uint8Array
  readonly #addPart: (part: Uint8Array) => void
  readonly #lines = new ByteWriter(512)

  constructor(path: Uint8Array, addPart: (part: Uint8Array) => void) {
    this.#path = path
    this.#addPart = addPart
  }

  add(file: CataloguedFile): void {
    writeFile(this.#lines, file)
    this.#closeFullPart()
  }

  addOther(other: CataloguedOther): void {
    writeOther(this.#lines, other)
    this.#closeFullPart()
  }

  addKept(line: KeptLine): void {
    writeKept(this.#lines, line)
    this.#closeFullPart()
  }

  #closeFullPart(): void {
    if (this.#lines.sizeBytes < partBytes) return
    this.#addPart(encodePart(this.#path, this.#lines.view(), null))
    this.#lines.reset()
  }

  /** @param pages the folder's tree pages, as they were given to the sink. */
  finish(pages: readonly CataloguedBlob[]): void {
    this.#addPart(encodePart(this.#path, this.#lines.view(), pages))
  }
}

/** One field of the places of all blobs, as many at a time as are at hand. */
function* columnOf(sink: BlobPlaces, field: PlaceField): Generator<Uint32Array> {
  for (let ticket = 0; ticket < sink.ticketCount;) {
    const values = sink.places(field, ticket)
    yield values
    ticket += values.length
  }
}

const bytesOf = (column: Uint32Array | Uint16Array | Float64Array): Uint8Array =>
  new Uint8Array(column.buffer, column.byteOffset, column.byteLength)

function writeFully(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done)
}
